"""The zip that students get: notebooks and `aeutils`, nothing of the instructor's."""

from __future__ import annotations

import zipfile
from pathlib import Path

TOP = ["pyproject.toml", "environment.yml", "LICENSE"]
PARTS = ["aeutils/**/*", "notebooks/*/*.ipynb", "course/**/*.md"]
INSTRUCTORS_ONLY = [
    "course/instructors.md",
    "course/large-classes.md",
    "course/misconceptions.md",
]
FORBIDDEN = ("### BEGIN SOLUTION", "### BEGIN HIDDEN", "from autograder")

README = """\
# Autoencoders & Embeddings

1. Install Python 3.11 or newer, open a terminal in this folder and run

       python -m venv .venv
       .venv/bin/pip install .                 (Windows: .venv\\Scripts\\pip install .)

   or, with conda: `conda env create -f environment.yml`.

2. Start JupyterLab and open the notebook of the week:

       .venv/bin/jupyter lab notebooks         (Windows: .venv\\Scripts\\jupyter lab notebooks)

The data for every default run comes with the package; no download is needed.
"""


def handout_files(root: Path) -> list[Path]:
    """Return every file of the hand-out, or raise if one of them gives something away."""
    files = [root / name for name in TOP]
    for pattern in PARTS:
        files += sorted(p for p in root.glob(pattern) if p.is_file())
    hidden = {root / name for name in INSTRUCTORS_ONLY}
    files = [p for p in files if p not in hidden and "__pycache__" not in p.parts]
    missing = [str(p.relative_to(root)) for p in files if not p.exists()]
    if missing:
        raise FileNotFoundError(f"the hand-out needs {', '.join(missing)}")
    for path in files:
        if path.suffix in {".ipynb", ".md"}:
            text = path.read_text(encoding="utf-8")
            found = [mark for mark in FORBIDDEN if mark in text]
            if found:
                raise ValueError(
                    f"{path.relative_to(root)} contains {found[0]!r} and must not be handed out; "
                    "run `python -m autograder build` and check"
                )
    return files


def make_handout(root: Path, output: Path) -> list[str]:
    """Write the zip and return the names in it; an old zip stays until the new one is complete."""
    files = handout_files(root)
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_suffix(".part")
    names = [f"autoencoders/{p.relative_to(root).as_posix()}" for p in files]
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("autoencoders/README.md", README)
        for path, name in zip(files, names, strict=True):
            archive.write(path, name)
    part.replace(output)
    return ["autoencoders/README.md", *names]
