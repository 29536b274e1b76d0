"""What `pip install` of the students' packages costs: seconds, megabytes on the disk.

    python -m benchmarks.installation                               as pip does it by itself
    python -m benchmarks.installation torch==2.13.0+cpu torchvision==0.28.0
                                                                    with these releases instead

It makes a virtual environment in a temporary folder, installs the package of this checkout there as
a student would, counts, and deletes it again. Whether torch comes with CUDA is decided by what the
package index offers, so a run says which torch it got and how much of the disk is NVIDIA's.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.results import ROOT

CUDA = ("nvidia", "triton")
"""Folders of site-packages that only a GPU needs, by their beginnings."""


def megabytes(folder: Path) -> float:
    """Return how much the files below a folder take, links not followed."""
    return sum(f.lstat().st_size for f in folder.rglob("*") if not f.is_dir()) / 1e6


def largest(packages: Path, number: int = 5) -> dict[str, int]:
    """Return the megabytes of the largest folders of an environment's packages."""
    sizes = {f.name: round(megabytes(f)) for f in packages.iterdir() if f.is_dir()}
    return dict(sorted(sizes.items(), key=lambda item: -item[1])[:number])


def measure(extra: list[str], project: Path = ROOT) -> dict[str, object]:
    """Install a project in a new environment, and return what that took.

    Args:
        extra: further arguments of `pip install`, such as releases that decide for a processor.
        project: folder of the project.

    Returns:
        Seconds of pip, megabytes of the environment and of what only a GPU needs, the release of
        torch (None where the project needs none), and the largest folders.

    Raises:
        RuntimeError: pip failed; its last lines are in the message.
    """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        start = time.perf_counter()
        done = subprocess.run(
            [python, "-m", "pip", "install", "--no-cache-dir", "--quiet", project, *extra],
            capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        seconds = time.perf_counter() - start
        if done.returncode:
            raise RuntimeError(f"pip failed:\n{done.stderr[-2000:]}")
        places = "import json, sysconfig; print(json.dumps(sysconfig.get_path('purelib')))"
        packages = Path(json.loads(subprocess.check_output([python, "-c", places], text=True)))
        gpu = [f for f in packages.iterdir() if f.is_dir() and f.name.startswith(CUDA)]
        release = next(packages.glob("torch-*.dist-info"), None)
        return {
            "seconds": round(seconds),
            "megabytes": round(megabytes(Path(folder))),
            "only-gpu-megabytes": round(sum(megabytes(f) for f in gpu)),
            "torch": None if release is None else release.stem.removeprefix("torch-"),
            "largest": largest(packages),
        }


def main(arguments: list[str] | None = None) -> int:
    """Measure one installation and print it; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.installation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("extra", nargs="*", help="further requirements for pip")
    print(json.dumps(measure(parser.parse_args(arguments).extra), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
