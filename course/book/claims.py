"""Claims as data: the numbers in the book's sentences, and where each comes from.

``python -m course.book claims`` works every number out anew, writes course/claims.json and puts the
numbers into the sentences. ``--check`` writes nothing and prints each sentence that is not true.
What the numbers are stands in `course.book.numbers`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from course.book import COURSE, ROOT
from course.book.claim import NUMBER, Claim
from course.book.derived import look_up, read_printed
from course.book.numbers import CLAIMS
from course.book.numbers.declared_numbers import DECLARED_NUMBERS

FILE = COURSE / "claims.json"


def measure(claim: Claim) -> dict:
    """Return the entry of a claim: its value, how it is written, and where it comes from."""
    control = dict(claim.control)
    if isinstance(claim.source, str):
        entry, value = look_up(claim.source.split("/")[0]), look_up(claim.source)
        command, dataset, seeds = entry["command"], entry["claim"], entry["seeds"]
        control = control or entry["details"].get("controls-in-short", {})
    elif isinstance(claim.source, tuple):
        value = read_printed(*claim.source)
        command = f"python -m autograder build {claim.source[0]}"
        dataset, seeds = claim.dataset, [1]
    else:
        value, control = claim.source()
        command = "python -m course.book claims"
        dataset, seeds = claim.dataset or "none, a calculation", list(claim.seeds)
    value = value * claim.scale
    return {
        "value": round(value, 6),
        "shown": format(value, claim.shown),
        "command": command,
        "dataset": dataset,
        "seeds": seeds,
        "tolerance": claim.tolerance,
        "control": control,
    }


def measure_all() -> dict[str, dict]:
    """Return the entries of all claims, each worked out anew."""
    return {name: measure(claim) for name, claim in CLAIMS.items()}


def read() -> dict[str, dict]:
    """Return the recorded entries."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def write(entries: dict[str, dict]) -> None:
    """Record the entries, and put their numbers into the sentences."""
    text = json.dumps(entries, indent=1, ensure_ascii=False) + "\n"
    FILE.write_text(text, encoding="utf-8", newline="\n")
    for name, entry in entries.items():
        for page, sentence in _places(CLAIMS[name]):
            path = ROOT / page
            before = path.read_text(encoding="utf-8")
            put = lambda m, shown=entry["shown"]: m[1] + _as_in(m[2], shown) + m[3]  # noqa: E731
            after = pattern(sentence).sub(put, before)
            if after != before:
                path.write_text(after, encoding="utf-8", newline="\n")


def pages() -> list[str]:
    """Return the pages whose numbers are accounted for."""
    return sorted(
        DECLARED_NUMBERS.keys() | {page for c in CLAIMS.values() for page, _ in _places(c)}
    )


def _places(claim: Claim) -> list[tuple[str, str]]:
    """Return page and words of each sentence that a claim stands in."""
    return [tuple(where.split(": ", 1)) for where in claim.sentences]


def pattern(sentence: str) -> re.Pattern:
    """Return what finds a sentence on a page, however its lines break.

    ``*`` is any table cell, and within a word anything without a space.
    """
    before, after = sentence.split("{}")
    whole_row = sentence.startswith("|") and sentence.endswith("|")
    left, right = (
        r"\s+".join(
            r"[^|\n]+?" if word == "*" else re.escape(word).replace(r"\*", r"\S+?")
            for word in part.split()
        )
        for part in (before, after)
    )
    gap = [r"\s+" if part[:1].isspace() or part[-1:].isspace() else "" for part in (before, after)]
    found = f"({left}{gap[0] if before else ''})({NUMBER})({gap[1] if after else ''}{right})"
    return re.compile(f"^{found} *$" if whole_row else found, re.MULTILINE)


def _as_in(old: str, shown: str) -> str:
    """Write a negative number with the sign that the sentence uses."""
    return shown.replace("-", "−") if "−" in old else shown


def untrue(entries: dict[str, dict], root: Path = ROOT) -> list[str]:
    """Return each sentence that does not say what was recorded, or is not on its page any more."""
    lines = [f"{name}: not recorded" for name in CLAIMS if name not in entries]
    for name, claim in CLAIMS.items():
        if name not in entries:
            continue
        shown = entries[name]["shown"]
        for page, sentence in _places(claim):
            text = (root / page).read_text(encoding="utf-8")
            found = list(pattern(sentence).finditer(text))
            if not found:
                lines.append(f"{name}: {page} no longer has the sentence “{sentence}”")
            for match in found:
                if match[2].replace("−", "-") != shown:
                    said = " ".join(match[0].split())
                    lines.append(f"{name}: {page} says “{said}”, but it is {shown}")
    return lines


def unbacked(root: Path = ROOT) -> list[str]:
    """Return each decimal or percentage of the pages that nothing accounts for: no claim, no list.

    The table of figures in README is written by the benchmarks, and code is run by its reader.
    """
    lines = []
    for page in pages():
        text = (root / page).read_text(encoding="utf-8")
        text = re.sub(r"^\| `.*$", lambda m: " " * len(m[0]), text, flags=re.MULTILINE)
        ends = {
            match.end(2)
            for claim in CLAIMS.values()
            for where, sentence in _places(claim)
            if where == page
            for match in pattern(sentence).finditer(text)
        }
        known = {
            number for numbers in DECLARED_NUMBERS.get(page, {}).values() for number in numbers
        }
        for match in re.finditer(r"\d[\d,]*(\.\d+)?(\s*%)?", text):
            number = match[0].rstrip("% \n") + ("%" if match[2] else "")
            if not (match[1] or match[2]) or number in known:
                continue
            if match.end() - len(match[2] or "") not in ends:
                row = text.count("\n", 0, match.start()) + 1
                lines.append(f"{page}, line {row}: {number} is neither a claim nor given")
    return lines


def moved(entries: dict[str, dict]) -> list[str]:
    """Work the cheap claims out anew; return each sentence that they no longer bear out."""
    lines = []
    for name, claim in CLAIMS.items():
        if claim.slow:
            continue
        now = measure(claim)
        off = abs(now["value"] - entries[name]["value"])
        if off > claim.tolerance + 1e-9:
            where = claim.sentences[0] if claim.sentences else "the slides"
            was = entries[name]["shown"]
            lines.append(f"{name}: it is {now['value']:g}, not {was}: {where.replace('{}', was)}")
    return lines
