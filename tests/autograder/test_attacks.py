"""Every attack of the corpus against this grader: nothing gained, nothing seen, nothing broken."""

import ast
import importlib.util
import json
import os
import re
from dataclasses import replace

import pytest

from autograder.attacks.evidence import Scripts
from autograder.attacks.harness import run_class
from autograder.attacks.table import Record
from autograder.attacks.targets import GROUPS, HERE, TARGETS, attacks
from autograder.attacks.verdict import Verdict
from autograder.hall.isolation.bubblewrap import bwrap, trial

NO_SANDBOX = trial(bwrap(), os.environ.get("PATH", ""))
needs_sandbox = pytest.mark.skipif(
    bool(NO_SANDBOX), reason=f"attacks are only run inside a sandbox: {NO_SANDBOX}"
)
CORPUS = attacks()
pytestmark = [
    pytest.mark.timeout(1800),  # the first test of a target grades all its attackers
    pytest.mark.filterwarnings("ignore::nbformat.warnings.DuplicateCellId"),  # one of the attacks
]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Return a function that grades the attackers of a target once and remembers the outcome."""
    known = {}

    def graded(target):
        if target not in known:
            folder = tmp_path_factory.mktemp(target) / "course"
            known[target] = run_class(folder, TARGETS[target], attacks(target), timeout=900)
        return known[target]

    return graded


def test_corpus_is_large_and_says_what_it_tries():
    assert len(CORPUS) >= 60
    assert {a.group for a in CORPUS} == set(GROUPS)
    assert len({a.name for a in CORPUS}) == len(CORPUS)
    for attack in CORPUS:
        assert attack.tries.endswith("."), attack.path
        assert attack.target in TARGETS, attack.path


def defined_names(*folders):
    """Return the names of all classes and functions, nested ones too, in the folders' modules."""
    trees = [ast.parse(p.read_text(encoding="utf-8")) for f in folders for p in f.glob("*.py")]
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, kinds)}


def test_attacks_aim_at_what_is_there():
    """A class, method or module that was renamed would leave an attack that hits nothing."""
    hall = HERE.parent / "hall"
    there = defined_names(hall / "student", hall / "protocol") | {"ZMQInteractiveShell"}
    aims = set()
    for path in sorted(HERE.glob("*/*.py")):
        text = path.read_text(encoding="utf-8")
        for line in re.findall(r"type\(\w+\)\.__name__ (?:==|in) (.*)", text):
            aims |= {(path.name, name) for name in re.findall(r'"(\w+)"', line)}
        aims |= {(path.name, name) for name in re.findall(r"\bkind\.(_?do_\w+)", text)}
        for name in re.findall(r'"((?:aeutils|autograder)(?:\.\w+)+)"', text):
            if not name.endswith((".py", ".found")):
                assert importlib.util.find_spec(name), (path.name, name)
    assert len(aims) > 10
    assert {aim for aim in aims if aim[1] not in there} == set()


@pytest.mark.parametrize(
    "name", ["sealed_import", "sealed_source", "sealed_closure", "sealed_elsewhere"]
)
def test_references_are_searched_in_every_module(name):
    """The package has sub-packages: an attack that looks at its top level finds little."""
    text = (HERE / "marks" / f"{name}.py").read_text(encoding="utf-8")
    assert "walk_packages" in text or "**" in text


def test_attack_files_do_not_hold_the_secrets_they_are_judged_by():
    for path in HERE.glob("*/*.py"):
        text = path.read_text(encoding="utf-8")
        ast.parse(text)
        for target in TARGETS.values():
            for secret in target.secrets:
                assert secret not in text, path


@pytest.mark.parametrize(
    "page",
    [
        "<script>vaultscript()</script>",
        "<img src=x onerror=vaultscript()>",
        "<a href=' java\tscript:vaultscript()'>x</a>",
        "<a href='data:text/html,<script>vaultscript()</script>'>x</a>",
        "<iframe src=vaultscript.html></iframe>",
        "<img src=http://vault.invalid/x.png>",
    ],
)
def test_judge_finds_scripts(page):
    scripts = Scripts()
    scripts.feed(f"<html><body>{page}</body></html>")
    assert scripts.found


def test_judge_lets_harmless_text_pass():
    scripts = Scripts()
    scripts.feed("<p>&lt;script&gt;vaultscript()&lt;/script&gt;</p><a href='#vault'>x</a><script>1")
    assert not scripts.found


def test_results_with_stock_nbgrader_are_kept_until_the_attack_changes(tmp_path):
    attack, verdict = CORPUS[0], Verdict(12.0, marks=["full marks"])
    Record(tmp_path / "attacks.json", fresh=False).keep(attack, verdict)
    assert Record(tmp_path / "attacks.json", fresh=False).known(attack) == verdict
    assert Record(tmp_path / "attacks.json", fresh=True).known(attack) is None
    copy = tmp_path / attack.group / f"{attack.name}.py"
    copy.parent.mkdir()
    copy.write_text("print()")
    assert Record(tmp_path / "attacks.json", fresh=False).known(replace(attack, path=copy)) is None


def test_the_record_is_that_of_the_whole_corpus():
    root = HERE.parent.parent
    totals = json.loads((root / "benchmarks" / "attacks.json").read_text())["totals"]
    ours, stock = totals["this grader"], totals["stock nbgrader"]
    assert ours["attacks"] == ours["stopped"] == stock["attacks"] == len(CORPUS)


@needs_sandbox
@pytest.mark.parametrize("attack", CORPUS, ids=[f"{a.group}/{a.name}" for a in CORPUS])
def test_attack_is_stopped(attack, outcomes):
    verdict = outcomes(attack.target).verdicts[attack.name]
    assert verdict.stopped, verdict.reached
    assert verdict.score <= attack.earns


@needs_sandbox
@pytest.mark.parametrize("target", TARGETS)
def test_nobody_else_is_harmed(target, outcomes):
    """Honest students' points and pages, submissions, sources, processes, files and sockets."""
    assert outcomes(target).trouble == []
