"""What waiting there is for a student: imports, the first step, JupyterLab, a notebook's run."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.results import ROOT, entry

REPEATS = 11
CELL_TIMEOUT = 300  # seconds
IMPORTS = {
    "torch alone": "pass",
    "import-time": "import aeutils",
    "import-modules-time": "from aeutils import data, plots, training",
}
PROBE = """
import json, time
import torch
start = time.perf_counter()
{statement}
print(json.dumps(time.perf_counter() - start))
"""


def import_seconds(statement: str) -> tuple[float, float]:
    """Run `statement` after `import torch` in a fresh process.

    Returns the seconds of the statement, and the seconds of the whole process.
    """
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(statement=statement)],
        cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True,
        encoding="utf-8", check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{statement!r} failed in a fresh process:\n{done.stderr}")
    return json.loads(done.stdout), time.perf_counter() - start


def run_imports(repeats: int = REPEATS) -> dict[str, dict]:
    inside: dict[str, list[float]] = {name: [] for name in IMPORTS}
    whole: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for repeat in range(repeats + 1):  # in turns; the first round fills the disk cache
        for name, statement in IMPORTS.items():
            seconds, process = import_seconds(statement)
            if repeat:
                inside[name].append(seconds)
                whole[name].append(process)
    alone = statistics.median(whole["torch alone"])
    print(f"  a process that imports torch alone: {alone:.3f} s (median of {repeats})")
    results = {}
    for name, statement in list(IMPORTS.items())[1:]:
        more = statistics.median(whole[name]) - alone
        print(f"  {statement}: {statistics.median(inside[name]):.4f} s after torch; "
              f"whole process {more:+.3f} s")  # fmt: skip
        details = {
            "whole-process-more": round(more, 4),
            "whole-process-torch-alone": round(alone, 4),
        }
        results[name] = entry(
            name, inside[name], "fresh processes", seeds=[], threads=1, details=details
        )
    return results


FIRST_STEPS = {
    "torch alone": "import torch",
    "first-step": "import torch\nfrom aeutils import models, training",
}
"""What is imported before the first step of a process, by the claim it is for."""
STEP = """
import json, sys, time
{imports}
model = torch.nn.Linear(8, 8)
images = torch.rand(64, 8)
start = time.process_time()
optimizer = torch.optim.Adam(model.parameters())
loss = (model(images) - images).square().mean()
optimizer.zero_grad()
loss.backward()
optimizer.step()
print(json.dumps([time.process_time() - start, "torch._dynamo" in sys.modules]))
"""
LAB = "import jupyterlab.labapp"
CHECKLIST = """
import json, time
from aeutils import widgets
started = time.process_time()
panel = widgets.checklist({path!r})
display(panel)
print(json.dumps([time.process_time() - started, len(panel.exercises)]))
"""


def first_step(imports: str) -> tuple[float, bool]:
    """Return the CPU time of the first step of a fresh process, and whether it met the compiler.

    The process makes an optimiser of torch's own and takes one step, as a cell of week 2 does. CPU
    time, because a neighbour's job doubles the seconds of an import and not its work.
    """
    done = subprocess.run(
        [sys.executable, "-c", STEP.format(imports=imports)],
        cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True,
        encoding="utf-8", check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the first step failed after {imports!r}:\n{done.stderr}")
    seconds, compiler = json.loads(done.stdout)
    return seconds, compiler


def run_first_step(repeats: int = REPEATS) -> dict[str, dict]:
    """Measure the first step with and without the package, in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in FIRST_STEPS}
    compiler: dict[str, bool] = {}
    for repeat in range(repeats + 1):  # the first round fills the disk cache
        for name, imports in FIRST_STEPS.items():
            value, compiler[name] = first_step(imports)
            if repeat:
                seconds[name].append(value)
    alone = statistics.median(seconds["torch alone"])
    print(f"  torch alone: {alone:.3f} s, compiler imported: {compiler['torch alone']}")
    details = {"torch-alone": round(alone, 4), "imports-the-compiler": compiler["first-step"]}
    return {
        "first-step": entry(
            "first-step", seconds["first-step"], "fresh processes", seeds=[], threads=1,
            details=details,
        )
    }  # fmt: skip


def cpu_seconds_of(statement: str, python: str = sys.executable) -> float:
    """Return the CPU time of a whole process that runs one statement."""
    before = children_cpu_seconds()
    done = subprocess.run(
        [python, "-c", statement], capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise RuntimeError(f"{statement!r} failed in a fresh process:\n{done.stderr}")
    return children_cpu_seconds() - before


def run_lab(repeats: int = REPEATS) -> dict[str, dict]:
    """Measure what a process spends until JupyterLab's application is imported."""
    cpu_seconds_of(LAB)  # fills the disk cache
    values = [cpu_seconds_of(LAB) for _ in range(repeats)]
    return {"lab-start": entry("lab-start", values, "processes", seeds=[], threads=1, details={})}


def checklist_seconds(notebook: Path) -> tuple[float, int]:
    """Return the CPU time of the panel's first call in a fresh kernel, and its exercises."""
    printed = in_fresh_kernel(CHECKLIST.format(path=str(notebook)))[1]
    seconds, listed = json.loads(printed)
    return seconds, listed


def run_checklist(repeats: int = 7, root: Path = ROOT) -> dict[str, dict]:
    """Measure the progress panel over the largest executed notebook, which it has to read."""
    notebooks = sorted((root / "solutions").glob("*/*.ipynb"), key=lambda path: path.stat().st_size)
    if not notebooks:
        raise SystemExit("there is no notebook in solutions/; run: python -m autograder build")
    rows = [checklist_seconds(notebooks[-1]) for _ in range(repeats)]
    details = {
        "notebook": notebooks[-1].stem,
        "megabytes": round(notebooks[-1].stat().st_size / 1e6, 2),
        "exercises": rows[0][1],
    }
    values = [1000 * seconds for seconds, _ in rows]
    return {
        "checklist-time": entry(
            "checklist-time", values, "kernels", seeds=[], threads=1, details=details
        )
    }


def in_fresh_kernel(code: str) -> tuple[float, str]:
    """Run one cell in a kernel of its own.

    Returns the seconds from the start of the kernel until the cell is done, and what it printed.
    """
    """Return the seconds from the start of a kernel until torch and aeutils are imported in it."""
    from jupyter_client.manager import start_new_kernel

    printed = []

    def keep(message: dict) -> None:
        printed.append(message["content"].get("text", ""))

    start = time.perf_counter()
    manager, client = start_new_kernel(kernel_name="python3", extra_arguments=["--log-level=ERROR"])
    try:
        reply = client.execute_interactive(code, timeout=CELL_TIMEOUT, output_hook=keep)
        seconds = time.perf_counter() - start
        if reply["content"]["status"] != "ok":
            raise RuntimeError(f"the cell failed: {reply['content']}")
        return seconds, "".join(printed)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def kernel_seconds() -> float:
    """Return the seconds from the start of a kernel until torch and aeutils are imported in it."""
    return in_fresh_kernel("import torch, aeutils")[0]


def run_kernel(repeats: int = 31) -> dict[str, dict]:
    """Measure what a student waits for before the first line of a notebook has run."""
    import torch

    kernel_seconds()  # fills the disk cache
    values = [kernel_seconds() for _ in range(repeats)]
    details = {"build": torch.__version__}
    name = "kernel-ready"
    return {name: entry(name, values, "kernels", seeds=[], threads=1, details=details)}


def notebook_seconds(notebook: Path, root: Path = ROOT) -> float:
    """Run a copy of a notebook from top to bottom in a fresh kernel and folder; return seconds.

    The start and the end of the kernel are counted. Raises nbclient's error if a cell fails.
    """
    import nbformat
    from nbclient import NotebookClient

    content = nbformat.read(notebook, as_version=4)
    paths = [str(root), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(p for p in paths if p),
        "NBGRADER_EXECUTION": "benchmark",  # no progress bars
    }
    folder = Path(tempfile.mkdtemp())
    try:
        client = NotebookClient(
            content,
            timeout=CELL_TIMEOUT,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
            extra_arguments=["--log-level=ERROR"],
        )
        start = time.perf_counter()
        client.execute(env=environment)
        return time.perf_counter() - start
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # Windows may still hold a file


def children_cpu_seconds() -> float:
    """Return the CPU time of the child processes that have ended (always 0 on Windows)."""
    times = os.times()
    return times.children_user + times.children_system


def run_notebooks(root: Path = ROOT) -> dict[str, dict]:
    notebooks = sorted((root / "solutions").glob("*/*.ipynb"))
    if not notebooks:
        raise SystemExit("there is no notebook in solutions/; run: python -m autograder build")
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_setaffinity"):  # kernels inherit it
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
        cores = len(os.sched_getaffinity(0))
    print(f"  on {cores} cores")
    seconds, cpu_seconds = {}, {}
    for notebook in notebooks:
        before = children_cpu_seconds()
        seconds[notebook.stem] = notebook_seconds(notebook, root)
        cpu_seconds[notebook.stem] = children_cpu_seconds() - before
        print(f"  {notebook.stem:30} {seconds[notebook.stem]:5.1f} s, "
              f"{cpu_seconds[notebook.stem]:5.1f} CPU-s")  # fmt: skip
    slowest = max(seconds, key=seconds.get)
    details = {
        "slowest": slowest,
        "together": round(sum(seconds.values()), 1),
        "cores": cores,
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
        "cpu-seconds": {name: round(value, 1) for name, value in cpu_seconds.items()},
    }
    # every notebook must keep the promise, so the figure is the slowest one, not a median
    name = "notebook-time"
    result = entry(name, [seconds[slowest]], "run", seeds=[], threads=cores, details=details)
    result["lowest"], result["number"] = round(min(seconds.values()), 5), len(seconds)
    result["over"] = "notebooks"
    weeks = sum(value for notebook, value in seconds.items() if notebook.startswith("week"))
    together = entry("weeks-time", [weeks], "run", seeds=[], threads=cores, details={})
    return {name: result, "weeks-time": together}
