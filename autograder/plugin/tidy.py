"""nbconvert's last step on a page, piece by piece: the same text in a hundredth of the time.

nbconvert parses each finished page with Beautiful Soup, adds a text to pictures without one, and
writes the page again: more than half of what a page costs. Most of a page is the same for a whole
class, and nearly all of it is HTML that Beautiful Soup only writes differently. So the template
hands over each cell as a piece, which is written again on its own (and remembered), while nbconvert
sees a page of placeholders.

Beautiful Soup writes a piece alone as it writes it inside a page if all that is opened in the piece
is closed there, in order. A page with a piece of which that cannot be told is left to nbconvert
whole, as it is.
"""

from __future__ import annotations

import functools
import re
import secrets
from html.parser import HTMLParser

from bs4 import BeautifulSoup
from bs4.builder import HTMLTreeBuilder

from autograder.plugin.mathematics import ELEMENTS
from autograder.plugin.sanitise import TAGS

KNOWN = TAGS | ELEMENTS | {"section", "header"}  # none of which html.parser reads in its own way
VOID = {"br", "hr", "img"}
LISTS = {"class", "rel", "rev", "headers", "accesskey", "dropzone"}  # of words, to Beautiful Soup
NO_TEXT = "No description has been provided for this image"  # nbconvert's words
REMEMBERED = 50_000  # characters of the longest piece that is kept
_END = f"x-{secrets.token_hex(16)}"
_EMPTY = HTMLTreeBuilder.DEFAULT_EMPTY_ELEMENT_TAGS or set()
_TAG = re.compile(r'([a-z][a-z0-9]*)((?:\s+[a-z][a-z-]*="[^"<>&]*")*)\s*(/?)')
_ATTRIBUTE = re.compile(r'\s+([a-z][a-z-]*)="([^"]*)"')
_REFERENCE = re.compile(r"&(?:(amp|lt|gt)|(quot|#34)|(#39|#x27));")
_BLANK = re.compile(r"[ \n\t\f\r]+")


class Pieces:
    """What a page's template handed over while it was rendered: a filter of the template.

    Attributes:
        whole: whether the page is better left to nbconvert as it is.
        pictures: how many pictures got a text.
    """

    def __init__(self) -> None:
        self.whole = False
        self.pictures = 0
        self._raw: list[str] = []
        self._written: list[str] = []
        self._name = secrets.token_hex(16)  # which nobody who hands in a notebook can know
        self._place = rf'<x-piece id="{self._name}-(\d+)"></x-piece>'

    def __call__(self, html: str) -> str:
        """Take a piece out of the page; return what stands in its place.

        Args:
            html: whole elements, with nothing but white space around them.
        """
        inner = html.strip(" \n\t\f\r")
        if not inner:
            return html
        found = written(inner) if len(inner) < REMEMBERED else written.__wrapped__(inner)
        if found is None:
            self.whole = True
            return html
        text, pictures = found
        self.pictures += pictures
        self._raw.append(inner)
        self._written.append(text)
        return html.replace(inner, self._placeholder(len(self._raw) - 1))

    def _placeholder(self, number: int) -> str:
        return f'<x-piece id="{self._name}-{number}"></x-piece>'

    def page(self, html: str) -> str:
        """Return what nbconvert is to see of a page: with placeholders, if that can be.

        Args:
            html: as the template made it.
        """
        if self.whole:
            return self._fill(html, self._raw)
        # Those that stand together become one: there is less to parse. White space between two
        # elements is one character to Beautiful Soup.
        run = rf"(?:{self._place}[ \n\t\f\r]*)*{self._place}"
        return re.sub(run, self._join, html)

    def _join(self, run: re.Match[str]) -> str:
        parts = re.split(self._place, run[0])  # white space and numbers in turn
        parts[::2] = ["\n" if "\n" in blank else blank[:1] and " " for blank in parts[::2]]
        parts[1::2] = [self._written[int(number)] for number in parts[1::2]]
        self._written.append("".join(parts))
        return self._placeholder(len(self._written) - 1)

    def fill(self, html: str) -> str:
        """Return the page with its pieces in their places.

        Args:
            html: what nbconvert made of the page.
        """
        return html if self.whole else self._fill(html, self._written)

    def _fill(self, html: str, pieces: list[str]) -> str:
        return re.sub(self._place, lambda found: pieces[int(found[1])], html)


@functools.lru_cache(maxsize=512)  # a class shares the cells that it was given
def written(html: str) -> tuple[str, int] | None:
    """Return a piece of a page as nbconvert writes it again, and how many pictures got a text.

    Args:
        html: begins and ends with a tag.

    Returns:
        None if what is opened is not closed in order, or if that cannot be told.

    >>> written("<p>It&#39;s <b>so</b><br>")
    >>> written("<p>It&#39;s <b>so</b><br></p>")
    ("<p>It's <b>so</b><br/></p>", 0)
    """
    simple = rewritten(html)
    if simple is not None:
        return simple, 0
    return _souped(html) if _closed(html) else None


def rewritten(html: str) -> str | None:
    """Return HTML of a simple kind as Beautiful Soup writes it again, None for any other.

    Args:
        html: begins and ends with a tag.
    """
    before, *parts = html.split("<")
    if before or "jp-" in html:  # nbconvert looks for elements of JupyterLab
        return None
    found: list[str] = []
    opened: list[str] = []
    kept = 0  # how many <pre> are open: white space counts there
    for part in parts:
        tag, end, text = part.partition(">")
        if not end:
            return None
        if tag[:1] == "/":
            if not opened or opened.pop() != tag[1:]:
                return None
            kept -= tag == "/pre"
            found.append(f"<{tag}>")
        else:
            name, start = _start(tag) if len(tag) < 200 else _start.__wrapped__(tag)
            if not name:
                return None
            if name not in VOID:
                opened.append(name)
                kept += name == "pre"
            found.append(start)
        if text:
            if "&" in text:
                if _REFERENCE.sub("", text).find("&") >= 0:
                    return None
                text = _REFERENCE.sub(_character, text.replace(">", "&gt;"))
            elif ">" in text:
                text = text.replace(">", "&gt;")
            elif not kept and _BLANK.fullmatch(text):
                text = "\n" if "\n" in text else " "
            found.append(text)
    return None if opened or text else "".join(found)


@functools.lru_cache(maxsize=4096)
def _start(tag: str) -> tuple[str, str]:
    """Return the name of a start tag, and the tag as Beautiful Soup writes it; "" if unknown."""
    matched = _TAG.fullmatch(tag)
    if matched is None or matched[1] not in KNOWN or (matched[3] and matched[1] not in VOID):
        return "", ""
    attributes = {}
    for name, value in _ATTRIBUTE.findall(matched[2]):
        if name in attributes or (name in LISTS and not value.strip()):
            return "", ""
        attributes[name] = " ".join(value.split()) if name in LISTS else value
    if matched[1] == "img" and "alt" not in attributes:
        return "", ""
    shown = "".join(f' {name}="{value}"' for name, value in sorted(attributes.items()))
    return matched[1], f"<{matched[1]}{shown}{'/' if matched[1] in VOID else ''}>"


def _character(found: re.Match[str]) -> str:
    return found[0] if found[1] else '"' if found[2] else "'"


def _souped(html: str) -> tuple[str, int]:
    """Return a piece as nbconvert writes it again, and how many pictures got a text."""
    soup = BeautifulSoup(html, features="html.parser")
    pictures = soup.find_all("img", alt=False)
    for picture in pictures:
        picture.attrs["alt"] = NO_TEXT
    places = ("div.jp-Cell-inputWrapper", "div.jp-OutputArea-output") if "jp-" in html else ()
    for place in places:
        for element in soup.select(f".jp-Notebook {place}"):
            element.attrs["tabindex"] = "0"
    return str(soup), len(pictures)


def _closed(html: str) -> bool:
    """Tell whether all that is opened is closed, in order, so that what follows stays outside."""
    parser = _Order()
    parser.feed(f"{html}<{_END}>")
    return parser.closed


class _Order(HTMLParser):
    """Python's parser, which Beautiful Soup uses, told to look at nothing but the order of tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)  # as Beautiful Soup has it
        self.closed = False  # unless the end is seen, with nothing open
        self._in_order = True
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note that an element is open."""
        if tag == _END:
            self.closed = self._in_order and not self._open
        elif tag not in _EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Pass over what is closed at once."""

    def handle_data(self, data: str) -> None:
        """Note text outside all elements: it would become one with what stands around the piece."""
        self._in_order &= bool(self._open) or not data.strip(" \n\t\f\r")

    def handle_charref(self, name: str) -> None:
        """Note text, as above."""
        self._in_order &= bool(self._open)

    def handle_entityref(self, name: str) -> None:
        """Note text, as above."""
        self._in_order &= bool(self._open)

    def handle_endtag(self, tag: str) -> None:
        """Note that an element is closed, and whether it was the last one opened."""
        self._in_order &= bool(self._open) and self._open.pop() == tag
