"""What a student's notebook may show on a page that an instructor opens.

Outputs and Markdown cells are the student's. Rendered as they are, a script in them would run in
the browser of whoever opens the feedback page or formgrader, with that person's rights. Only
allow-listed kinds of output pass, and HTML passes through bleach.
"""

from __future__ import annotations

import base64
import binascii
import functools
import html
import re
from typing import Any

import bleach
from bleach.css_sanitizer import CSSSanitizer
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbformat import NotebookNode

from autograder.plugin.mathematics import MathRenderer

TAGS = {
    *bleach.ALLOWED_TAGS,
    *("p", "br", "hr", "div", "span", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "img"),
    *("sub", "sup", "small", "del", "ins", "kbd", "samp", "var", "details", "summary"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "dl", "dt", "dd"),
    *("figure", "figcaption"),
}
ATTRIBUTES = {
    **bleach.ALLOWED_ATTRIBUTES,
    "*": ["class", "style", "title", "align"],
    "img": ["src", "alt", "width", "height"],
    "td": ["colspan", "rowspan"],
    "th": ["colspan", "rowspan", "scope"],
    "details": ["open"],
}
STYLES = [
    *("color", "background-color", "font-size", "font-weight", "font-style", "text-align"),
    *("vertical-align", "padding", "margin", "border", "border-bottom", "border-collapse"),
    *("width", "max-width", "height", "white-space", "display"),
]
IMAGES = ("image/png", "image/jpeg", "image/gif")
LONGEST = 2_000_000  # characters of one output; pictures are larger than text
RELEASED = 10_000  # characters of a text that may be one of the release
MOST_TAGS = 3_000  # of one text: cleaning takes time that grows with their square


def clean_html(text: str) -> str:
    """Return HTML with what could run, load or cover something taken out.

    Args:
        text: what a student's output holds.
    """
    if text.count("<") > MOST_TAGS:
        return html.escape(text[:10_000]) + " [cut off: too many tags]"
    if text.lower().count("</s") < 50:  # else bleach alone: their content stays, as text
        text = re.sub(r"(?is)<(style|script)\b.*?</\1\s*>", "", text)
    return _bleached(text, strip=True)


def _bleached(text: str, strip: bool) -> str:
    return bleach.clean(
        text,
        tags=TAGS,
        attributes=_allowed,
        protocols={"http", "https", "mailto", "data"},
        css_sanitizer=CSSSanitizer(allowed_css_properties=STYLES),
        strip=strip,
    )


def _allowed(tag: str, name: str, value: str) -> bool:
    if tag == "img" and name == "src":  # pictures inside the page only: nothing is fetched
        return bool(re.fullmatch(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*", value))
    if name == "href":
        return bool(re.match(r"https?://|mailto:|#|[^:]*$", value))
    return name in ATTRIBUTES.get(tag, []) or name in ATTRIBUTES["*"]


def clean_markdown(text: str) -> str:
    """Return Markdown whose HTML, if it has any, is harmless.

    Args:
        text: source of a text cell.
    """
    if "<" not in text:
        return text
    if text.count("<") > MOST_TAGS or len(text) > LONGEST:
        return html.escape(text, quote=False)
    return _clean_released(text) if len(text) < RELEASED else _clean(text)


def _clean(text: str) -> str:
    return _bleached(text, strip=False).replace("&gt;", ">").replace("&amp;", "&")


@functools.lru_cache(maxsize=256)  # a class hands in the same released texts again and again
def _clean_released(text: str) -> str:
    return _clean(text)


@pass_context
def safe_markdown(context: Context, source: str) -> str:
    """Render Markdown as nbconvert does, for its filter `markdown2html`, with links that only link.

    Raw HTML in students' cells is clean by then; what Markdown can still make of a text is a link
    that runs a script when somebody clicks on it, and a picture that is fetched from somewhere.
    Formulas become MathML.

    Args:
        context: jinja's.
        source: Markdown.

    Returns:
        HTML.
    """
    attachments = context.get("cell", {}).get("attachments", {})
    if attachments or len(source) >= RELEASED:
        return _render(source, attachments)
    return _render_released(source)


def _render(source: str, attachments: dict) -> str:
    renderer = MathRenderer(escape=False, attachments=attachments)
    page = MarkdownWithMath(renderer=renderer).render(source)
    return re.sub(r'\b(href|src)="([^"]*)"', _harmless, page)


@functools.lru_cache(maxsize=256)
def _render_released(source: str) -> str:
    return _render(source, {})


def _harmless(found: re.Match) -> str:
    target = re.sub(r"[\x00-\x20]", "", html.unescape(html.unescape(found[2])))
    allowed = r"(https?://|mailto:|#|[^:]*$)"
    if found[1] == "src":  # pictures inside the page only: nothing is fetched when it is opened
        allowed = r"(attachment:|data:image/(png|jpeg|gif);base64,|(?![/\\]{2})[^:]*$)"
    return found[0] if re.match(allowed, target, re.IGNORECASE) else f'{found[1]}="#"'


def clean_outputs(outputs: list, count: int | None) -> list[NotebookNode]:
    """Return a cell's outputs, as they came from the student's process, fit to be shown.

    Args:
        outputs: what claims to be a list of nbformat outputs.
        count: the cell's execution count.
    """
    tags = str(outputs).count("<")
    if tags > MOST_TAGS:  # of all outputs together: text and pictures stay, HTML goes
        outputs = [_without_html(old) for old in outputs]
    return [new for old in outputs[:1000] if (new := _output(old, count)) is not None]


def _without_html(output: object) -> object:
    if type(output) is not dict or type(output.get("data")) is not dict:
        return output
    kept = {m: v for m, v in output["data"].items() if m not in ("text/html", "text/markdown")}
    return {**output, "data": kept}


def _output(old: object, count: int | None) -> NotebookNode | None:
    if type(old) is not dict:
        return None
    kind = old.get("output_type")
    if kind == "stream" and old.get("name") in ("stdout", "stderr"):
        return output_node("stream", name=old["name"], text=_text(old.get("text")))
    if kind == "error":
        trace = old.get("traceback")
        lines = [_text(line) for line in trace[:200]] if type(trace) is list else []
        return output_node(
            "error",
            ename=_text(old.get("ename"))[:200],
            evalue=_text(old.get("evalue"))[:4000],
            traceback=lines,
        )
    if kind in ("display_data", "execute_result") and type(old.get("data")) is dict:
        data = {m: clean for m, v in old["data"].items() if (clean := _data(m, v)) is not None}
        if not data:
            return None
        extra = {"execution_count": count} if kind == "execute_result" else {}
        return output_node(kind, data=NotebookNode(data), metadata=NotebookNode(), **extra)
    return None


def output_node(kind: str, **fields: Any) -> NotebookNode:
    """Return an output of a cell; all its fields must be given, and be what nbformat asks for.

    nbformat's own `new_output` checks each against a schema, which is a fifth of what it costs to
    save a submission.

    Args:
        kind: nbformat's `output_type`.
        fields: the others.
    """
    return NotebookNode(output_type=kind, **fields)


def _text(value: object) -> str:
    text = value if type(value) is str else ""
    return text[:LONGEST].encode("utf-8", "replace").decode("utf-8")


def _data(mime: str, value: object) -> str | None:
    text = "".join(value) if type(value) is list and all(type(v) is str for v in value) else value
    if type(text) is not str or len(text) > LONGEST:
        return None
    if mime == "text/plain":
        return _text(text)
    if mime == "text/html":
        return clean_html(_text(text))
    if mime in ("text/markdown", "text/latex"):
        return clean_markdown(_text(text))
    if mime in IMAGES:
        try:
            raw = base64.b64decode(re.sub(r"\s", "", text), validate=True)
        except (binascii.Error, ValueError):
            return None
        return base64.b64encode(raw).decode()
    return None


def plain_text(outputs: list[NotebookNode]) -> str:
    """Return what a cell printed and how it failed, as text without colours.

    Args:
        outputs: of one cell.
    """
    parts = []
    for output in outputs:
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            lines = output.traceback[-1:] or [f"{output.ename}: {output.evalue}"]
            parts.append("\n".join(lines) + "\n")
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", "".join(parts))[:10_000]
