"""The pages that nbgrader makes of graded notebooks: a student's feedback, and formgrader's."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from typing import Any, cast

import nbformat
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.filters import Highlight2HTML
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Callable as CallableTrait
from traitlets.config import Config

from autograder.hall.report import MIME
from autograder.plugin.ahead import Ahead
from autograder.plugin.intake import NOTE, UNREADABLE
from autograder.plugin.nbgrader_internals import destination
from autograder.plugin.remarks import remarks
from autograder.plugin.sanitise import safe_markdown
from autograder.plugin.summary import TEMPLATES, exercise_html, exercises, summary_html
from autograder.plugin.tidy import REMEMBERED, Pieces
from autograder.plugin.titles import notebook_title

PYTHON = "ipython3"  # nbconvert's name of the lexer of most cells


class OnlyCopy(NotebookNode):
    """A notebook that was read for one page: whoever wants a copy may have it itself.

    nbconvert copies a notebook three times before its first preprocessor.
    """

    def __deepcopy__(self, memo: dict) -> NotebookNode:
        return self


class Rendered(TemplateExporter):
    """What nbconvert's HTML exporter builds on, between it and its templates.

    It parses what it gets from here, and writes it again: see `tidy.py`.

    Attributes:
        pieces: of the page that is being made.
    """

    pieces = Pieces()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._highlighted = functools.lru_cache(maxsize=1024)(self._highlight)

    def from_notebook_node(  # type: ignore[override]  # as in nbconvert
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return a page of placeholders, and the resources.

        Args:
            nb: the graded notebook.
            resources: nbgrader's names and settings of this conversion.
            kw: as for nbconvert's exporter.
        """
        self.pieces = Pieces()
        self.register_filter("piece", self.pieces)
        if type(self.environment.filters["highlight_code"]) is Highlight2HTML:  # none of one's own
            self.register_filter("highlight_code", self.highlight)
        html, resources = super().from_notebook_node(nb, resources, **kw)
        return self.pieces.page(html), resources

    @pass_context
    def highlight(self, context: Context, source: str, metadata: dict | None = None) -> str:
        """Colour code as nbconvert does; the cells that a class was given, once.

        Args:
            context: jinja's.
            source: of the cell.
            metadata: of the cell.

        Returns:
            HTML.
        """
        language = context["nb"].metadata.get("language_info", {})
        lexer = language.get("pygments_lexer", language.get("name"))
        magics = str((metadata or {}).get("magics_language", ""))
        make = self._highlighted if len(source) < REMEMBERED else self._highlight
        return make(source, lexer, magics)

    def _highlight(self, source: str, lexer: str | None, magics: str) -> str:
        if (lexer or PYTHON) == PYTHON and not magics and source:
            return self._python(source)
        about = {"magics_language": magics} if magics else None
        return Highlight2HTML(pygments_lexer=lexer, parent=self)(source, metadata=about)

    @functools.cached_property
    def _python(self) -> Callable[[str], str]:
        """Colours Python, with one lexer and one formatter; nbconvert makes both for each cell."""
        # Imported here, because every command reads the configuration, and few colour code.
        from pygments import highlight
        from pygments.formatters import HtmlFormatter

        from autograder.plugin.lexer import QuickPython

        options = Highlight2HTML(parent=self).extra_formatter_options
        formatter = HtmlFormatter(cssclass=f" highlight hl-{PYTHON}", **options)
        lexer = QuickPython()
        return lambda source: str(highlight(source, lexer, formatter))


class FeedbackExporter(HTMLExporter, Rendered):
    """nbconvert's HTML exporter, with a template of ours: `templates/exam_feedback`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.optimistic_validation = True  # once after all preprocessors, not after each
        self.environment.auto_reload = False  # nobody changes a template in a run
        self._ahead: Ahead | None = None

    def from_filename(  # type: ignore[override]  # as in nbconvert
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the feedback page of a notebook, and the resources.

        After the first page of a run, which reads templates and points, the others are made ahead.

        Args:
            filename: path of the notebook.
            resources: nbgrader's names and settings of this conversion.
            kw: as for nbconvert's exporter.
        """
        if self._ahead is not None and (page := self._ahead.take(filename)) is not None:
            return page
        page = super().from_filename(filename, resources, **kw)
        if self._ahead is None:
            self._ahead = Ahead(self._alone, self._waiting(filename))
        return page

    def _alone(self, filename: str) -> tuple[str, dict[str, Any]]:
        resources = cast(Any, self.parent).init_single_notebook_resources(filename)
        return super().from_filename(filename, resources)

    def _waiting(self, filename: str) -> list[str]:
        """Return the notebooks after one, without those that nbgrader will pass over."""
        converter = cast(Any, self.parent)
        order = [(s, path) for s, paths in converter.assignments.items() for path in paths]
        order.sort()  # as nbgrader's loop does
        later = order[[path for _, path in order].index(filename) + 1 :]
        return [
            path
            for source, path in later
            if converter.force or not os.path.exists(destination(converter, source))
        ]

    def from_file(  # type: ignore[override]  # as in nbconvert
        self, file_stream: Any, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the feedback page of a notebook, and the resources.

        Args:
            file_stream: of the graded notebook, which is validated when it has been through the
                preprocessors.
            resources: nbgrader's names and settings of this conversion.
            kw: as for nbconvert's exporter.
        """
        nb = nbformat.convert(nbformat.reader.reads(file_stream.read()), 4)
        return self.from_notebook_node(OnlyCopy(nb), resources, **kw)

    def from_notebook_node(  # type: ignore[override]  # as in nbconvert
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the feedback page of a notebook, and the resources.

        Args:
            nb: the graded notebook.
            resources: nbgrader's names and settings of this conversion.
            kw: as for nbconvert's exporter.
        """
        html, resources = super().from_notebook_node(nb, resources, **kw)
        if self.pieces.pictures and not self.pieces.whole:
            self.log.warning("Alternative text is missing on %s image(s).", self.pieces.pictures)
        return self.pieces.fill(html), resources


def show_offline(c: Config) -> None:
    """Set up the pages of `generate_feedback` and of formgrader so that they fetch nothing.

    Args:
        c: the configuration that nbgrader hands to ``nbgrader_config.py``.
    """
    c.HTMLExporter.filters = {"markdown2html": safe_markdown, "without_net": without_net}
    # nbgrader names formgrader's own template as HTMLExporter's; this file extends it.
    c.HTMLExporter.extra_template_paths = [str(TEMPLATES)]
    c.HTMLExporter.template_file = "formgrade_offline.html.j2"
    # A setting of the subclass wins over those that nbgrader makes for HTMLExporter.
    c.FeedbackExporter.template_name = "exam_feedback"
    c.FeedbackExporter.template_file = "index.html.j2"
    c.FeedbackExporter.extra_template_basedirs = [str(TEMPLATES)]
    c.FeedbackExporter.extra_template_paths = []
    c.GenerateFeedback.exporter_class = FeedbackExporter


def without_net(head: str) -> str:
    """Return a page's head without the scripts that it loads from another host.

    Args:
        head: HTML that a template of nbgrader made.
    """
    return re.sub(r'<script[^>]*\bsrc="(https?:)?//[^>]*>\s*</script>', "", head)


class SummariseReports(NbGraderPreprocessor):
    """Makes what the feedback page says about each exercise, and the summary above the notebook.

    Both go into the resources, where no submission can put anything.
    """

    lesson = CallableTrait(
        lambda assignment, grade_id: "",
        help="called with the names of assignment and graded cell of each exercise that lost "
        "points; returns the address of the lesson's section that treats it, or an empty text",
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple:
        """Put `exam` into the resources, and take away what the page shows in another way.

        Args:
            nb: the notebook, after nbgrader's GetGrades.
            resources: nbgrader's names, points and settings of this conversion.

        Returns:
            Both.
        """
        about = resources["nbgrader"]
        found = exercises(nb, lambda grade_id: self._address(about["assignment"], grade_id))
        title = notebook_title(nb) or about["notebook"]
        most, score = float(about["max_score"]), float(about["score"])
        resources["exam"] = {
            "title": title,
            "exercises": {exercise.grade_id: exercise_html(exercise) for exercise in found},
            "summary": summary_html(
                title=title,
                score=score,
                most=most,
                share=min(max(100 * score / most, 0), 100) if most > 0 else 100,
                late=float(about["late_penalty"]),
                exercises=found,
                reasons=any(exercise.lost or exercise.error for exercise in found),
                complete=sum(exercise.complete for exercise in found),
                unreadable=str(nb.metadata.get(UNREADABLE, "")),
                unprotected=nb.metadata.get("exam_hall", {}).get("protected") is False,
                remarks=remarks(nb),
            ),
        }
        nb.cells = [cell for cell in nb.cells if not _is_said_above(nb, cell)]
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = [o for o in cell.outputs if MIME not in o.get("data", {})]
        return nb, resources

    def _address(self, assignment: str, grade_id: str) -> str:
        address = self.lesson(assignment, grade_id)
        return address if re.match(r"https?://", address) else ""


def _is_said_above(nb: NotebookNode, cell: NotebookNode) -> bool:
    """Tell whether a cell is the note that the submission could not be read."""
    return bool(nb.metadata.get(UNREADABLE)) and cell.get("id") == NOTE
