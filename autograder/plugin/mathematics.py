"""Mathematics as MathML, made when a page is written: browsers show it without a script.

nbconvert's pages fetch MathJax from a public host each time they are opened. MathML needs neither
network nor script, and a screen reader reads it. What a browser gets is built anew from the
converter's tree, of elements and attributes that only lay out: TeX can ask for links and styles,
and the converter's own text leaves `<` as it is.
"""

from __future__ import annotations

import functools
import html
import re
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element
from nbconvert.filters.markdown_mistune import IPythonRenderer

ELEMENTS = {
    *("math", "mrow", "mstyle", "mspace", "mphantom", "mpadded", "menclose"),
    *("mi", "mn", "mo", "mtext", "mfrac", "msqrt", "mroot", "mtable", "mtr", "mtd"),
    *("msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts"),
}
WORD = re.compile(r"[a-z -]{1,40}")
LENGTH = re.compile(r"-?0?\.\d+em|\d{0,2}(\.\d+)?(em|ex|px|pt)?|100%")  # nothing wider than a page
ATTRIBUTES = {
    **dict.fromkeys(("display", "displaystyle", "mathvariant", "stretchy", "fence", "form"), WORD),
    **dict.fromkeys(("accent", "accentunder", "separator", "columnalign", "rowalign"), WORD),
    **dict.fromkeys(("width", "height", "depth", "lspace", "rspace", "linethickness"), LENGTH),
    **dict.fromkeys(("minsize", "maxsize"), LENGTH),
    "scriptlevel": re.compile(r"[+-]?\d"),
}
LONGEST = 2_000  # characters of one formula: the time to convert one grows faster than its length
DEEPEST = 60  # elements inside each other
MOST = 1_000  # formulas of one text


@functools.lru_cache(maxsize=2048)  # a class hands in the same released texts again and again
def mathml(tex: str, display: bool) -> str:
    """Return a formula as HTML: MathML, or its TeX as code if it cannot be converted.

    Args:
        tex: without its dollars; whoever wrote it is not trusted.
        display: whether it stands on a line of its own.

    >>> mathml("x^2", False)
    '<math display="inline"><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>'
    >>> mathml("{" * 3, False)
    '<code>{{{</code>'
    """
    made = ""
    if len(tex) <= LONGEST:
        # Whatever stops the converter, half a formula or braces in braces, was the author's doing.
        try:
            made = _markup(
                convert_to_element(tex.strip(), display="block" if display else "inline")
            )
        except Exception:
            made = ""
    made = made or f"<code>{html.escape(tex.strip())}</code>"
    # A keyboard can scroll it where it is wider than a phone; a formula does not break.
    return f'<span class="formula" tabindex="0">{made}</span>' if display else made


def _markup(element: Element, depth: int = 0) -> str:
    """Return an element as text; "" for one that is not allowed, with all that is in it."""
    if element.tag not in ELEMENTS:
        return ""
    if depth > DEEPEST:
        raise ValueError("too many elements inside each other")
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in ATTRIBUTES and ATTRIBUTES[name].fullmatch(value)
    )
    text = html.escape(html.unescape(element.text or ""))
    inner = text + "".join(_markup(child, depth + 1) for child in element)
    return f"<{element.tag}{attributes}>{inner}</{element.tag}>"


class MathRenderer(IPythonRenderer):
    """nbconvert's renderer of Markdown, with formulas as MathML."""

    formulas = 0

    def _formula(self, body: str, display: bool) -> str:
        self.formulas += 1
        # Cleaning wrote these three as entities, inside formulas as well.
        tex = body.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        return mathml(tex, display) if self.formulas <= MOST else html.escape(tex)

    def block_math(self, body: str) -> str:
        """Render a formula between two dollars each.

        Args:
            body: its TeX.

        Returns:
            HTML.
        """
        return self._formula(body, display=True)

    def inline_math(self, body: str) -> str:
        """Render a formula inside a sentence.

        Args:
            body: its TeX.

        Returns:
            HTML.
        """
        return self._formula(body, display=False)

    def latex_environment(self, name: str, body: str) -> str:
        r"""Render an environment, such as `\begin{align}`.

        Args:
            name: the environment's name.
            body: what stands in it.

        Returns:
            HTML.
        """
        return self._formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", display=True)
