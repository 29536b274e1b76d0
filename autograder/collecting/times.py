"""Times of submission as platforms tell them: a worksheet's cell, a zip's entry, a commit."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path

from babel import Locale

from autograder.plugin.timestamps import read_time

# Moodle writes a date in the language of whoever downloads it. These use the Gregorian calendar.
LANGUAGES = (
    "bg ca cs da de el en es et eu fi fr gl hr hu id it lt lv nb nl pl pt ro ru sk sl sr sv tr uk"
)
ENGLISH = "January February March April May June July August September October November December"
BLANK = {"", "-", "–", "—"}  # Moodle's cell for "never"

_TOKEN = re.compile(r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?|\d+|[^\W\d_]+")
_EAST_ASIAN = re.compile(r"(\d{4})[年년]\s*(\d{1,2})[月월]\s*(\d{1,2})[日일]\D*(\d{1,2}:\d\d)")

# Entries that differ by less were written when the platform packed the zip, not by students.
PACKING = timedelta(hours=1)


@cache
def _months() -> dict[str, set[int]]:
    """Return the number of every month's name; some names are two months in two languages."""
    numbers: dict[str, set[int]] = {}
    for language in LANGUAGES.split():
        months = Locale.parse(language).months
        for kind in ("format", "stand-alone"):
            for number, name in months[kind]["wide"].items():
                numbers.setdefault(name.casefold(), set()).add(number)
    return numbers


def read_platform_time(text: str, zone: tzinfo) -> datetime:
    """Return a time that a platform wrote, in UTC; a month may be named in any common language.

    Args:
        text: for example "Dienstag, 3. März 2026, 13:00".
        zone: of the platform, if the text names none.

    Raises:
        ValueError: it is no time, or could be two.
    """
    try:
        return read_time(text, zone)
    except ValueError:
        translated = _in_english(text)
        if translated is None:
            raise
        return read_time(translated, zone)


def _in_english(text: str) -> str | None:
    """Return a date with a month's name as day, English month, year and clock."""
    if matched := _EAST_ASIAN.search(text):
        year, month, day, clock = matched.groups()
        return f"{year}-{int(month):02}-{int(day):02} {clock.zfill(5)}"
    tokens = [token.casefold() for token in _TOKEN.findall(text)]
    named = [_months()[token] for token in tokens if token in _months()]
    days = [t for t in tokens if t.isdigit() and len(t) <= 2]
    years = [t for t in tokens if t.isdigit() and len(t) == 4]
    clocks = [t.replace(".", ":") for t in tokens if not t.isdigit() and t[0].isdigit()]
    if not (len(named) == len(days) == len(years) == len(clocks) == 1) or len(named[0]) != 1:
        return None
    half = next((t for t in tokens if t in ("am", "pm")), "")
    month_name = ENGLISH.split()[next(iter(named[0])) - 1]
    return f"{days[0]} {month_name} {years[0]} {clocks[0]} {half}".strip()


def in_zone(time: datetime, zone: tzinfo) -> datetime:
    """Return a time in UTC.

    Args:
        time: with a zone or, as in a zip, without.
        zone: of times without one.
    """
    return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)


def are_of_packing(times: Iterable[datetime]) -> bool:
    """Tell whether an archive's times are those of its packing, and tell nothing of students.

    Moodle's and Canvas' zips are made on download, with the time of the download on every entry
    (Moodle: files/classes/local/archive_writer/zip_writer.php, which passes no time; Canvas:
    lib/content_zipper.rb, `get_output_stream`).

    Args:
        times: one for each submission.
    """
    times = list(times)
    return len(times) < 2 or max(times) - min(times) < PACKING


def commit_time(repository: Path) -> datetime | None:
    """Return when a repository's newest commit says it was made, or None.

    The commit is read as a plain object: no hook, filter, pager or signature program that the
    repository's own configuration might name is run.

    Args:
        repository: a clone, with its folder `.git`.
    """
    git = repository / ".git"
    if not git.is_dir() or git.is_symlink():
        return None
    environment = {**os.environ, "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}
    command = ["git", "--no-pager", f"--git-dir={git}", "cat-file", "commit", "HEAD"]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    matched = re.search(rb"^committer .*> (\d+) [+-]\d{4}$", done.stdout, re.MULTILINE)
    return datetime.fromtimestamp(int(matched[1]), UTC) if matched else None
