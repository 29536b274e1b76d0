"""``python -m aeutils doctor``: is everything here that the course needs? If not, what to do.

Each check is one sentence. What is missing may be torch itself, or Python may be too old for the
rest of the package, so this module imports only the standard library and speaks old Python.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

OLDEST = (3, 11)
SETUP = "course/student-setup.md"
NEEDED = {  # the student's packages, where the package's own metadata cannot be asked
    "anywidget": "0.9",
    "ipywidgets": "8",
    "jupyterlab": "4",
    "matplotlib": "3.8",
    "numpy": "1.26",
    "pooch": "1.8",
    "scikit-learn": "1.5",
    "threadpoolctl": "3.1",
    "torch": "2.4",
    "torchvision": "0.19",
    "tqdm": "4.66",
}
FREE_DISK = 1e9  # bytes; passports, checkpoints and notebooks need far less
FREE_MEMORY = 2e9
GOOD, NOTE, BAD = "✔", "•", "✘"


class Finding:
    """What one check found: its name, a state (GOOD, NOTE or BAD), a sentence, what to do.

    Args:
        name: what was checked.
        state: GOOD, NOTE or BAD.
        sentence: what was found.
        advice: what to do, "" if nothing.
    """

    def __init__(self, name, state, sentence, advice=""):
        self.name, self.state, self.sentence, self.advice = name, state, sentence, advice

    def __str__(self):
        lines = [f"{self.state} {self.name}: {self.sentence}"]
        return "\n".join(lines + [f"    → {self.advice}"] * bool(self.advice))


def check_python():
    """Python is new enough."""
    have = ".".join(str(part) for part in sys.version_info[:2])
    if tuple(sys.version_info[:2]) < OLDEST:
        return Finding(
            "Python",
            BAD,
            f"this is Python {have} at {sys.executable}; the course needs 3.11 or newer",
            f"make an environment with a newer Python and install there ({SETUP})",
        )
    return Finding("Python", GOOD, f"{have} at {sys.executable}")


def check_packages():
    """Every package is there and new enough."""
    missing, old = [], []
    needed = _needed()
    for name, least in needed.items():
        try:
            have = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
            continue
        if _numbers(have) < _numbers(least):
            old.append(f"{name} {have} (needs {least})")
    if missing or old:
        parts = [f"missing: {', '.join(missing)}"] * bool(missing)
        parts += [f"too old: {', '.join(old)}"] * bool(old)
        wrong = missing + [entry.split()[0] for entry in old]
        command = f'"{sys.executable}" -m pip install --upgrade {" ".join(wrong)}'
        return Finding("packages", BAD, "; ".join(parts), command)
    return Finding("packages", GOOD, f"all {len(needed)} are here and new enough")


def check_torch():
    """Torch computes, and torchvision is its pair."""
    try:
        torch = importlib.import_module("torch")
        importlib.import_module("torchvision")
        right = float(torch.ones(2, 3).sum()) == 6
    except Exception as error:  # a broken binary can raise anything
        first = (str(error).splitlines() or [""])[0][:150]
        return Finding(
            "torch",
            BAD,
            f"it cannot be used ({type(error).__name__}: {first})",
            "install torch and torchvision together, from one and the same source",
        )
    if not right:
        return Finding("torch", BAD, "it computes 2 × 3 wrongly", "install torch again")
    where = "on a GPU too" if torch.cuda.is_available() else "on the processor; no GPU is needed"
    return Finding("torch", GOOD, f"{torch.__version__} computes {where}")


def check_data():
    """The data sets inside the package are whole; those in the cache as well."""
    here = Path(__file__).parents[1] / "data" / "embedded"
    wrong = []
    for name in ("mnist", "fashion_mnist"):
        path = here / f"{name}_small.npz"
        try:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            wrong.append(f"{path.name} is missing")
            continue
        if found != _expected(name):
            wrong.append(f"{path.name} is damaged")
    if wrong:
        return Finding("data", BAD, "; ".join(wrong), "install the course package again")
    try:
        lines = inventory(_cache())
    except Exception as error:
        return Finding(
            "data", NOTE, f"digits and clothes are here; the cache was not read: {error}"
        )
    damaged = [line.split()[0] for line in lines if "UNUSABLE" in line]
    if damaged:
        return Finding(
            "data",
            BAD,
            f"the small sets are here, but {', '.join(damaged)} in {_cache()} is damaged",
            f"delete it there, then: python -m aeutils fetch {damaged[0]}",
        )
    whole = [line.split()[0] for line in lines if " full " in line and "checked" in line]
    more = f"; whole sets: {', '.join(whole)}" if whole else ""
    return Finding("data", GOOD, f"digits and clothes are here, no download needed{more}")


def check_disk():
    """The working folder can be written, and there is room."""
    folder = Path.cwd()
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return Finding(
            "disk",
            BAD,
            f"nothing can be written in {folder} ({error.strerror})",
            "free some space, or move the notebooks to a folder of your own",
        )
    free = shutil.disk_usage(str(folder)).free
    if free < FREE_DISK:
        return Finding(
            "disk",
            BAD,
            f"only {free / 1e6:.0f} MB are free where the notebooks are",
            "free 1 GB: JupyterLab cannot save on a full disk",
        )
    return Finding("disk", GOOD, f"{free / 1e9:.0f} GB free, and this folder can be written")


def check_memory():
    """There is memory for a training run."""
    free = _free_memory()
    if free is None:
        return Finding("memory", NOTE, "cannot be told on this system; 2 GB are enough")
    if free < FREE_MEMORY:
        return Finding(
            "memory",
            NOTE,
            f"only {free / 1e9:.1f} GB are free; a notebook wants 2 GB",
            "close other programs and other notebooks (Kernel → Shut Down All Kernels)",
        )
    return Finding("memory", GOOD, f"{free / 1e9:.0f} GB free")


def check_widgets():
    """JupyterLab finds the parts of ipywidgets and anywidget that run in the browser."""
    try:
        paths = importlib.import_module("jupyter_core.paths").jupyter_path("labextensions")
    except ImportError:
        return Finding(
            "widgets", BAD, "JupyterLab is not here", "pip install jupyterlab ipywidgets"
        )
    parts = {"ipywidgets": "@jupyter-widgets/jupyterlab-manager", "anywidget": "anywidget"}
    missing = [
        name
        for name, part in parts.items()
        if not any((Path(path) / part / "package.json").is_file() for path in paths)
    ]
    if missing:
        return Finding(
            "widgets",
            BAD,
            f"JupyterLab does not find the browser part of {' and '.join(missing)}",
            f'"{sys.executable}" -m pip install --force-reinstall {" ".join(missing)} '
            "jupyterlab_widgets, then start JupyterLab again",
        )
    return Finding("widgets", GOOD, "JupyterLab will find them")


def check_kernel(seconds=60):
    """A kernel starts, uses this Python, and finds the course package.

    Args:
        seconds: how long the kernel may take.
    """
    try:
        manager = importlib.import_module("jupyter_client.manager").KernelManager()
    except ImportError:
        return Finding("kernel", BAD, "ipykernel is not here", "pip install jupyterlab ipykernel")
    started = time.monotonic()
    client = None
    try:
        manager.start_kernel(extra_arguments=["--log-level=ERROR"])
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=seconds)
        code = "import sys, aeutils; found = [sys.executable, aeutils.__version__]"
        reply = client.execute_interactive(
            code,
            user_expressions={"found": "found"},
            timeout=seconds,
            output_hook=lambda message: None,
        )["content"]
        if reply["status"] != "ok":
            return Finding(
                "kernel",
                BAD,
                f"it starts, but does not find the course package ({reply['ename']})",
                f'"{sys.executable}" -m pip install . in the course folder',
            )
        text = reply["user_expressions"]["found"]["data"]["text/plain"]
        if repr(sys.executable) not in text:
            return Finding(
                "kernel",
                NOTE,
                f"notebooks run with another Python than this one: {text}",
                f'"{sys.executable}" -m ipykernel install --sys-prefix',
            )
    except Exception as error:
        return Finding(
            "kernel",
            BAD,
            f"it does not start ({type(error).__name__}: {str(error)[:120]})",
            f'"{sys.executable}" -m pip install --force-reinstall ipykernel',
        )
    finally:
        if client is not None:
            client.stop_channels()
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)
    took = time.monotonic() - started
    return Finding("kernel", GOOD, f"it starts ({took:.0f} s) and finds the course package")


CHECKS = (
    check_python,
    check_packages,
    check_torch,
    check_data,
    check_disk,
    check_memory,
    check_widgets,
    check_kernel,
)


def main(checks=CHECKS):
    """Run the checks and print what they find.

    Args:
        checks: functions without arguments that return a Finding.

    Returns:
        The exit status: 0, or 1 if something must be done.
    """
    bad = 0
    for check in checks:
        try:
            finding = check()
        except Exception as error:  # a check that fails says so, and the others still run
            name = check.__name__.replace("check_", "")
            finding = Finding(name, NOTE, f"could not be checked ({error})")
        print(finding, flush=True)
        bad += finding.state == BAD
        if finding.state == BAD and check is check_python:
            print("The other checks wait for a newer Python.")
            return 1
    print(
        "Everything is ready: jupyter lab notebooks"
        if not bad
        else f"{bad} of {len(checks)} need your attention: follow the arrows, then run this again."
    )
    return int(bad > 0)


def inventory(root: Path) -> list[str]:
    """Return one line for each embedded subset and each whole data set, with its state.

    Args:
        root: the folder of the whole data sets.
    """
    # Not at the top: they need torch, which may be what is missing.
    cache = importlib.import_module("aeutils.data.cache")
    loading = importlib.import_module("aeutils.data.loading")
    sources = importlib.import_module("aeutils.data.sources")

    lines = [f"cache folder: {root}{'' if os.path.isdir(root) else ' (not there yet)'}"]
    for name, (filename, expected) in loading.EMBEDDED.items():
        path = loading.EMBEDDED_FOLDER / filename
        data = path.read_bytes() if path.is_file() else b""
        problem = cache.mismatch(data, f"sha256:{expected}")
        state = f"UNUSABLE, {problem}; reinstall aeutils: {path}" if problem else f"checked, {path}"
        lines.append(_line(name, "small", len(data), state))
    lines.append(_line("digits", "small", 0, "inside scikit-learn, not part of this package"))
    for name, known in sources.WHOLE_SETS.items():
        places = []
        for file_set in known.file_sets:
            for folder in file_set.folders(root):
                size = cache.stored_bytes(folder, file_set)
                if size == 0:
                    continue
                found = cache.read_set(folder, file_set)
                state = f"checked, {folder}" if found.complete else f"UNUSABLE, {found.problem()}"
                places.append(_line(name, "full", size, state))
        lines += places or [
            _line(name, "full", 0, f"not here; run: python -m aeutils fetch {name}")
        ]
    return lines


def _line(name: str, size: str, n_bytes: int, state: str) -> str:
    return f"{name:<14} {size:<6} {n_bytes / 1e6:8.1f} MB  {state}"


def _needed():
    """Return the packages a student needs, name -> oldest version."""
    try:
        lines = importlib.metadata.requires("aeutils") or []
    except importlib.metadata.PackageNotFoundError:
        return NEEDED
    found = {}
    for line in lines:
        match = re.match(r"([\w.-]+)>=([\d.]+)$", line.strip())
        if match:
            found[match.group(1)] = match.group(2)
    return found or NEEDED


def _numbers(version):
    """Return the release numbers of a version: 2.15.0+cpu is (2, 15, 0)."""
    return tuple(int(part) for part in re.split(r"[^\d.]", version)[0].split(".") if part)


def _expected(name):
    """Return the checksum of a small set, read as text: importing `data` would need torch."""
    text = (Path(__file__).parents[1] / "data" / "loading.py").read_text(encoding="utf-8")
    found = re.search(rf'"{name}_small\.npz",\s*"([0-9a-f]{{64}})"', text)
    return found.group(1) if found else ""


def _cache():
    return importlib.import_module("aeutils.data.cache").default_root()


def _free_memory():
    """Return the bytes of memory that are free, or None where that cannot be told."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="utf-8")
        found = re.search(r"MemAvailable:\s+(\d+) kB", text)
        if found:
            return int(found.group(1)) * 1024
    except OSError:
        pass
    try:
        return importlib.import_module("psutil").virtual_memory().available
    except ImportError:
        return None
