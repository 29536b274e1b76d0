"""Put the sources of the site and of the slides together in a folder that Sphinx then reads.

The lessons stay plain Markdown where they are; what only the site needs (links between lesson and
notebook, tables of contents, pages of the reference package) is added to copies.
"""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path

import nbformat

from autograder import units
from autograder.editions import for_students
from autograder.exercises import misconceptions
from course.book import COURSE, cards, exercises, lessons, lists, navigation, notebooks

STUDENTS, INSTRUCTORS = "students", "instructors"


def stage_site(folder: Path, edition: str = STUDENTS) -> None:
    """Write every source of the site into `folder`, which is emptied first."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    copy_pages(folder, edition)
    weeks = [path.stem for path in units.pages(folder)]
    stage_notebooks(folder, edition)
    stage_reference(folder / "reference")
    (folder / "mistakes.md").write_text(mistakes_page(), encoding="utf-8")
    made = {
        "more.md": ("Practical", PRACTICAL, practical(folder)),
    }
    if edition == INSTRUCTORS:
        (folder / "guide" / "exercises.md").write_text(exercises.page(), encoding="utf-8")
        (folder / "misconceptions.md").write_text(misconceptions.page(), encoding="utf-8")
        there = sorted(p.stem for p in (folder / "guide").glob("*.md"))
        guide = [f"guide/{name}" for name in sorted(there, key=_place)]
        pages = ["instructors", *guide, "architecture", "large-classes", "misconceptions"]
        made["teaching.md"] = ("Teaching", TEACHING, pages)
    for file, (title, text, pages) in made.items():
        titles = {page: _title(folder / f"{page}.md") for page in pages}
        text = f"# {title}\n\n{text}\n\n{lists.described(pages, titles)}\n"
        (folder / file).write_text(text + toctree(pages, hidden=True), encoding="utf-8")
    text = f"# Lessons\n\n{LESSONS}\n\n{cards.lists()}\n" + toctree(weeks, hidden=True)
    (folder / "lessons.md").write_text(text, encoding="utf-8")
    top = ["lessons", "notebooks/index", "reference/index", "more"]
    top += ["teaching"] if edition == INSTRUCTORS else []
    # course.book.front writes its page over this one, which only holds the contents together.
    index = "# Autoencoders & Embeddings\n" + toctree(top, hidden=True)
    (folder / "index.md").write_text(index, encoding="utf-8")


GUIDE = ("term-plan", "running-a-week", "collecting", "submissions", "exercises", "rubric")
GUIDE += ("platforms", "report", "disputes", "honesty", "accessibility", "new-exercise")


def _place(name: str) -> tuple[int, str]:
    """Return a page's place in the guide; pages that are not listed come last."""
    return (GUIDE.index(name) if name in GUIDE else len(GUIDE), name)


def _title(page: Path) -> str:
    """Return a page's title, its first heading."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return next(line.removeprefix("# ") for line in lines if line.startswith("# "))


LESSONS = "One lesson to each notebook. Answers and solutions are folded away."
PRACTICAL = "Setting up, the data, what is recorded of you, and where to look things up."
TEACHING = "The instructor's edition of this book has these pages; the students' one has not."


def practical(folder: Path) -> list[str]:
    """Return the pages that are neither a lesson nor a list, in the order to read them."""
    first = ["README", "student-setup", "datasets", "glossary", "mistakes", "references"]
    first += ["sources"]
    known = {*first, "index", *(path.stem for path in units.pages(folder))}
    kept = {"architecture", "instructors", "large-classes", "misconceptions"}
    rest = sorted(p.stem for p in folder.glob("*.md") if p.stem not in known | kept)
    return [name for name in first if (folder / f"{name}.md").exists()] + rest


def copy_pages(folder: Path, edition: str) -> None:
    """Copy pages and pictures of course/, each lesson folded and linked to its notebook."""
    for path in sorted(COURSE.rglob("*")):
        relative = path.relative_to(COURSE)
        if not path.is_file() or path.suffix not in {".md", ".png", ".svg"}:
            continue
        if relative.parts[0] in {"book", "slides"}:
            continue
        if edition == STUDENTS and not for_students(relative):
            continue
        target = folder / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            text = path.read_text(encoding="utf-8")
            if path.stem == units.unit_of(path.stem):
                text = lesson(text, path.stem, edition)
            if path.name == "sources.md":
                text = navigation.linked_notebooks(text)
            target.write_text(text, encoding="utf-8")
        else:
            shutil.copy(path, target)


def lesson(text: str, week: str, edition: str = STUDENTS) -> str:
    """Return a lesson for the site: folded, with links to its notebook, slides and reference."""
    text = navigation.titled(lessons.fold(text), "Lesson")
    text = navigation.under_title(text, navigation.of_lesson(week, edition == INSTRUCTORS))
    found = [name for name in notebooks.names() if units.unit_of(name) == week]
    for name in found:
        text = text.replace(f"`notebooks/{name}`", f"[{name}](notebooks/{name}.ipynb)", 1)
    return text


def stage_notebooks(folder: Path, edition: str = STUDENTS) -> None:
    """Write the students' notebooks, with outputs, and their list."""
    place = folder / "notebooks"
    place.mkdir()
    names = notebooks.names()
    for name in names:
        nb = notebooks.to_read(name)
        first = next(cell for cell in nb.cells if cell.cell_type == "markdown")
        first.source = navigation.titled(first.source, "Notebook")
        line = navigation.of_notebook(name, edition == INSTRUCTORS)
        first.source = navigation.under_title(first.source, line)
        nbformat.write(nb, place / f"{name}.ipynb")
    text = (
        "The notebooks as students get them. Exercises are empty; figures and tables are those of "
        "a run with all exercises solved. Answers to predictions are folded: guess first."
    )
    (place / "index.md").write_text(contents("Notebooks", text, names), encoding="utf-8")


def stage_reference(folder: Path) -> None:
    """Write one page for each package of aeutils, and their list."""
    folder.mkdir()
    package = importlib.import_module("aeutils")
    names = [name for name in package.__all__ if name != "passport"]  # one of the embeddings
    rows = []
    for name in names:
        modules = reference_modules(name)
        text = f"# {name}\n\n{first_line(f'aeutils.{name}')}\n"
        for module in modules:
            title = f"## {module.rsplit('.', 1)[1]}\n\n" if len(modules) > 1 else ""
            directive = f".. automodule:: {module}\n   :members:\n"
            text += f"\n{title}`{module}`\n\n```{{eval-rst}}\n{directive}```\n"
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
        rows.append(f"| [`{name}`]({name}.md) | {first_line(f'aeutils.{name}')} |")
    text = (
        "# Reference\n\nThe package that the notebooks use. Each page is one of its packages, each "
        "section a file about one concept, with the formulas, the shapes and the papers. Functions "
        "that are exercises of a notebook are closed while that notebook is graded.\n\n"
        "| package | what for |\n| --- | --- |\n" + "\n".join(rows) + "\n\n"
    )
    text += toctree(names, hidden=True)
    (folder / "index.md").write_text(text, encoding="utf-8")


EXTRA = {  # files that students use and their package does not name
    "embeddings": ["aeutils.embeddings.passport"],
    "testing": ["aeutils.testing.checking"],
}


def reference_modules(name: str) -> list[str]:
    """Return the modules of a package of aeutils that define its public names, in its order."""
    package = importlib.import_module(f"aeutils.{name}")
    if not hasattr(package, "__path__"):
        return [package.__name__]
    found = [getattr(package, public) for public in getattr(package, "__all__", [])]
    modules = [value.__module__ for value in found if hasattr(value, "__module__")]
    inside = [m for m in modules if m.startswith(f"aeutils.{name}.")]
    return list(dict.fromkeys(sorted(inside) + EXTRA.get(name, [])))


def first_line(module: str) -> str:
    """Return the first sentence of a module's docstring."""
    doc = importlib.import_module(module).__doc__ or ""
    return " ".join(doc.split("\n\n")[0].split()).replace("|", r"\|")


def mistakes_page() -> str:
    """Return the index of known mistakes in a form that gives no answer away: names only."""
    from autograder.exercises import bank

    by_name: dict[str, list[str]] = {}
    for week in bank.weeks():
        for exercise, entry in bank.exercises(week).items():
            for name in entry.wrong:
                number = units.title_of(week).split()[1]
                link = f"[{number}]({week}.md)" if (COURSE / f"{week}.md").exists() else number
                by_name.setdefault(name, []).append(f"{link} `{exercise}`")
    text = (
        "# Known mistakes\n\nEvery wrong answer that the tests know by name, with week and "
        "exercise. If a test names one of these, look the name up in the lesson's section "
        "*Misconceptions seen in answers*. What the answers look like is not told here: most are "
        "one word away from a right one.\n\n"
    )
    letter = ""
    for name in sorted(by_name):
        if name[0] != letter:
            letter = name[0]
            text += f"\n## {letter.upper()}\n\n"
        text += f"- **{name.replace('-', ' ')}**: {' · '.join(by_name[name])}\n"
    return text


def contents(title: str, text: str, pages: list[str]) -> str:
    """Return a page that is a heading, a sentence and a list of other pages."""
    return f"# {title}\n\n{text}\n\n" + toctree(pages)


def toctree(pages: list[str], hidden: bool = False) -> str:
    """Return the table of contents that Sphinx builds its navigation from."""
    option = ":hidden:\n" if hidden else ":maxdepth: 1\n"
    return "\n```{toctree}\n" + option + "\n" + "\n".join(pages) + "\n```\n"


def stage_slides(folder: Path, linked: bool = False) -> list[str]:
    """Write the sources of the slides; return their names.

    Args:
        folder: emptied first.
        linked: whether the first slide of a deck links to lesson and notebook on the site.
    """
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    decks = units.pages(COURSE / "slides")
    for path in decks:
        text = path.read_text(encoding="utf-8")
        if linked:
            text = navigation.under_title(text, navigation.of_slides(path.stem))
        (folder / path.name).write_text(text, encoding="utf-8")
    rows = "\n".join(f"- [{_title(path)}]({path.stem}.md)" for path in decks)
    text = f"# Slides\n\n{rows}\n\nPress *S* for the speaker's notes, *O* for all slides at once.\n"
    text += toctree([p.stem for p in decks], hidden=True)
    (folder / "index.md").write_text(text, encoding="utf-8")
    return [path.stem for path in decks]


def _title(path: Path) -> str:
    return path.read_text(encoding="utf-8").split("# ", 1)[1].splitlines()[0]
