"""What is checked on the finished pages: every internal link, and accessibility with axe-core."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

from course.book.browser import ask


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.anchors.add(str(given["id"]))
        for key in ("href", "src"):
            if given.get(key):
                self.links.append(str(given[key]))


def read_page(path: Path) -> _Page:
    """Return the links and the anchors of an HTML file."""
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def broken_links(site: Path) -> list[str]:
    """Return every link of the site that leads nowhere, or to a file outside it.

    Links to other sites are not followed; a page must not *load* anything from there, though.
    """
    files = [p for p in sorted(site.rglob("*.html")) if "_static" not in p.parts]  # templates
    pages = {p.resolve(): read_page(p) for p in files}
    problems = []
    for path, page in pages.items():
        where = path.relative_to(site.resolve())
        for link in page.links:
            address, anchor = urldefrag(link)
            parts = urlparse(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target = target / "index.html"
            if not target.exists() or site.resolve() not in [target, *target.parents]:
                problems.append(f"{where}: {link} leads nowhere")
            elif anchor and target in pages and unquote(anchor) not in pages[target].anchors:
                problems.append(f"{where}: {link} has no such place")
    return problems


def foreign_resources(site: Path) -> list[str]:
    """Return scripts, styles, images and frames that a page would load from elsewhere."""
    pattern = re.compile(
        r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"'](?:https?:)?//[^\"']+"
        r"|<link\b(?=[^>]*\brel=[\"'](?:stylesheet|preload|icon|preconnect))"
        r"[^>]*\bhref=[\"'](?:https?:)?//[^\"']+",
        re.IGNORECASE,
    )
    return [
        f"{path.relative_to(site)}: {found[0][:160]}"
        for path in sorted(site.rglob("*.html"))
        for found in pattern.finditer(path.read_text(encoding="utf-8"))
    ]


def find_axe() -> Path | None:
    """Return axe-core's script: AXE_CORE if set, else the one in the package axe-core-python."""
    if os.environ.get("AXE_CORE"):
        return Path(os.environ["AXE_CORE"])
    from importlib.util import find_spec

    spec = find_spec("axe_core_python")
    script = Path(spec.origin).parent / "axe.min.js" if spec and spec.origin else None
    return script if script and script.exists() else None


AXE = """
document.querySelectorAll("details").forEach((d) => { d.open = true; });
await new Promise((done) => setTimeout(done, 700));
const found = await axe.run(document, {resultTypes: ["violations"]});
return found.violations.map((v) => [v.id, v.impact, v.help, v.nodes.length,
  v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160))]);
"""


def axe(site: Path, page: str, theme: str = "light", width: int = 1366) -> list[str]:
    """Return axe-core's complaints about one page of the site, one line for each rule."""
    script = find_axe()
    if script is None:
        raise FileNotFoundError("needs axe-core (pip install axe-core-python)")
    first = (
        f'<script>localStorage.mode = localStorage.theme = "{theme}"</script>'
        f"<script>{script.read_text(encoding='utf-8')}</script>"
    )
    return [
        f"{page} ({theme}): {rule} ({impact}): {text}, {count} places, e.g. {examples[0]}"
        for rule, impact, text, count, examples in ask(
            site / page, AXE, first=first, size=(width, 900)
        )
    ]


def a_page_of_each_kind(site: Path) -> list[str]:
    """Return one page of each kind there is: front, lesson, notebook, reference, lists."""
    wanted = ["index.html", "lessons.html", "README.html", "glossary.html", "mistakes.html"]
    for pattern in (
        "week*.html",
        "elective_*.html",
        "notebooks/[ew]*.html",
        "reference/[a-z]*.html",
    ):
        wanted += [p.relative_to(site).as_posix() for p in sorted(site.glob(pattern))[:1]]
    return [page for page in wanted if (site / page).exists()]
