"""What a process does once before it forks many others, so that each of them costs less.

This file runs inside the sandbox, before any student's code is there, and in the examiners' server.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import sys

HUGE = 2 * 2**20  # bytes of a huge page
LATE = ("numpy.random", "torch.nested._internal.nested_tensor", "IPython.core.logger")
COLLAPSE = 25  # MADV_COLLAPSE, from linux/mman.h; Linux 6.1 and later


def prepare_to_fork() -> None:
    """Make the memory that children will share cheap to share.

    Parts of libraries that a first use would import are imported now, not in every child.
    Objects that exist now are taken out of garbage collection, which begins here: a collection
    writes to each object it looks at, and every page that a child writes to is copied. (Whoever
    switches it off before the imports saves a quarter of their time as well.) Then memory is put
    into huge pages, because fork copies a table with an entry for every page, and the end of a
    process takes it down again: with torch imported 80,000 entries, which take longer than most
    students' cells. Where the system refuses, pages stay small and everything else is the same.
    """
    for late in LATE:
        if late.partition(".")[0] in sys.modules:
            with contextlib.suppress(ImportError):
                importlib.import_module(late)
    gc.freeze()
    gc.enable()
    with contextlib.suppress(OSError, AttributeError, ValueError):
        libc = ctypes.CDLL(None)
        with open("/proc/self/maps", encoding="utf-8") as file:
            regions = file.readlines()
        for region in regions:
            place, rights, _, _, _, *name = region.split(maxsplit=5)
            if rights != "rw-p" or name not in ([], ["[heap]\n"]):  # only memory without a file
                continue
            first, last = (int(end, 16) for end in place.split("-"))
            first, last = -(-first // HUGE) * HUGE, last // HUGE * HUGE
            if first < last:
                libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), COLLAPSE)
