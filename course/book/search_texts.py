"""What search shows below a hit, when the site is opened as files.

Sphinx fetches each page that it found, to show the sentence; a browser refuses to fetch files. So
the texts of all pages are written as a script too. Only the search page loads it, and only then.
"""

from __future__ import annotations

import html
import json
from html.parser import HTMLParser
from pathlib import Path

FILE = Path("_static") / "search-texts.js"
UNREAD = {"script", "style", "svg"}


class _Article(HTMLParser):
    """Collects the text inside a page's <article>."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.inside = 0
        self.unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside += tag == "article"
        self.unread += tag in UNREAD

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag == "article"
        self.unread -= tag in UNREAD

    def handle_data(self, data: str) -> None:
        if self.inside and not self.unread and data != "#":  # the mark beside a heading
            self.parts.append(data)


def text_of(page: str) -> str:
    """Return the text of a page's article, as HTML without tags.

    >>> text_of("<nav>no</nav><article><h1>A &lt; B</h1>\\n<script>x</script> yes</article>")
    'A &lt; B yes'
    """
    article = _Article()
    article.feed(page)
    return html.escape(" ".join("".join(article.parts).split()), quote=False)


def write(site: Path) -> Path:
    """Write the texts of a built site's pages beside its scripts; return the file."""
    found = {
        path.relative_to(site).as_posix(): text_of(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.parts and path.name not in {"search.html", "genindex.html"}
    }
    texts = {name: text for name, text in found.items() if text}
    script = f"window.SEARCH_TEXTS = {json.dumps(texts, ensure_ascii=False)};\n"
    (site / FILE).write_text(script, encoding="utf-8", newline="\n")
    return site / FILE
