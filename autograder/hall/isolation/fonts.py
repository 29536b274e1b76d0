"""Matplotlib's list of fonts, which every sandbox else makes anew: it takes a second.

Matplotlib keeps the list in the cache of whoever uses it. A sandbox has no such folder, and reads
there what this user's matplotlib found, as far as a sandbox sees the same files.
"""

from __future__ import annotations

import functools
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

INSIDE = ".cache/matplotlib"  # below the home of a user who has set nothing else
LIST = "fontlist-v*.json"
_made: list[tempfile.TemporaryDirectory] = []  # kept until this process ends


@functools.cache
def font_lists() -> tuple[Path, ...]:
    """Return copies of this user's lists, one for each release of matplotlib that has made one.

    They name the fonts that come with matplotlib and those below /usr, and no others.
    """
    folder = tempfile.TemporaryDirectory(prefix="fonts-")
    _made.append(folder)
    lists = []
    for path in sorted(cache_of(os.environ).glob(LIST)):
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            found = json.loads(path.read_text(encoding="utf-8"))
            for kind in ("ttflist", "afmlist"):
                found[kind] = [font for font in found[kind] if _is_seen(font["fname"])]
            copy = Path(folder.name, path.name)
            copy.write_text(json.dumps(found), encoding="utf-8")
            lists.append(copy)
    return tuple(lists)


def cache_of(environment: Mapping[str, str]) -> Path:
    """Return where matplotlib keeps its list on Linux.

    Args:
        environment: the user's variables.
    """
    if chosen := environment.get("MPLCONFIGDIR"):
        return Path(chosen)
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache", "matplotlib")


def _is_seen(font: str) -> bool:
    """Return whether a sandbox has this file: below matplotlib's own folder, or below /usr."""
    path = Path(font)
    return ".." not in path.parts and (not path.is_absolute() or path.is_relative_to("/usr"))
