"""Images with a visible caption, and drawings that stand in the page itself.

A page writes

    ![What the image shows, for those who cannot see it.](images/drawing-hourglass.svg)

    *The caption, for everybody.*

which reads well on GitHub. On the site and in the slides the paragraph in italics becomes the
image's caption, and the file of a drawing becomes the drawing itself.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from course.book import drawings, pictures

logger = logging.getLogger(__name__)


class Figures(SphinxTransform):
    """Make a figure of every image that stands alone and has a caption or is a drawing."""

    default_priority = 400  # before Sphinx collects the files of the images

    def apply(self, **kwargs) -> None:
        """Change the document in place; an unknown drawing is a warning, hence an error."""
        for image in list(self.document.findall(nodes.image)):
            if not alone(image):
                continue
            paragraph = image.parent
            try:
                drawing = drawings.find(image["uri"])
            except KeyError as error:
                logger.warning(error.args[0], location=paragraph)
                continue
            caption = caption_below(paragraph)
            if drawing is None and caption is None:
                continue
            kind = "drawing" if drawing else "chart" if is_chart(image) else None
            figure = nodes.figure(classes=[kind] if kind else [])
            figure += nodes.raw("", drawing.svg, format="html") if drawing else image.deepcopy()
            if caption is not None:
                below = paragraph.next_node(descend=False, siblings=True)
                below.parent.remove(below)
                figure += nodes.caption("", "", *caption)
            self.document.set_id(figure, suggested_prefix=f"{PurePosixPath(image['uri']).stem}-")
            paragraph.replace_self(figure)


def is_chart(image: nodes.image) -> bool:
    """Say whether an image is one of `pictures.CHARTS`."""
    return PurePosixPath(image["uri"]).name in pictures.CHARTS


def alone(image: nodes.image) -> bool:
    """Say whether a paragraph holds the image and nothing else."""
    return isinstance(image.parent, nodes.paragraph) and len(image.parent) == 1


def caption_below(paragraph: nodes.paragraph) -> list[nodes.Node] | None:
    """Return what the next paragraph says, if it is all in italics; None otherwise."""
    below = paragraph.next_node(descend=False, siblings=True)
    if not isinstance(below, nodes.paragraph) or len(below) != 1:
        return None
    return below[0].children if isinstance(below[0], nodes.emphasis) else None
