"""Command line: ``python -m aeutils fetch mnist``, ``... data`` and ``... doctor``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

if sys.argv[1:] == ["doctor"] and __name__ == "__main__":  # torch may be what is missing
    from aeutils._internal.doctor import main as doctor

    sys.exit(doctor())

from aeutils.data.cache import default_root, mismatch, read_set, stored_bytes
from aeutils.data.loading import EMBEDDED, EMBEDDED_FOLDER, DataUnavailableError, fetch
from aeutils.data.sources import WHOLE_SETS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status: 0, or 1 if something is wrong.

    Args:
        arguments: the words of the command line; None for those of the process.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m aeutils", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    fetch_parser = commands.add_parser("fetch", help="download a whole data set into the cache")
    fetch_parser.add_argument("name", choices=sorted(WHOLE_SETS))
    list_parser = commands.add_parser("data", help="list the data sets that are on this machine")
    commands.add_parser("doctor", help="check this installation and say what to do")
    for subparser in (fetch_parser, list_parser):
        subparser.add_argument(
            "--root",
            type=Path,
            help="cache folder (default: AEUTILS_DATA, or the platform's cache)",
        )
    options = parser.parse_args(arguments)
    if options.command == "doctor":
        from aeutils._internal.doctor import main as doctor

        return doctor()
    if options.command == "data":
        print("\n".join(inventory(options.root or default_root())))
        return 0
    try:
        folder = fetch(options.name, options.root)
    except DataUnavailableError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; files already complete are kept, no half of one is", file=sys.stderr)
        return 130
    print(f"{options.name}: whole data set in {folder}, every file checked")
    return 0


def inventory(root: Path) -> list[str]:
    """Return one line for each embedded subset and each whole data set, with its state.

    Args:
        root: the folder of the whole data sets.
    """
    lines = [f"cache folder: {root}{'' if os.path.isdir(root) else ' (not there yet)'}"]
    for name, (filename, expected) in EMBEDDED.items():
        path = EMBEDDED_FOLDER / filename
        data = path.read_bytes() if path.is_file() else b""
        problem = mismatch(data, f"sha256:{expected}")
        state = f"UNUSABLE, {problem}; reinstall aeutils: {path}" if problem else f"checked, {path}"
        lines.append(_line(name, "small", len(data), state))
    lines.append(_line("digits", "small", 0, "inside scikit-learn, not part of this package"))
    for name, known in WHOLE_SETS.items():
        places = []
        for file_set in known.file_sets:
            for folder in file_set.folders(root):
                size = stored_bytes(folder, file_set)
                if size == 0:
                    continue
                found = read_set(folder, file_set)
                state = f"checked, {folder}" if found.complete else f"UNUSABLE, {found.problem()}"
                places.append(_line(name, "full", size, state))
        lines += places or [
            _line(name, "full", 0, f"not here; run: python -m aeutils fetch {name}")
        ]
    return lines


def _line(name: str, size: str, n_bytes: int, state: str) -> str:
    return f"{name:<14} {size:<6} {n_bytes / 1e6:8.1f} MB  {state}"


if __name__ == "__main__":
    sys.exit(main())
