"""What Sphinx learns for this book: claims, and what stands on slides.

Markdown on the site and in the slides may say

    {claim}`2.96 <hinton-sse/value>`        a number, and the name under which it was recorded
    ![alt](images/drawing-hourglass.svg)    a drawing; a paragraph in italics below is its caption

What only slides say is in `course.book.slide_directives`.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from course.book import numbers, slide_directives
from course.book.figures import Figures


class ClaimRole(SphinxRole):
    """A number of `course.book.numbers`, as the page writes it; a test keeps it true."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number as text; a number without a name is an error."""
        place = next(numbers.places(f"{{claim}}`{self.text}`"), None)
        if place is None:
            message = f"{{claim}}`{self.text}` must read {{claim}}`49.3 <name>`"
            return [], [self.inliner.reporter.error(message, line=self.lineno)]
        return [nodes.inline("", place.written, classes=["claim"])], []


def plain_bars(app, what, name, obj, options, lines) -> None:
    """Docstrings write |w| for an absolute value, which is no substitution."""
    for i, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            parts = line.split("`")
            parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
            lines[i] = "`".join(parts)


def setup(app: Sphinx) -> dict:
    """Register the above."""
    app.connect("autodoc-process-docstring", plain_bars)
    app.add_transform(Figures)
    app.add_role("claim", ClaimRole())
    slide_directives.register(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
