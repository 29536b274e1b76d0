"""Command line: ``python -m aeutils fetch mnist``, ``... data`` and ``... doctor``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from aeutils._internal.doctor import inventory
from aeutils._internal.doctor import main as doctor

if sys.argv[1:] == ["doctor"] and __name__ == "__main__":  # torch may be what is missing
    sys.exit(doctor())

from aeutils.data.cache import default_root
from aeutils.data.loading import DataUnavailableError, fetch
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


if __name__ == "__main__":
    sys.exit(main())
