"""Feedback pages back to the platform, under the names by which it knows whose they are."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Return:
    """One student's pages: where they lie, and their names in the zip."""

    student: str
    files: dict[str, Path]  # by name in the zip
    why_not: str = ""


def plan_returns(places: dict[str, str], feedback: Callable[[str], Path]) -> list[Return]:
    """Find every student's pages.

    Args:
        places: what a page's name is put behind, by student.
        feedback: the folder of a student's feedback, by id.

    Returns:
        One for each student, in the order of their ids.
    """
    returns = []
    for student, place in sorted(places.items()):
        folder = feedback(student)
        pages = sorted(folder.glob("*.html")) if folder.is_dir() else []
        why_not = ""
        if not place:
            why_not = "no uploaded file of theirs was collected, so there is no place to return it"
        elif not pages:
            why_not = f"no feedback page in {folder}; run nbgrader generate_feedback"
        files = {} if why_not else {place + page.name: page for page in pages}
        returns.append(Return(student, files, why_not))
    return returns


def pack(returns: list[Return], output: Path) -> int:
    """Write the zip; an old one of that name stays until the new one is complete.

    Args:
        returns: what goes in.
        output: the zip.

    Returns:
        How many pages are in it.
    """
    part = output.with_name(output.name + ".part")
    count = 0
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in returns:
            for name, page in item.files.items():
                archive.write(page, name)
                count += 1
    os.replace(part, output)
    return count
