"""The arguments of ``python -m autograder collect``; importing this loads nothing else."""

from __future__ import annotations

import argparse
from pathlib import Path

FROM = ("moodle", "canvas", "github-classroom", "plain")
RETURN = ("moodle", "canvas")
TIMES = ("auto", "archive", "none")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them to a parser.

    Args:
        parser: of the subcommand.
    """
    parser.add_argument("archive", nargs="?", type=Path, help="the downloaded zip, or a folder")
    parser.add_argument("assignment", help="for example week01_pca")
    parser.add_argument("--from", dest="platform", choices=FROM, help="how its files are named")
    parser.add_argument(
        "--return",
        dest="back",
        choices=RETURN,
        help="pack the feedback pages instead, under the names that the platform's upload expects",
    )
    parser.add_argument(
        "--roster",
        type=Path,
        help="CSV file: id, first_name, last_name, email (default: the gradebook)",
    )
    parser.add_argument(
        "--csv",
        type=Path,
        help="the platform's own: Moodle's grading worksheet, Canvas' gradebook, GitHub "
        "Classroom's roster or grades; for names, ids and times",
    )
    parser.add_argument(
        "--match",
        action="append",
        default=[],
        metavar="NAME=ID",
        help="whose it is, where names do not say; may be given several times",
    )
    parser.add_argument(
        "--times",
        choices=TIMES,
        default="auto",
        help="auto: the platform's, or the archive's if they are not those of its packing; "
        "archive: the archive's in any case; none",
    )
    parser.add_argument(
        "--timezone",
        metavar="ZONE",
        help="of times that name none, for example Europe/Berlin (default: this computer's)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what is there already")
    parser.add_argument("--dry-run", action="store_true", help="print the table, write nothing")
    parser.add_argument(
        "--output", type=Path, help="with --return (default: feedback-ASSIGNMENT-PLATFORM.zip)"
    )
