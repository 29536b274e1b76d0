"""What a slide may hold besides text: predictions, figures, steps, demonstrations, notes.

```{question} w1-sse-32                 the prediction of that key, with a count-down
```
```{picture} week01_pca
PCA error against code size             how the description of the figure begins
```
:::{step}
What appears at the next key press.
:::
::::{beside}
A picture first: it stands on the left, and what follows on the right.
::::
:::{live} widgets.bottleneck_slider
What to run in the open notebook; the picture after it is for when that fails.
:::
:::{notes}
What the lecturer says.
:::
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from course.book import notebooks

SECONDS = 60  # that a class has for a prediction, unless the slide says otherwise
# Pixels of a slide of 1280 × 720 that a picture may fill, and how much it may be blown up for it.
WIDEST, HIGHEST, LARGER = 1210, 480, 1.5


class Question(Directive):
    """A prediction that a notebook asks for; `:seconds:` is how long the class has."""

    required_arguments = 1
    option_spec: ClassVar = {"seconds": directives.positive_int}

    def run(self) -> list[nodes.Node]:
        """Return the question, its range and a count-down; the answer is for the next slide."""
        key = self.arguments[0]
        found = [q for name in notebooks.names() for q in notebooks.questions(name) if q.key == key]
        if not found:
            raise self.error(f"no notebook asks the prediction {key!r}")
        question = found[0]
        unit = f" {question.unit}" if question.unit else ""
        seconds = self.options.get("seconds", SECONDS)
        box = nodes.container(classes=["question"])
        box += nodes.paragraph("", "", nodes.strong("", "Commit a number."))
        box += nodes.paragraph("", question.text.replace("*", ""))
        box += nodes.paragraph(
            "", f"Between {question.low:g} and {question.high:g}{unit}.", classes=["range"]
        )
        clock = (
            f'<button class="countdown" type="button" data-seconds="{seconds}" '
            f'aria-label="Count-down of {seconds} seconds: start or stop">{seconds}</button>'
        )
        box += nodes.raw("", clock, format="html")
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
        return [
            nodes.image(uri=f"/pictures/{name}", alt=figure.alt, width=f"{_width(figure.png)}px")
        ]


def _width(png: bytes) -> int:
    """Return how wide a picture is shown: as large as a slide allows, so that all can read it."""
    width, height = struct.unpack(">II", png[16:24])  # a PNG file says so at the beginning
    return round(min(WIDEST, HIGHEST * width / height, LARGER * width))


class _Box(SphinxDirective):
    """Content in a box of its own class."""

    has_content = True
    classes: ClassVar[list[str]] = []

    def run(self) -> list[nodes.Node]:
        """Return the box."""
        box = nodes.container(classes=self.classes)
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]


class Step(_Box):
    """What appears at the next key press; reveal.js calls it a fragment."""

    classes: ClassVar = ["fragment"]


class Beside(_Box):
    """A picture on the left, and what explains it on the right."""

    classes: ClassVar = ["beside"]


class Live(_Box):
    """A demonstration: the cell or widget to run, named in the argument."""

    required_arguments = 1
    final_argument_whitespace = True
    classes: ClassVar = ["live"]

    def run(self) -> list[nodes.Node]:
        """Return the box, headed by what to run."""
        (box,) = super().run()
        title = nodes.paragraph("", "", nodes.strong("", "Live: "), classes=["live-title"])
        title += nodes.literal("", self.arguments[0])
        box.insert(0, title)
        return [box]


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


def _open(self, node: aside) -> None:
    self.body.append('<aside class="notes">')


def _close(self, node: aside) -> None:
    self.body.append("</aside>")


def register(app: Sphinx) -> None:
    """Teach Sphinx the above."""
    for name, directive in {
        "question": Question,
        "picture": Picture,
        "step": Step,
        "beside": Beside,
        "live": Live,
        "notes": Notes,
    }.items():
        app.add_directive(name, directive)
    app.add_node(aside, html=(_open, _close), revealjs=(_open, _close))
