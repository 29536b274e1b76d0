"""reveal.js as texts that go into a page, so that the page needs no other file."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

# Where the package and the course's built slides keep it.
INSIDE = Path("_static") / "revealjs"
STYLE = Path(__file__).resolve().parents[2] / "course" / "static" / "slides.css"
FONT = Path("dist") / "theme" / "fonts" / "source-sans-pro"
WEIGHTS = {"regular": "400", "semibold": "600"}  # the two that slides use


@dataclass(frozen=True)
class Reveal:
    """What a deck is shown with.

    Attributes:
        styles: CSS of reveal.js, its white theme and the course's slides; no address in it.
        script: reveal.js.
        notes: its plugin for speaker's notes.
    """

    styles: str
    script: str
    notes: str


def read_reveal(root: Path) -> Reveal:
    """Return reveal.js, from the installed package or from slides that were built already.

    Args:
        root: the course's top folder.

    Raises:
        ValueError: it is nowhere.
    """
    spec = find_spec("sphinx_revealjs")
    places = [Path(spec.origin).parent / INSIDE] if spec and spec.origin else []
    places.append(root / "dist" / "slides" / INSIDE)
    place = next((p for p in places if (p / "dist" / "reveal.js").is_file()), None)
    if place is None:
        raise ValueError(
            "Slides are shown with reveal.js, which is not installed here. Install it: "
            'pip install "sphinx-revealjs>=3.2" (the extra `site` of this course has it).'
        )

    def text(name: str) -> str:
        return (place / name).read_text(encoding="utf-8")

    theme = re.sub(r"@import [^;]*;", "", text("dist/theme/white.css"))
    parts = [text("dist/reset.css"), text("dist/reveal.css"), _fonts(place / FONT), theme]
    parts.append(STYLE.read_text(encoding="utf-8"))
    return Reveal("\n".join(parts), text("dist/reveal.js"), text("plugin/notes/notes.js"))


def _fonts(folder: Path) -> str:
    rules = []
    for name, weight in WEIGHTS.items():
        data = base64.b64encode((folder / f"source-sans-pro-{name}.woff").read_bytes()).decode()
        rules.append(
            f"@font-face {{ font-family: 'Source Sans Pro'; font-weight: {weight}; "
            f"src: url(data:font/woff;base64,{data}) format('woff'); }}"
        )
    return "\n".join(rules)
