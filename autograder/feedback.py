"""The top of a feedback page: every exercise with its points and the first thing to look at."""

from __future__ import annotations

import html

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.report import reports

# nbgrader's feedback template leaves tables without any spacing.
STYLE = (
    "#notebook table {margin: 0.6em 0 1.2em; border-collapse: collapse} "
    "#notebook td, #notebook th {padding: 0.3em 0.9em; border-bottom: 1px solid #ddd; "
    "vertical-align: top}"
)


UNPROTECTED = (
    '<p style="border:2px solid #a33b00;padding:0.5em 0.9em"><b>Graded without a sandbox.</b> '
    "Other submissions ran with the grader's rights on the same machine; these points are only as "
    "trustworthy as everybody's code.</p>"
)


class SummariseReports(NbGraderPreprocessor):
    """Puts a table of all exercises above the notebook, each linked to its report.

    A notebook graded without a sandbox says so first.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple:
        """Insert the table as the first cell; notebooks without reports stay as they are."""
        found = reports(nb)
        if found:
            rows = "".join(
                f'<tr><td style="text-align:left"><a href="#{html.escape(grade_id)}">'
                f"{html.escape(report.exercise)}</a></td>"
                f'<td style="white-space:nowrap">{report.earned:g} of {report.points:g}</td>'
                f'<td style="text-align:left">{_first(report.first_message)}</td></tr>'
                for grade_id, report in found.items()
            )
            table = (
                f"<style>{STYLE}</style>"
                '<table><caption style="color:inherit">Your points, and where to look first'
                '</caption><thead><tr><th scope="col" style="text-align:left">exercise</th>'
                '<th scope="col">points</th><th scope="col" style="text-align:left">first '
                f"remark</th></tr></thead><tbody>{rows}</tbody></table>"
            )
            nb.cells.insert(0, new_markdown_cell(table))
        if nb.metadata.get("exam_hall", {}).get("protected") is False:
            nb.cells.insert(0, new_markdown_cell(UNPROTECTED))
        return nb, resources


def _first(message: str) -> str:
    return html.escape(message).replace("\n", "<br>") if message else "all points earned"
