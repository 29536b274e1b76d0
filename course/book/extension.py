"""What Sphinx learns for this book: claims, predictions, figures of notebooks, speaker's notes.

Markdown on the site and in the slides may say

    {claim}`2.96 <hinton-sse/value>`        a number, and the name under which it was recorded
    ![alt](images/drawing-hourglass.svg)    a drawing; a paragraph in italics below is its caption

and the slides, besides,

    ```{question} w1-sse-32                 the prediction of that key, as the notebook asks it
    ```
    ```{picture} week01_pca
    PCA error against code size             how the description of the figure begins
    ```
    :::{notes}
    What the lecturer says.
    :::
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from course.book import notebooks, numbers
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


class Question(Directive):
    """A prediction that a notebook asks for."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the question and its range; the answer is for the next slide."""
        key = self.arguments[0]
        found = [q for name in notebooks.names() for q in notebooks.questions(name) if q.key == key]
        if not found:
            raise self.error(f"no notebook asks the prediction {key!r}")
        question = found[0]
        unit = f" {question.unit}" if question.unit else ""
        box = nodes.container(classes=["question"])
        box += nodes.paragraph("", "", nodes.strong("", "Commit a number."))
        box += nodes.paragraph("", question.text.replace("*", ""))
        box += nodes.paragraph(
            "", f"Between {question.low:g} and {question.high:g}{unit}.", classes=["range"]
        )
        return [box]


class Picture(SphinxDirective):
    """A figure of an executed notebook, with its description as alt text."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Write the picture beside the sources and return the image."""
        figure = notebooks.find_figure(self.arguments[0], " ".join(self.content))
        name = f"picture-{hashlib.sha256(figure.png).hexdigest()[:12]}.png"
        place = Path(self.env.srcdir) / "pictures"
        place.mkdir(exist_ok=True)
        (place / name).write_bytes(figure.png)
        return [nodes.image(uri=f"/pictures/{name}", alt=figure.alt)]


class aside(nodes.General, nodes.Element):
    """The node of the speaker's notes."""


class Notes(SphinxDirective):
    """Notes that only the lecturer sees."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the notes; HTML has an element for them that reveal.js knows."""
        node = aside()
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def plain_bars(app, what, name, obj, options, lines) -> None:
    """Docstrings write |w| for an absolute value, which is no substitution."""
    for i, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            parts = line.split("`")
            parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
            lines[i] = "`".join(parts)


def _open(self, node: aside) -> None:
    self.body.append('<aside class="notes">')


def _close(self, node: aside) -> None:
    self.body.append("</aside>")


def setup(app: Sphinx) -> dict:
    """Register the above."""
    app.connect("autodoc-process-docstring", plain_bars)
    app.add_transform(Figures)
    app.add_role("claim", ClaimRole())
    app.add_directive("question", Question)
    app.add_directive("picture", Picture)
    app.add_directive("notes", Notes)
    app.add_node(aside, html=(_open, _close), revealjs=(_open, _close))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
