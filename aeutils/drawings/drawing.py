"""A drawing: SVG text, and the words that say what it shows."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path

# In a page a drawing takes the colour of the text around it. A file has no text around it, so it
# brings paper and ink of its own, which follow the reader's setting for light or dark.
PAPER = (
    "<style>svg{color:#1f2328;background:#fff;font-family:system-ui,sans-serif}"
    "@media (prefers-color-scheme:dark){svg{color:#e6edf3;background:#0d1117}}</style>"
)


@dataclass(frozen=True)
class Drawing:
    """A diagram as scalable vector graphics, with its description in words.

    A notebook shows it where it is the last value of a cell. Lines and letters take the colour of
    the page, so it is legible in a light and in a dark theme.

    Attributes:
        shapes: the elements of the drawing, SVG text.
        width: natural width in pixels of the screen; it shrinks in a narrower column.
        height: natural height in pixels of the screen.
        alt: what the drawing shows, whole sentences for those who cannot see it.

    Raises:
        ValueError: the description is shorter than 40 characters.
    """

    shapes: str
    width: int
    height: int
    alt: str

    def __post_init__(self) -> None:
        if len(self.alt) < 40:
            raise ValueError(
                f"a drawing's alt text must say what it shows, in at least 40 characters; "
                f"got {self.alt!r}"
            )

    @property
    def svg(self) -> str:
        """The drawing as one `<svg>` element, to stand inside a page."""
        return self._element("")

    def save(self, path: str | Path) -> Path:
        """Write the drawing as a file of its own, and return the path.

        Args:
            path: where to; the name ends in ``.svg``.

        Returns:
            The path that was written.

        Raises:
            ValueError: the name ends otherwise.
        """
        path = Path(path)
        if path.suffix != ".svg":
            raise ValueError(f"a drawing is saved as .svg, got {path.name!r}; name it *.svg")
        path.write_text(self._element(PAPER) + "\n", encoding="utf-8", newline="\n")
        return path

    def _element(self, style: str) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" role="img" '
            f'aria-label="{html.escape(self.alt)}" fill="none" stroke-linecap="round" '
            f'font-size="16" '
            f'style="max-width:100%;height:auto">{style}{self.shapes}</svg>'
        )

    def _repr_html_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"Drawing: {self.alt}"
