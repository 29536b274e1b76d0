"""`python -m aeutils doctor`: every bad case gets one sentence and a way on."""

import contextlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from repository import ROOT

from aeutils._internal import doctor


def too_old():
    """Return a Python that is too old for the course, if one can be run here."""
    places = Path(sys.base_prefix).parent.glob("3.[89]*/bin/python3")
    for path in [*map(str, places), "python3.8", "python3.9", "python3.10"]:
        with contextlib.suppress(OSError):
            test = "import sys; sys.exit(sys.version_info >= (3, 11))"
            if subprocess.run([path, "-c", test], capture_output=True).returncode == 0:
                return path
    return None


OLD = too_old()


def test_here_everything_is_ready():
    done = subprocess.run(
        [sys.executable, "-m", "aeutils", "doctor"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("✔") + done.stdout.count("•") == len(doctor.CHECKS)
    assert "Everything is ready" in done.stdout
    assert done.stderr == ""


def test_it_knows_the_students_packages():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    used = [line for line in project["dependencies"] if ">=" in line]  # "<" keeps a bad one away
    assert [f"{name}>={least}" for name, least in doctor.NEEDED.items()] == used


def test_an_old_python(monkeypatch, capsys):
    monkeypatch.setattr(doctor.sys, "version_info", (3, 9, 18))
    assert doctor.main() == 1
    out = capsys.readouterr().out
    assert "✘ Python: this is Python 3.9" in out
    assert "needs 3.11 or newer" in out
    assert "→ make an environment" in out
    assert out.count("✘") == 1  # what follows from it is not told as well


@pytest.mark.skipif(not OLD, reason="no Python older than 3.11 is installed here")
def test_a_really_old_python_is_told_and_does_not_crash():
    here = {"cwd": ROOT, "capture_output": True, "text": True}
    done = subprocess.run([OLD, "-m", "aeutils", "doctor"], **here)
    assert done.returncode == 1, done.stderr
    assert "needs 3.11 or newer" in done.stdout
    done = subprocess.run([OLD, "-c", "from aeutils import data"], **here)
    assert done.stderr.splitlines()[-1].startswith("ImportError: aeutils needs Python 3.11")


def test_a_missing_and_an_old_package(monkeypatch):
    real = importlib.metadata.version

    def version(name):
        if name == "tqdm":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.9.1+cpu" if name == "torch" else real(name)

    monkeypatch.setattr(doctor.importlib.metadata, "version", version)
    found = doctor.check_packages()
    assert found.state == doctor.BAD
    assert "missing: tqdm" in found.sentence
    assert "too old: torch 1.9.1+cpu (needs 2.4)" in found.sentence
    assert found.advice.endswith("-m pip install --upgrade tqdm torch")


def test_a_torch_that_does_not_load(monkeypatch):
    def fail(name):
        raise RuntimeError("operator torchvision::nms does not exist\nlong trace")

    monkeypatch.setattr(doctor.importlib, "import_module", fail)
    found = doctor.check_torch()
    assert found.state == doctor.BAD
    assert "torchvision::nms" in found.sentence
    assert "\n" not in found.sentence
    assert "together" in found.advice


def test_missing_and_damaged_data(monkeypatch, tmp_path):
    (tmp_path / "data" / "embedded").mkdir(parents=True)
    (tmp_path / "data" / "embedded" / "mnist_small.npz").write_bytes(b"half")
    shutil.copy(ROOT / "aeutils" / "data" / "loading.py", tmp_path / "data")
    monkeypatch.setattr(doctor, "__file__", str(tmp_path / "_internal" / "doctor.py"))
    found = doctor.check_data()
    assert found.state == doctor.BAD
    assert "mnist_small.npz is damaged; fashion_mnist_small.npz is missing" in found.sentence


def test_a_corrupted_cache(monkeypatch, tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte").write_bytes(b"half a download")
    monkeypatch.setenv("AEUTILS_DATA", str(tmp_path))
    found = doctor.check_data()
    assert found.state == doctor.BAD
    assert "mnist" in found.sentence
    assert "damaged" in found.sentence
    assert found.advice == "delete it there, then: python -m aeutils fetch mnist"


def test_a_full_disk(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: SimpleNamespace(free=3e6))
    found = doctor.check_disk()
    assert found.state == doctor.BAD
    assert found.sentence == "only 3 MB are free where the notebooks are"

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(doctor.tempfile, "NamedTemporaryFile", full)
    found = doctor.check_disk()
    assert found.state == doctor.BAD
    assert "(No space left on device)" in found.sentence
    assert "free some space" in found.advice


def test_little_memory_and_an_unknown_system(monkeypatch):
    monkeypatch.setattr(doctor, "_free_memory", lambda: 5e8)
    found = doctor.check_memory()
    assert (found.state, found.sentence) == (
        doctor.NOTE,
        "only 0.5 GB are free; a notebook wants 2 GB",
    )
    monkeypatch.setattr(doctor, "_free_memory", lambda: None)
    assert doctor.check_memory().state == doctor.NOTE


def test_widgets_that_jupyterlab_does_not_find(monkeypatch, tmp_path):
    import jupyter_core.paths

    monkeypatch.setattr(jupyter_core.paths, "jupyter_path", lambda *parts: [str(tmp_path)])
    found = doctor.check_widgets()
    assert found.state == doctor.BAD
    assert "ipywidgets and anywidget" in found.sentence
    assert "start JupyterLab again" in found.advice


def test_a_kernel_that_does_not_start(monkeypatch):
    import jupyter_client.manager

    def fail(self, **options):
        raise RuntimeError("no kernel called python3")

    monkeypatch.setattr(jupyter_client.manager.KernelManager, "start_kernel", fail)
    found = doctor.check_kernel()
    assert found.state == doctor.BAD
    assert "no kernel called python3" in found.sentence


def test_missing_jupyter(monkeypatch):
    real = doctor.importlib.import_module

    def module(name):
        if name.startswith("jupyter"):
            raise ImportError(name)
        return real(name)

    monkeypatch.setattr(doctor.importlib, "import_module", module)
    assert doctor.check_widgets().state == doctor.check_kernel().state == doctor.BAD


def test_a_check_that_fails_itself_does_not_stop_the_others(capsys):
    def check_weather():
        raise ValueError("no window")

    assert doctor.main([check_weather, doctor.check_python]) == 0
    out = capsys.readouterr().out
    assert "• weather: could not be checked (no window)" in out
    assert "✔ Python" in out
