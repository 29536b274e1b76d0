"""What the plug-in needs of nbgrader beyond its documented settings, in one place.

nbgrader offers no setting for its converter, and none for the engine of its gradebook. What is
used instead was seen in nbgrader 0.9.6; a test names what is missing in another release, and
:func:`check_nbgrader` says so to an instructor before anything is graded.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import nbgrader
from nbconvert.exporters import NotebookExporter
from nbgrader import api
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.converters.base import BaseConverter
from nbgrader.preprocessors import NbGraderPreprocessor

SEEN = "0.9.6"
NEEDED = {
    Autograde: (
        "_input_directory",
        "_format_source",
        "_format_dest",
        "_init_preprocessors",
        "_sanitizing",
        "convert_single_notebook",
        "convert_notebooks",
        "exporter_class",
        "init_assignment",
        "init_notebooks",
        "init_destination",
        "init_single_notebook_resources",
        "set_permissions",
        "write_single_notebook",
    ),
    GenerateFeedback: (
        "_format_source",
        "_format_dest",
        "exporter_class",
        "init_single_notebook_resources",
    ),
    NotebookExporter: ("_preprocessors",),
    api: ("create_engine", "scoped_session", "sessionmaker"),
}


class UnknownNbgrader(RuntimeError):
    """This release of nbgrader lacks what the plug-in builds on."""


def missing_in_nbgrader() -> list[str]:
    """Return the names that the plug-in uses and this nbgrader does not have."""
    return [
        f"{owner.__name__}.{name}"
        for owner, names in NEEDED.items()
        for name in names
        if not hasattr(owner, name)
    ]


def check_nbgrader() -> None:
    """Raise UnknownNbgrader, with what to do, if this nbgrader lacks what is needed."""
    missing = missing_in_nbgrader()
    if missing:
        raise UnknownNbgrader(
            f"nbgrader {nbgrader.__version__} has no {', '.join(missing)}, which this plug-in "
            f"needs; it was made for nbgrader {SEEN}. Install that release (pip install "
            f'"nbgrader=={SEEN}"), or mend autograder/plugin/nbgrader_internals.py'
        )


def take_over(converter: Autograde, kind: type[Autograde]) -> None:
    """Make nbgrader's running converter one of our own class.

    nbgrader's command and its API create ``Autograde`` by name. The exporter, which can be
    configured and is made just before the loop over submissions, is the first of ours to see it.

    Args:
        converter: nbgrader's converter, before its loop.
        kind: our class.

    Raises:
        UnknownNbgrader: this release of nbgrader lacks what is needed.
    """
    check_nbgrader()
    converter.__class__ = kind


def search_with(find: Callable[[Autograde], dict[str, list[str]]], exporter: type) -> None:
    """Let `find` list the submissions wherever nbgrader autogrades with an exporter of ours.

    nbgrader searches before it makes the exporter, so :func:`take_over` comes too late for this.

    Args:
        find: returns the paths of notebooks by the submitted folder, as nbgrader's converter has
            them in `assignments`; nothing to leave the search, and its errors, to nbgrader.
        exporter: our exporter's class.
    """
    original = getattr(Autograde.init_notebooks, "__wrapped__", Autograde.init_notebooks)

    @functools.wraps(original)
    def init_notebooks(self: Autograde) -> None:
        found = find(self) if issubclass(self.exporter_class, exporter) else {}
        if not found:
            original(self)
            return
        self.assignments, self.notebooks = found, []

    Autograde.init_notebooks = init_notebooks


def running_converter(preprocessor: NbGraderPreprocessor) -> Any:
    """Return the converter (`ExamAutograde`) in whose exporter a preprocessor runs.

    Args:
        preprocessor: one of ours.
    """
    return preprocessor.parent.parent


def destination(converter: BaseConverter, source: str) -> str:
    """Return the folder that a converter will make of another one.

    Args:
        converter: nbgrader's.
        source: one of its submissions.
    """
    pattern = converter._format_source("(?P<assignment_id>.*)", "(?P<student_id>.*)", escape=True)
    found = re.match(pattern, source)
    return converter._format_dest(**found.groupdict()) if found else ""


@contextmanager
def gradebook_kept_open() -> Iterator[None]:
    """Let every gradebook opened inside use one connection per address, which stays open.

    nbgrader opens the gradebook about eight times for every submission. Each time it makes a new
    SQLAlchemy engine, which compiles every statement again; looks whether each table exists; asks
    for the course; and connects anew. Here that happens once for each address, and all is closed in
    the end.

    Returns:
        A context.
    """
    create_engine, begin = api.create_engine, api.Gradebook.__init__
    engines: dict[str, Any] = {}
    known: set[tuple[str, str]] = set()

    def the_engine(url: str, **settings: Any) -> Any:
        if url not in engines:
            engines[url] = create_engine(url, **settings)
            # A gradebook that is closed gives its session back, and would end the connection.
            engines[url].dispose = lambda *_, **__: None
        return engines[url]

    def open_again(
        self: api.Gradebook,
        db_url: str,
        course_id: str = "default_course",
        authenticator: Any = None,
    ) -> None:
        if (db_url, course_id) not in known:
            begin(self, db_url, course_id, authenticator)
            known.add((db_url, course_id))
            return
        self.engine = the_engine(db_url)
        maker = api.sessionmaker(autoflush=True, bind=self.engine, future=True)
        self.db = api.scoped_session(maker)
        self.course_id, self.authenticator = course_id, authenticator

    api.create_engine, api.Gradebook.__init__ = the_engine, open_again
    try:
        yield
    finally:
        api.create_engine, api.Gradebook.__init__ = create_engine, begin
        for engine in engines.values():
            del engine.dispose
            engine.dispose()
