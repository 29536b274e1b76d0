"""The two zips: what students get, and all the rest for who teaches the course.

The students' zip holds notebooks, `aeutils` with its data, the lessons and a start page, and
nothing of the instructor's: what is in it is listed below, and every text in it is searched for
solutions and hidden tests before it is written.
"""

from __future__ import annotations

import html
import re
import tomllib
import zipfile
from pathlib import Path

from autograder.editions import for_students
from autograder.units import notebooks, title_of, unit_of

TOP = ["pyproject.toml", "LICENSE"]
PARTS = [
    "LICENSE-text.md",
    "aeutils/**/*",
    "notebooks/*/*.ipynb",
    "course/**/*.md",
    "course/images/drawing-*",
    "course/images/week*",
    "course/images/elective_*",
]
FORBIDDEN = ("### BEGIN SOLUTION", "### BEGIN HIDDEN", "from autograder")

# Beside what students get. Nothing here is made by grading: no submission, no gradebook.
INSTRUCTORS = [
    *("README.md", "Makefile", "environment.yml", "nbgrader_config.py", "C*.md", "CITATION.cff"),
    *("solutions/*/*.py", "solutions/*/*.ipynb", "autograder/**/*", "benchmarks/*"),
    *("course/**/*", "tests/**/*.py", ".gitignore", ".gitattributes", ".pre-commit-config.yaml"),
    ".devcontainer/*",
]

README = """\
# Autoencoders & Embeddings

Open `START.html` in a browser, or:

1. Install Python 3.11 or newer, open a terminal in this folder and run

       python -m venv .venv
       .venv/bin/pip install .                 (Windows: .venv\\Scripts\\pip install .)

   On Linux, put this line between the two; it saves several GB of libraries for GPUs:

       .venv/bin/pip install torch torchvision --index-url https://download.pytorch.org/whl/cpu

   With uv: `uv venv` and `uv pip install --torch-backend cpu .`. With conda:
   `conda env create -f environment.yml`.

2. Start JupyterLab and open the notebook of the week:

       .venv/bin/jupyter lab notebooks         (Windows: .venv\\Scripts\\jupyter lab notebooks)

The data for every default run comes with the package; no download is needed.
"""

ENVIRONMENT = """\
# For conda. `pip install .` installs the same packages.
name: autoencoders
channels:
  - conda-forge
dependencies:
  - python{python}
  - pip
  - pip:
{packages}
      - .
"""

# How a lesson says where a number comes from (see `course.book.numbers`).
NAMED_NUMBER = re.compile(r"\{claim\}`([^`<]+) <[^`>]+>`|<!-- given:.*?-->\n*", re.DOTALL)

START = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Start here: Autoencoders &amp; Embeddings</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1.05rem/1.55 system-ui, sans-serif; }}
body {{ max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }}
pre {{ padding: .7rem; border: 1px solid #767676; border-radius: .3rem; overflow-x: auto; }}
table {{ border-collapse: collapse; }}
th, td {{ text-align: left; padding: .3rem .8rem .3rem 0; overflow-wrap: anywhere; }}
</style>
</head>
<body>
<main>
<h1>Autoencoders &amp; Embeddings</h1>
<p>Everything you need is in this folder: the notebooks, the package <code>aeutils</code> with real
digits in it, and a lesson for each week. Only the installation needs a network; no GPU.</p>
<h2>1 · Install, once</h2>
<p>You need Python 3.11 or newer. Open a terminal in this folder.</p>
<p>Linux (the second line saves several GB of libraries for GPUs):</p>
<pre tabindex="0">python3 -m venv .venv
.venv/bin/pip install torch torchvision --index-url https://download.pytorch.org/whl/cpu
.venv/bin/pip install .</pre>
<p>macOS:</p>
<pre tabindex="0">python3 -m venv .venv
.venv/bin/pip install .</pre>
<p>Windows:</p>
<pre tabindex="0">py -3.11 -m venv .venv
.venv\\Scripts\\pip install .</pre>
<p>With uv: <code>uv venv</code>, <code>uv pip install --torch-backend cpu .</code>.
With conda: <code>conda env create -f environment.yml</code>. If something fails, see
<a href="course/student-setup.md">student-setup.md</a>.</p>
<h2>2 · Start</h2>
<pre tabindex="0">.venv/bin/jupyter lab notebooks</pre>
<p>Windows: <code>.venv\\Scripts\\jupyter lab notebooks</code>.</p>
<h2>3 · The weeks</h2>
<table>
<thead><tr><th scope="col">week</th><th scope="col">notebook</th>
<th scope="col">lesson</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
<h2>4 · Hand in</h2>
<p><em>Kernel › Restart Kernel and Run All Cells</em>, save, and hand in the notebook under its own
name. Symbols, weeks and points: <a href="course/README.md">course/README.md</a>.</p>
</main>
</body>
</html>
"""


def handout_files(root: Path) -> list[Path]:
    """Return every file of the hand-out, or raise if one of them gives something away."""
    files = [root / name for name in TOP]
    for pattern in PARTS:
        files += sorted(p for p in root.glob(pattern) if p.is_file())
    course = root / "course"
    files = [
        p
        for p in files
        if "__pycache__" not in p.parts
        and (course not in p.parents or for_students(p.relative_to(course)))
    ]
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


def start_page(root: Path) -> str:
    """Return the HTML page that a student opens first, with the weeks there are."""
    rows = []
    for name in notebooks(root):
        week = unit_of(name)
        lesson = root / "course" / f"{week}.md"
        title = name
        if lesson.exists():
            first = lesson.read_text(encoding="utf-8").splitlines()[0]
            title = re.sub(r"^# ((Week \d+|Elective [A-Z]) · )?", "", first)
        rows.append(
            f"<tr><td>{title_of(week).removeprefix('Week ')}</td>"
            f"<td><code>{name}</code>: {html.escape(title)}</td>"
            f'<td><a href="course/{week}.md">{week}.md</a></td></tr>'
        )
    return START.format(rows="\n".join(rows))


def environment(root: Path) -> str:
    """Return the conda environment of a student: the packages that pyproject.toml names."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages = "\n".join(f"      - {package}" for package in project["dependencies"])
    return ENVIRONMENT.format(python=project["requires-python"], packages=packages)


def plain_lessons(root: Path, files: list[Path]) -> dict[str, str]:
    """Return the pages as students read them, without where each number was measured."""
    texts = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in files
        if path.suffix == ".md"
    }
    plain = {name: NAMED_NUMBER.sub(r"\1", text) for name, text in texts.items()}
    return {name: text for name, text in plain.items() if text != texts[name]}


def make_handout(root: Path, output: Path) -> list[str]:
    """Write the students' zip and return the names in it."""
    files = handout_files(root)
    made = {
        "README.md": README,
        "START.html": start_page(root),
        "environment.yml": environment(root),
        **plain_lessons(root, files),
    }
    copied = [path for path in files if path.relative_to(root).as_posix() not in made]
    return _write(root, output, copied, "autoencoders", made)


def make_instructor_kit(root: Path, output: Path) -> list[str]:
    """Write the zip for who teaches: what students get, and solutions, grader, guide, tests."""
    files = dict.fromkeys(handout_files(root))
    for pattern in INSTRUCTORS:
        found = sorted(p for p in root.glob(pattern) if p.is_file())
        files |= dict.fromkeys(p for p in found if not _is_trace(p.relative_to(root)))
    site = root / "dist" / "site-instructors"  # the slides are in it
    files |= dict.fromkeys(p for p in sorted(site.rglob("*")) if p.is_file())
    return _write(root, output, list(files), "autoencoders-instructors", {})


def _is_trace(path: Path) -> bool:
    """Say whether a file is what somebody's work left behind, not a part of the course."""
    folders = {"__pycache__", ".ipynb_checkpoints", "submitted", "autograded", "feedback"}
    return bool(folders & set(path.parts)) or path.name.endswith(
        (".pyc", ".db", ".bak", ".part", "predictions.json", "passport.json")
    )


def _write(
    root: Path, output: Path, files: list[Path], top: str, made: dict[str, str]
) -> list[str]:
    """Write a zip; an old one stays until the new one is complete."""
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_suffix(".part")
    names = [f"{top}/{p.relative_to(root).as_posix()}" for p in files]
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in made.items():
            archive.writestr(f"{top}/{name}", text)
        for path, name in zip(files, names, strict=True):
            archive.write(path, name)
    part.replace(output)
    return [*(f"{top}/{name}" for name in made), *names]
