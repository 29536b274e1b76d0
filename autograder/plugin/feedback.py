"""The top of a feedback page: every exercise with its points and the first thing to look at."""

from __future__ import annotations

import html
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.plugin.intake import NOTE, UNREADABLE
from autograder.plugin.remarks import remarks
from autograder.plugin.reports import reports

# nbgrader's template leaves tables without spacing, and is not made for narrow screens.
HEAD = """
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
/* Text contrast of at least 4.5, and links that are told by more than their colour. */
a {color: #1a5490 !important; text-decoration: underline !important}
.panel-primary > .panel-heading, .panel-primary > .panel-heading * {color: white !important}
.panel-primary > .panel-heading {background-color: #1a5490 !important}
.panel-primary > .panel-heading code {background: none !important}
.anchor-link {display: none !important}
.highlight .c1, .highlight .cm, .highlight .ch {color: #2d6363 !important}
.highlight .ow {color: #8a00d4 !important}
.highlight .nd {color: #8a00d4 !important}
.highlight .si {color: #8a3e5c !important}
.highlight .se {color: #8a4810 !important}
#notebook table {margin: 0.6em 0 1.2em; border-collapse: collapse}
#notebook td, #notebook th {padding: 0.3em 0.9em; border-bottom: 1px solid #ddd;
  vertical-align: top; text-align: left}
@media (max-width: 700px) {
  body > div, #notebook, #notebook-container, .panel-body {padding: 0 0.4em !important;
    margin: 0 !important; width: auto !important; min-width: 0 !important}
  .prompt {display: none !important}
  .output_area, .output_subarea, .inner_cell, .rendered_html {max-width: 100% !important;
    overflow-x: auto}
  #notebook td, #notebook th {padding: 0.3em 0.4em; overflow-wrap: anywhere}
  .exam-table thead {display: none}
  .exam-table tr {display: flex; flex-wrap: wrap; border-bottom: 1px solid #ddd}
  #notebook .exam-table td {border: none !important; overflow-wrap: break-word}
  .exam-table td:last-child {flex-basis: 100%}
  h1 {font-size: 1.5em !important} h2 {font-size: 1.3em !important}
  img {max-width: 100%; height: auto}
  pre {font-size: 12px; white-space: pre; overflow-x: auto}
}
</style>
"""


class FeedbackExporter(HTMLExporter):
    """nbconvert's HTML exporter, with a page that is readable on a phone."""

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Convert a graded notebook into a page.

        Args:
            nb: the notebook.
            resources: nbgrader's names and settings of this conversion.
            kw: as for nbconvert's exporter.

        Returns:
            The page and the resources.
        """
        page, resources = super().from_notebook_node(nb, resources, **kw)
        page = page.replace("<html>", '<html lang="en">', 1)
        return page.replace("<head>", "<head>" + HEAD, 1), resources


UNPROTECTED = (
    "<b>Graded without a sandbox.</b> Other submissions ran with the grader's rights on the same "
    "machine; these points are only as trustworthy as everybody's code."
)
ASSUMED = (
    "<b>What the grader assumed</b> about this submission, so that it could be graded. If one of "
    "these is not what you meant, mend it and hand in again, or tell your instructor.<ul>{}</ul>"
)
UNREAD = (
    "<b>This submission could not be read.</b> {} What follows are the tests of the empty "
    "notebook, which earn nothing."
)
BLUE, RED = "#1a5490", "#a33b00"


class SummariseReports(NbGraderPreprocessor):
    """Puts a table of all exercises above the notebook, each linked to its report.

    A notebook graded without a sandbox says so first.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple:
        """Insert the table as the first cell; notebooks without reports stay as they are.

        Args:
            nb: the notebook.
            resources: nbgrader's names and settings of this conversion.

        Returns:
            Both.
        """
        found = reports(nb)
        unreadable = nb.metadata.get(UNREADABLE, "")
        if unreadable:
            nb.cells = [
                c for c in nb.cells if c.get("id") != NOTE
            ]  # it says the same, further down
            nb.cells.insert(0, _box(RED, UNREAD.format(html.escape(str(unreadable)))))
        elif found:
            rows = "".join(
                f'<tr><td style="text-align:left"><a href="#{html.escape(grade_id)}">'
                f"{html.escape(report.exercise)}</a></td>"
                f'<td style="white-space:nowrap">{report.earned:g} of {report.points:g}</td>'
                f'<td style="text-align:left">{_first(report.first_message)}</td></tr>'
                for grade_id, report in found.items()
            )
            table = (
                '<table class="exam-table"><caption style="color:inherit">Your points, and where '
                "to look first</caption><thead><tr>"
                '<th scope="col" style="text-align:left">exercise</th>'
                '<th scope="col">points</th><th scope="col" style="text-align:left">first '
                f"remark</th></tr></thead><tbody>{rows}</tbody></table>"
            )
            nb.cells.insert(0, new_markdown_cell(table))
        said = "".join(f"<li>{html.escape(text)}</li>" for text in remarks(nb))
        if said:
            nb.cells.insert(0, _box(BLUE, ASSUMED.format(said)))
        if nb.metadata.get("exam_hall", {}).get("protected") is False:
            nb.cells.insert(0, _box(RED, UNPROTECTED))
        return nb, resources


def _box(colour: str, text: str) -> NotebookNode:
    return new_markdown_cell(
        f'<div style="border:2px solid {colour};padding:0.5em 0.9em">{text}</div>'
    )


def _first(message: str) -> str:
    return html.escape(message).replace("\n", "<br>") if message else "all points earned"
