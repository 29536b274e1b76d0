"""Where a drawing is made: boxes, lines, arrows, circles, matrices, images and labels as SVG text.

Everything is measured in pixels from the upper left corner; y grows downwards. Lines and letters
take the colour of the page unless they are told another. Fills are translucent, so that they suit
white and black paper. Arrowheads are triangles and not SVG markers: a marker is found by a name,
and names of two drawings on one page would clash.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from aeutils.drawings.drawing import Drawing
from aeutils.plots.style import COLOURS

BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = COLOURS[:6]
INK = "currentColor"
FAINT = 0.4  # opacity of what stands behind the rest
WIDTH = 720  # pixels: the text column of a lesson
SMALL = 14  # pixels: the smallest letters

Point = tuple[float, float]


def number(value: float) -> str:
    """Return a coordinate as short text, exact to a tenth of a pixel.

    Args:
        value: pixels.

    >>> number(3.14159), number(20.0), number(-0.01)
    ('3.1', '20', '0')
    """
    return f"{round(value, 1) + 0.0:g}" if abs(value) < 1e5 else f"{value:.0f}"


def places(points: Sequence[Point]) -> str:
    """Return points as SVG writes them: ``0,0 10,5``.

    Args:
        points: (x, y) of each.
    """
    return " ".join(f"{number(x)},{number(y)}" for x, y in points)


class Canvas:
    """A sheet to draw on; `drawing` returns what has been drawn.

    Args:
        height: pixels.
        width: pixels.

    >>> canvas = Canvas(height=60)
    >>> canvas.box(10, 10, 120, 40, "encoder")
    >>> canvas.arrow((130, 30), (200, 30))
    >>> drawing = canvas.drawing("A box that says encoder, and an arrow out of it to the right.")
    """

    def __init__(self, height: int, width: int = WIDTH) -> None:
        self.width, self.height = width, height
        self._shapes: list[str] = []

    def drawing(self, alt: str) -> Drawing:
        """Return the finished drawing; `alt` says in words what it shows."""
        return Drawing("".join(self._shapes), self.width, self.height, " ".join(alt.split()))

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        text: str = "",
        colour: str = INK,
        *,
        fill: float = 0.18,
        corner: float = 6,
        line: float = 2,
        dashed: bool = False,
        size: int = 16,
    ) -> None:
        """Draw a rectangle with text in its middle.

        Args:
            x: its left edge.
            y: its upper edge.
            width: from left to right.
            height: from top to bottom.
            text: what stands in it; a line break starts a new line.
            colour: of line and fill.
            fill: opacity of the fill.
            corner: radius of the corners.
            line: width of the line; 0 draws none.
            dashed: whether the line is dashed.
            size: height of the letters.
        """
        self._shapes.append(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" '
            f'height="{number(height)}" rx="{number(corner)}" '
            f"{self._paint(colour, fill, line, dashed)}/>"
        )
        if text:
            lines = text.split("\n")
            first = y + height / 2 + size * 0.35 - (len(lines) - 1) * size * 0.62
            for i, words in enumerate(lines):
                self.label(x + width / 2, first + i * size * 1.25, words, size=size)

    def circle(
        self,
        centre: Point,
        radius: float,
        colour: str = INK,
        *,
        fill: float = 0.25,
        line: float = 2,
        dashed: bool = False,
    ) -> None:
        """Draw a circle.

        Args:
            centre: (x, y).
            radius: pixels.
            colour: of line and fill.
            fill: opacity of the fill.
            line: width of the line; 0 draws none.
            dashed: whether the line is dashed.
        """
        self.ellipse(centre, radius, radius, colour=colour, fill=fill, line=line, dashed=dashed)

    def ellipse(
        self,
        centre: Point,
        across: float,
        down: float,
        angle: float = 0,
        colour: str = INK,
        *,
        fill: float = 0.25,
        line: float = 2,
        dashed: bool = False,
    ) -> None:
        """Draw an ellipse.

        Args:
            centre: (x, y).
            across: its half axis from left to right, before it is turned.
            down: its half axis from top to bottom.
            angle: degrees clockwise.
            colour: of line and fill.
            fill: opacity of the fill.
            line: width of the line; 0 draws none.
            dashed: whether the line is dashed.
        """
        x, y = number(centre[0]), number(centre[1])
        turned = f' transform="rotate({number(angle)} {x} {y})"' if angle else ""
        self._shapes.append(
            f'<ellipse cx="{x}" cy="{y}" rx="{number(across)}" ry="{number(down)}"{turned} '
            f"{self._paint(colour, fill, line, dashed)}/>"
        )

    def line(
        self,
        *points: Point,
        colour: str = INK,
        line: float = 2,
        dashed: bool = False,
        opacity: float = 1,
    ) -> None:
        """Draw a line through points.

        Args:
            points: (x, y) of each.
            colour: of the line.
            line: its width.
            dashed: whether it is dashed.
            opacity: between 0 and 1.
        """
        faint = f' opacity="{opacity:g}"' if opacity < 1 else ""
        self._shapes.append(
            f'<polyline points="{places(points)}" stroke-linejoin="round" '
            f"{self._paint(colour, 0, line, dashed)}{faint}/>"
        )

    def area(self, *points: Point, colour: str = INK, fill: float = 0.25, line: float = 0) -> None:
        """Fill the polygon with the given corners.

        Args:
            points: (x, y) of each corner.
            colour: of fill and line.
            fill: opacity of the fill.
            line: width of the line; 0 draws none.
        """
        self._shapes.append(
            f'<polygon points="{places(points)}" {self._paint(colour, fill, line, False)}/>'
        )

    def arrow(
        self,
        *points: Point,
        colour: str = INK,
        line: float = 2,
        dashed: bool = False,
        head: float = 10,
    ) -> None:
        """Draw a line through points that ends in an arrowhead.

        Args:
            points: (x, y) of each, the tip last.
            colour: of line and head.
            line: width of the line.
            dashed: whether the line is dashed.
            head: length of the arrowhead.
        """
        (x0, y0), (x1, y1) = points[-2:]
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        back = (x1 - head * ux, y1 - head * uy)
        neck = (x1 - 0.8 * head * ux, y1 - 0.8 * head * uy)
        side = 0.45 * head
        self.line(*points[:-1], neck, colour=colour, line=line, dashed=dashed)
        left = (back[0] - side * uy, back[1] + side * ux)
        right = (back[0] + side * uy, back[1] - side * ux)
        self.area((x1, y1), left, right, colour=colour, fill=1)

    def bend(
        self,
        start: Point,
        control: Point,
        end: Point,
        colour: str = INK,
        *,
        line: float = 2,
        dashed: bool = False,
        head: float = 10,
    ) -> None:
        """Draw a curved arrow, a quadratic Bézier curve as 25 short lines.

        Args:
            start: where it begins.
            control: where it leaves to, and arrives from.
            end: the tip.
            colour: of line and head.
            line: width of the line.
            dashed: whether the line is dashed.
            head: length of the arrowhead.
        """
        points = []
        for i in range(25):
            t = i / 24
            a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
            points.append(
                (
                    a * start[0] + b * control[0] + c * end[0],
                    a * start[1] + b * control[1] + c * end[1],
                )
            )
        kept = [p for p in points if math.dist(p, end) > head] or points[:1]
        self.arrow(*kept, end, colour=colour, line=line, dashed=dashed, head=head)

    def label(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: int = 16,
        anchor: str = "middle",
        bold: bool = False,
        italic: bool = False,
        mono: bool = False,
    ) -> None:
        """Write one line of text in the colour of the page.

        Args:
            x: its middle, or what `anchor` says.
            y: the line on which the letters stand.
            text: one line.
            size: height of the letters, at least 14.
            anchor: ``"start"``, ``"middle"`` or ``"end"``.
            bold: whether the letters are bold.
            italic: whether they are slanted, as variables are.
            mono: whether all letters are equally wide, as code is.

        Raises:
            ValueError: the letters would be smaller than 14 pixels.
        """
        if size < SMALL:
            raise ValueError(f"letters of a drawing are at least {SMALL} pixels high, got {size}")
        style = f' font-size="{size}"' if size != 16 else ""
        style += f' text-anchor="{anchor}"' if anchor != "start" else ""
        style += ' font-weight="700"' if bold else ""
        style += ' font-style="italic"' if italic else ""
        style += ' font-family="monospace"' if mono else ""
        self._shapes.append(
            f'<text x="{number(x)}" y="{number(y)}"{style} fill="{INK}">'
            f"{html.escape(text, quote=False)}</text>"
        )

    def image(
        self,
        x: float,
        y: float,
        width: float,
        address: str,
        frame: str = INK,
        height: float | None = None,
    ) -> None:
        """Place an image of a few pixels, which stay sharp squares.

        Args:
            x: its left edge.
            y: its upper edge.
            width: pixels of the screen.
            address: a data address, as `aeutils.drawings.digits.address` returns it.
            frame: colour of the line around it.
            height: pixels of the screen, where it differs from the width.
        """
        tall = width if height is None else height
        place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(tall)}"'
        self._shapes.append(
            f'<image {place} href="{address}" style="image-rendering:pixelated"/>'
            f'<rect {place} stroke="{frame}" stroke-width="1.5"/>'
        )

    def matrix(
        self,
        x: float,
        y: float,
        values: Sequence[Sequence[float]],
        cell: float = 16,
        colour: str = BLUE,
        down: float | None = None,
    ) -> None:
        """Draw a matrix as a grid of cells, the fuller the larger the number.

        Args:
            x: its left edge.
            y: its upper edge.
            values: rows of numbers between 0 and 1, the opacity of each cell.
            cell: width of a cell.
            colour: of the cells.
            down: height of a cell, where it differs from its width.
        """
        tall = cell if down is None else down
        self._shapes.append(
            f'<g fill="{colour}" stroke="{INK}" stroke-width="0.7" stroke-opacity="0.45">'
        )
        for i, row in enumerate(values):
            for j, value in enumerate(row):
                self._shapes.append(
                    f'<rect x="{number(x + j * cell)}" y="{number(y + i * tall)}" '
                    f'width="{number(cell)}" height="{number(tall)}" fill-opacity="{value:.2f}"/>'
                )
        self._shapes.append("</g>")

    def _paint(self, colour: str, fill: float, line: float, dashed: bool) -> str:
        """Return the attributes of a shape's fill and line."""
        painted = f'fill="{colour}" fill-opacity="{fill:g}"' if fill else 'fill="none"'
        painted += f' stroke="{colour}" stroke-width="{line:g}"' if line else ""
        return painted + (' stroke-dasharray="6 5"' if dashed else "")
