"""Run Sphinx over what `source_tree` has put together, and look at what came out."""

from __future__ import annotations

import shutil
from pathlib import Path

from course.book import COURSE, checks, front, search_texts
from course.book.source_tree import INSTRUCTORS, STUDENTS, stage_site, stage_slides


def sphinx(source: Path, output: Path, builder: str, *more: str) -> int:
    """Run Sphinx with warnings as errors; return its exit status."""
    from sphinx.cmd.build import main

    if output.exists():
        shutil.rmtree(output)
    cache = source.with_name(f"{source.name}-cache")
    shutil.rmtree(cache, ignore_errors=True)
    arguments = ["-b", builder, "-c", str(COURSE), "-W", "--keep-going", "-q", *more]
    return main([*arguments, "-d", str(cache), str(source), str(output)])


def make_site(output: Path, edition: str = STUDENTS) -> list[str]:
    """Build an edition of the site into `output`; return what is wrong with it."""
    source = output.with_name(f"{output.name}-source")
    stage_site(source, edition)
    if sphinx(source, output, "html"):
        return ["Sphinx found the above"]
    front.write(output, instructors=edition == INSTRUCTORS)
    search_texts.write(output)
    if edition == INSTRUCTORS and (problems := make_slides(output / "slides", within=output)):
        return problems
    return checks.broken_links(output) + checks.foreign_resources(output)


def make_slides(output: Path, within: Path | None = None) -> list[str]:
    """Build the slides of all weeks into `output`; return what is wrong with them.

    Args:
        output: a folder.
        within: the instructors' site, if the slides are a part of it: each deck then links to its
            lesson and notebook, and its links are checked with the site's.
    """
    beside = within or output
    source = beside.with_name(f"{beside.name}-slides-source" if within else f"{output.name}-source")
    stage_slides(source, linked=within is not None)
    if sphinx(source, output, "revealjs", "-t", "slides"):
        return ["Sphinx found the above"]
    return [] if within else checks.broken_links(output) + checks.foreign_resources(output)
