"""From a file's bytes to what its JSON says, or to a reason that a student understands."""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

from autograder.plugin.reading.files import LARGEST

BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig", ""),
    (b"\xff\xfe\x00\x00", "utf-32", "UTF-32"),
    (b"\x00\x00\xfe\xff", "utf-32", "UTF-32"),
    (b"\xff\xfe", "utf-16", "UTF-16"),
    (b"\xfe\xff", "utf-16", "UTF-16"),
)
SAVE = (
    "Open it in JupyterLab, or copy your answers into a fresh copy, choose File > Save Notebook "
    "and hand that in"
)


class Unreadable(ValueError):
    """A file that holds no notebook; the text says what it holds, and what to do."""


def parse(raw: bytes) -> tuple[Any, list[str]]:
    """Return the JSON in a file's bytes, and what had to be assumed to read it.

    Args:
        raw: the file.

    Returns:
        What the JSON says (whatever it is), and remarks.

    Raises:
        Unreadable: it is not JSON; the reason can be read after the file's name.
    """
    remarks: list[str] = []
    if raw.startswith(b"\x1f\x8b"):
        raw = _gunzip(raw)
        remarks.append("the file was compressed (gzip) and has been unpacked")
    if not raw.strip():
        raise Unreadable(f"is empty ({len(raw)} bytes). Save the notebook and hand it in again.")
    text, encoding = _decode(raw)
    if encoding:
        remarks.append(f"the file was saved as {encoding} and has been decoded")
    try:
        return json.loads(text), remarks
    except RecursionError:
        raise Unreadable(
            f"is nested too deeply to be a notebook ({len(raw)} bytes). {SAVE}."
        ) from None
    except ValueError as error:
        raise Unreadable(_why_not_json(raw, text, error)) from None


def _gunzip(raw: bytes) -> bytes:
    try:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        unpacked = unpacker.decompress(raw, LARGEST + 1)
    except zlib.error as error:
        raise Unreadable(f"is compressed (gzip) and damaged ({error}). {SAVE}.") from None
    if len(unpacked) > LARGEST:
        raise Unreadable(
            f"is compressed and grows beyond {LARGEST // 2**20} MB. In JupyterLab, choose Edit > "
            "Clear Outputs of All Cells and save."
        )
    if not unpacker.eof:
        raise Unreadable(f"is compressed (gzip) and damaged (it ends too early). {SAVE}.")
    return unpacked


def _decode(raw: bytes) -> tuple[str, str]:
    """Return the text, and the encoding's name where it is not UTF-8."""
    for mark, encoding, name in BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, "replace"), name
    head = raw[:200]
    if head.count(b"\0") > len(head) // 3:  # UTF-16 whose mark is missing
        encoding = "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
        return raw.decode(encoding, "replace"), "UTF-16"
    try:
        return raw.decode("utf-8"), ""
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace"), "Windows-1252 (an editor's old encoding)"


def _why_not_json(raw: bytes, text: str, error: ValueError) -> str:
    """Say what a file that is not JSON seems to be, and what its author can do."""
    start = text.lstrip()[:2000]
    size = f"{len(raw)} bytes"
    if raw.startswith(b"%PDF"):
        return "is a PDF. Hand in the notebook itself, not a print of it."
    if raw.startswith(b"PK\x03\x04"):
        return "is a zip archive or an office document under a notebook's name."
    if re.match(r"(?i)<(!doctype html|html|head|\?xml)", start):
        what = "a web page"
        if re.search(r"(?i)log ?in|sign ?in|password|anmeld|connexion", text[:100_000]):
            what = "a web page (it looks like a log-in page)"
        return (
            f"is {what}, saved under a notebook's name. In JupyterLab, right-click the notebook "
            "and choose Download, and hand in that file."
        )
    if re.search(r"(?m)^(<{7} |={7}$|>{7} )", text):
        line = text[: re.search(r"(?m)^(<{7} |={7}$|>{7} )", text).start()].count("\n") + 1  # type: ignore[union-attr]  # found just before
        return (
            f"holds merge-conflict markers of git (<<<<<<<, =======, >>>>>>>; the first in line "
            f"{line}). Resolve the conflict, open the notebook in JupyterLab and hand it in again."
        )
    try:
        raw.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        return f"is not text ({size}, not UTF-8 at byte {bad.start}). {SAVE}."
    if start.startswith("{") and isinstance(error, json.JSONDecodeError):
        rest = text[error.pos :].strip()
        if len(rest) < 2 or error.msg.startswith("Unterminated"):
            return (
                f"ends in the middle ({size}): not valid JSON, as after a download or upload that "
                "was cut off. Download it again, check that it opens, and hand it in again."
            )
    return f"is not valid JSON ({size}; {str(error)[:120]}). {SAVE}."
