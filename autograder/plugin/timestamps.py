"""The time of a submission, read from text that a person, a script or a platform wrote.

nbgrader's own reader takes the first of two readings of a date, and a zone that it does not know
for UTC. A late penalty follows from that, so here a time that can be read two ways is no time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import product
from zoneinfo import ZoneInfo

from dateutil import parser

HOW = 'write it as "2026-03-03 13:00:00 UTC", or with an offset as "2026-03-03T14:00:00+01:00"'
LONGEST = 200  # bytes; what is longer is not a time, and need not be searched for one

# Abbreviations with one meaning, in hours. CST, IST and BST are left out: each is used on two
# continents. Europe's are the ones of the tz database; America's are those of RFC 2822, 4.3.
ABBREVIATED = {
    **{"UTC": 0, "GMT": 0, "UT": 0, "Z": 0},
    **{"WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3},
    **{"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7},
    **{"JST": 9, "AEST": 10, "AEDT": 11},
}

_SECONDS = re.compile(r"(\d{9,10}|\d{13})([.,]\d+)?")  # since 1970; with 13 digits, milliseconds
_OFFSET = re.compile(r"(?:UTC|GMT)?\s?([+-])(\d{1,2}):?(\d\d)?$", re.IGNORECASE)
_NAME = re.compile(r"(?:(?<=[\d\s])|(?=\[))\[?([A-Za-z][\w+-]*(?:/[A-Za-z][\w+-]*)*)\]?$")
_CLOCK = re.compile(r"\d:\d\d")
# A year in front is followed by the month everywhere, whatever stands between them. With hyphens
# throughout it is Blackboard's form, which zip_collect writes as it stands in the file's name.
_YEAR_FIRST = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:\2(\d\d)\2(\d\d)(?:\2(\d\d))?$)?(?!\d)"
)


def read_time(written: bytes | str, zone: tzinfo = UTC) -> datetime:
    """Return the time that is written, in UTC.

    Understood are ISO 8601 (with "Z", an offset, a zone's name or nothing behind it), seconds
    since 1970, and dates that can be read one way only, such as "3 March 2026, 1:00 PM". An hour
    that happens twice, when clocks are set back, counts as the first of the two.

    Args:
        written: what a file or a cell holds; a byte-order mark is dropped.
        zone: of times that name none.

    Raises:
        ValueError: it is no time, or could be two. The message goes on after the file's name.
    """
    text = _decode(written)
    if not text:
        raise ValueError(f"is empty; {HOW}")
    shown = f'"{text[:60]}"'
    try:
        if matched := _SECONDS.fullmatch(text):
            seconds = float(text.replace(",", "."))
            return datetime.fromtimestamp(seconds / (1000 if len(matched[1]) == 13 else 1), UTC)
        time = _read_iso(text) or _read_date(*_split_zone(text))
        return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)
    except _Unclear as unclear:
        raise ValueError(f"holds {shown}, {unclear}; {HOW}") from None
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"holds {shown}, which is not a time; {HOW}") from None


def write_time(time: datetime) -> str:
    """Return a time as nbgrader writes and reads it, for example "2026-03-03 13:00:00 UTC".

    Args:
        time: with its zone.
    """
    time = time.astimezone(UTC).replace(tzinfo=None)
    return f"{time.isoformat(sep=' ')} UTC"


class _Unclear(Exception):
    """A date that could be read two ways, or a zone that nobody can know."""


def _decode(written: bytes | str) -> str:
    if isinstance(written, bytes):
        wide = written.startswith((b"\xff\xfe", b"\xfe\xff"))  # Windows' Notepad: "Unicode"
        written = written.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    text = written.removeprefix("\ufeff").strip().strip("\x00")
    if len(text) > LONGEST:
        raise ValueError(f"holds more than {LONGEST} characters, which is not a time; {HOW}")
    return " ".join(text.split())


def _split_zone(text: str) -> tuple[str, tzinfo | None]:
    """Return the text before a zone, and the zone; dateutil misreads UTC+1 and skips names."""
    if not _CLOCK.search(text) and "T" not in text:
        return text, None  # the end of a bare date may look like an offset: 2026-03-03
    if matched := _OFFSET.search(text):
        hours, minutes = int(matched[2]), int(matched[3] or 0)
        sign = -1 if matched[1] == "-" else 1
        return text[: matched.start()].strip(), timezone(
            sign * timedelta(hours=hours, minutes=minutes)
        )
    matched = _NAME.search(text)
    if matched is None or matched[1].upper() in ("AM", "PM", "A", "P"):
        return text, None
    before, name = text[: matched.start()].strip(), matched[1]
    if text.endswith("]"):  # RFC 9557: an offset stands before the name and says more than it
        inner, offset = _split_zone(before)
        return inner, offset or _zone(name)
    return before, _zone(name)


def _zone(name: str) -> tzinfo:
    if name.upper() in ABBREVIATED:
        return timezone(timedelta(hours=ABBREVIATED[name.upper()]))
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise _Unclear(f'and "{name}" is no time zone that has one meaning') from None


def _read_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _read_date(text: str, zone: tzinfo | None) -> datetime:
    """Return the only reading of a date; its zone is the one given, or one within the text."""
    text = _YEAR_FIRST.sub(_as_iso, text, count=1)
    time = _read_iso(text) or _only_reading(text)
    if zone and time.tzinfo:
        raise _Unclear("which names two time zones")
    return time.replace(tzinfo=zone) if zone else time


def _as_iso(matched: re.Match[str]) -> str:
    year, _, month, day, *clock = matched.groups()
    date = f"{year}-{int(month):02}-{int(day):02}"
    return f"{date} {':'.join(part or '00' for part in clock)}" if clock[0] else date


def _only_reading(text: str) -> datetime:
    """Ask dateutil for every reading: day or month first, and with two dates to fill gaps from."""
    fillings = [datetime(2000, 1, 1), datetime(2001, 2, 2)]
    readings = [
        {
            parser.parse(text, dayfirst=day, yearfirst=year, default=filling, tzinfos=_named)
            for day, year in product((True, False), repeat=2)
        }
        for filling in fillings
    ]
    if readings[0] != readings[1]:
        raise _Unclear("which leaves out a part of the date")
    if len(readings[0]) > 1:
        raise _Unclear("which could be read as more than one date")
    return readings[0].pop()


def _named(name: str | None, offset: int | None) -> tzinfo | None:
    if name:
        return _zone(name)
    return None if offset is None else timezone(timedelta(seconds=offset))
