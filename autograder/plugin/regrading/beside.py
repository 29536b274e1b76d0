"""Grading a week a second time, beside the gradebook: on a copy of it, into other folders.

It is nbgrader's own ``autograde``, told where the copy is; so students' code runs in the same
sandbox, and what is compared later is what that command would have written.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from nbgrader.api import Base
from sqlalchemy import create_engine, insert, select, text

from autograder.plugin.regrading.places import Places
from autograder.plugin.regrading.record import FOLDER


class Beside:
    """A place beside the course, empty at the beginning and gone at the end.

    Only a run that holds the assignment's lock may use it, since there is one for each assignment.

    Args:
        places: of the course.
    """

    def __init__(self, places: Places) -> None:
        self.course = places
        # A name that is a pattern for itself, whatever the assignment is called.
        name = f"beside-{zlib.crc32(places.assignment.encode()):08x}"
        self.folder = places.root / FOLDER / name
        self.places = replace(places, graded_step=f"{FOLDER}/{name}/autograded")
        self.url = f"sqlite:///{self.folder / 'gradebook.db'}"

    def __enter__(self) -> Beside:
        self._clear()  # what a run left that was killed
        self.folder.mkdir(parents=True, mode=0o700)
        copy_gradebook(self.course.course.db_url, self.url)
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()
        if self.folder.parent.is_dir() and not any(self.folder.parent.iterdir()):
            self.folder.parent.rmdir()

    def _clear(self) -> None:
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def grade(self, left_out: Collection[str]) -> None:
        """Grade all submissions of the assignment into this place.

        Args:
            left_out: students who are not graded.

        Raises:
            ValueError: grading failed, as far as it came.
        """
        status = nbgrader(
            self.course.root,
            "autograde",
            self.course.assignment,
            "--log-level=ERROR",
            f"--CourseDirectory.db_url={self.url}",
            f"--CourseDirectory.autograded_directory={self.places.graded_step}",
            f"--CourseDirectory.student_id_exclude={','.join(sorted(left_out))}",
        )
        if status:
            raise ValueError(
                f"grading {self.course.assignment} beside the gradebook failed; nothing was "
                "changed. Expected: what `nbgrader autograde` can grade. The lines above say what "
                "is wrong; an exercise that was added or removed after students were graded needs "
                "a new assignment."
            )


def copy_gradebook(url: str, new: str) -> None:
    """Copy a gradebook row by row, whatever database it is in.

    Args:
        url: the gradebook's address.
        new: that of an SQLite file that does not exist yet.
    """
    source, target = create_engine(url), create_engine(new)
    try:
        Base.metadata.create_all(target)
        with source.connect() as old, target.begin() as copy:
            for table in Base.metadata.sorted_tables:
                rows = [dict(row) for row in old.execute(select(table)).mappings()]
                if rows:
                    copy.execute(insert(table), rows)
            version = old.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            copy.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
            copy.execute(
                text("INSERT INTO alembic_version VALUES (:version)"), {"version": version}
            )
    finally:
        source.dispose()
        target.dispose()


def nbgrader(folder: Path, *arguments: str) -> int:
    """Run one nbgrader command in a course folder, with its bar on the screen.

    Args:
        folder: the course's top folder.
        arguments: the command.

    Returns:
        Its exit status.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode
