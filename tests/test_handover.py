"""What runs the course elsewhere agrees with it: workflows, Binder, the graders' container."""

import json
import re
import tomllib

import pytest
import yaml
from repository import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
OPTIONS = {"seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"}


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def steps(path):
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_a_workflow_names_only_targets_and_folders_that_exist(path):
    targets = set(re.findall(r"^([a-z][\w-]*):", read("Makefile"), flags=re.MULTILINE))
    commands = "\n".join(step.get("run", "") for step in steps(path))
    for line in re.findall(r"^make (.+)$", commands, flags=re.MULTILINE):
        assert set(line.split()) <= targets
    for place in re.findall(r"(?:tests|solutions|\.ci)/[\w./-]+", commands):
        assert (ROOT / place).exists(), place
    assert all("uses" in step or "run" in step for step in steps(path))


def test_linux_runs_the_gate_and_students_run_on_three_systems_and_the_oldest_python():
    jobs = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]
    assert {"run": ".ci/run"} in jobs["gate"]["steps"]
    matrix = jobs["student"]["strategy"]["matrix"]
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert project["requires-python"] == f">={matrix['python'][0]}"
    assert len(matrix["python"]) == 2


def test_solutions_are_not_on_the_release_page():
    publish = yaml.safe_load(read(".github/workflows/release.yml"))["jobs"]["publish"]
    taken = [
        step["with"]["name"] for step in publish["steps"] if "download" in step.get("uses", "")
    ]
    assert taken == ["for-students"]


def test_the_container_is_started_with_what_the_sandbox_needs():
    settings = json.loads(read(".devcontainer/devcontainer.json"))
    assert set(settings["runArgs"]) == {"--security-opt", *OPTIONS}
    assert (ROOT / ".devcontainer" / settings["build"]["dockerfile"]).exists()
    for page in (".devcontainer/Dockerfile", "course/threat-model.md"):
        assert all(option in read(page) for option in OPTIONS), page


def test_binder_installs_the_students_packages_and_keeps_no_solution():
    assert read(".binder/requirements.txt").splitlines()[-1] == "."
    assert "rm -rf solutions autograder" in read(".binder/postBuild")
