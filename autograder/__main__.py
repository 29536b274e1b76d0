"""Instructor's command line: ``python -m autograder --help``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from autograder.collecting.arguments import add_arguments

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m autograder", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    build = commands.add_parser("build", help="build solution and student notebooks")
    build.add_argument("weeks", nargs="*", help="for example week01_pca (default: all)")
    build.add_argument("--stale", action="store_true", help="only those that are out of step")

    commands.add_parser("check", help="name every product that is out of step with its source")

    bank = commands.add_parser("bank", help="test the tests: wrong answers caught, right ones pass")
    bank.add_argument("--verbose", action="store_true", help="also print every diagnosis")
    bank.add_argument(
        "--derived", action="store_true", help="every right answer in every misconduct instead"
    )
    bank.add_argument(
        "--mutants", action="store_true", help="every right answer with one thing changed instead"
    )
    bank.add_argument("weeks", nargs="*", help="with --derived or --mutants, for example week05")

    bank.add_argument("--record", default="", help="with --mutants: a JSON file for the rates")

    page = commands.add_parser("misconceptions", help="write the page of every known wrong answer")
    page.add_argument("--output", type=Path, help="default: dist/misconceptions.md")
    demo = commands.add_parser("demo", help="grade a simulated class of week 1")
    demo.add_argument("--folder", type=Path, default=ROOT / "demo", help="where (default: demo/)")
    demo.add_argument(
        "--sandbox",
        choices=["bubblewrap", "none"],
        default="bubblewrap",
        help='"none" runs the demo\'s own code unprotected, for a look on macOS or Windows',
    )

    handout = commands.add_parser("handout", help="make the zip that students get")
    handout.add_argument("--output", type=Path, help="default: dist/handout.zip")
    handout.add_argument(
        "--instructors",
        action="store_true",
        help="all the rest as well: solutions, grader, guide (default: dist/instructor-kit.zip)",
    )

    said = commands.add_parser("remarks", help="list what was assumed about a class's submissions")
    said.add_argument("assignment", help="for example week01_pca")
    said.add_argument("--course", type=Path, default=Path(), help="course folder (default: here)")

    collect = commands.add_parser(
        "collect", help="a platform's download into submitted/, and feedback pages back to it"
    )
    add_arguments(collect)

    report = commands.add_parser("report", help="what the class did not understand, as a page")
    report.add_argument(
        "assignment", nargs="?", default="", help="for example week01_pca (default: all graded)"
    )
    report.add_argument("--names", action="store_true", help="show names (default: numbers)")
    report.add_argument(
        "--similar", action="store_true", help="list answers that share what few answers share"
    )
    report.add_argument(
        "--slides", action="store_true", help="a deck for the lecture as well, without names"
    )

    extend = commands.add_parser("extend", help="give one student more time for an assignment")
    extend.add_argument("student", nargs="?", help="the student's id, for example ann")
    extend.add_argument("assignment", nargs="?", help="for example week01_pca")
    what = extend.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--until", metavar="TIME", help='with its zone: "2026-03-05 12:00 Europe/Berlin"'
    )
    what.add_argument("--remove", action="store_true", help="take the extension back")
    what.add_argument("--list", action="store_true", help="show all extensions of the course")

    again = commands.add_parser(
        "regrade", help="grade a week again after a check was changed, and say who gains or loses"
    )
    again.add_argument("assignment", nargs="?", help="for example week01_pca")
    how = again.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="change nothing, only say it")
    how.add_argument("--undo", type=Path, metavar="RECORD", help="a file of regrades/")

    attack = commands.add_parser("attacks", help="attack the grader, and print what came of it")
    attack.add_argument("names", nargs="*", help="for example ast_transformer (default: all)")
    attack.add_argument("--stock", action="store_true", help="attack nbgrader by itself as well")
    attack.add_argument("--fresh", action="store_true", help="with --stock: use no earlier result")
    attack.add_argument(
        "--record",
        type=Path,
        default=ROOT / "benchmarks" / "attacks.json",
        help="results of a complete run with --stock (default: benchmarks/attacks.json)",
    )

    options = parser.parse_args(arguments)
    return globals()[f"_{options.command}"](options)


def _build(options: argparse.Namespace) -> int:
    from autograder.builder.build import Refused, build, stale
    from autograder.builder.source import weeks

    known = {source.stem: source for source in weeks(ROOT)}
    unknown = [name for name in options.weeks if name not in known]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    wanted = options.weeks or list(known)
    if options.stale:
        lines = stale(ROOT)
        wanted = [name for name in wanted if any(name in line for line in lines)]
    for name in wanted:
        print(f"building {name} …", flush=True)
        try:
            build(ROOT, known[name])
        except Refused as refusal:
            print(refusal, file=sys.stderr)
            return 1
    print(f"built: {', '.join(wanted) or 'nothing, all is up to date'}")
    return 0


def _check(options: argparse.Namespace) -> int:
    from autograder.builder.build import stale
    from autograder.builder.source import weeks

    lines = stale(ROOT)
    for line in lines:
        print(line, file=sys.stderr)
    print(f"{len(weeks(ROOT))} weeks checked, {len(lines)} problems")
    return 1 if lines else 0


def _bank(options: argparse.Namespace) -> int:
    if options.derived:
        from autograder.exercises.derive import print_derived

        return print_derived(options.weeks)
    if options.mutants:
        from autograder.exercises.mutation_report import print_mutants

        return print_mutants(options.weeks, options.verbose, options.record)
    from autograder.exercises.table import print_table

    return print_table(verbose=options.verbose)


def _misconceptions(options: argparse.Namespace) -> int:
    from autograder.exercises.misconceptions import page

    output = options.output or ROOT / "dist" / "misconceptions.md"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(page(), encoding="utf-8", newline="\n")
    print(output)
    return 0


def _demo(options: argparse.Namespace) -> int:
    from autograder.demo import run_demo

    return run_demo(ROOT, options.folder, options.sandbox != "none")


def _handout(options: argparse.Namespace) -> int:
    from autograder.handout import make_handout, make_instructor_kit

    make = make_instructor_kit if options.instructors else make_handout
    name = "instructor-kit.zip" if options.instructors else "handout.zip"
    output = options.output or ROOT / "dist" / name
    names = make(ROOT, output)
    print(f"{output}: {len(names)} files")
    return 0


def _remarks(options: argparse.Namespace) -> int:
    from autograder.plugin.remarks import print_remarks

    return print_remarks(options.course / "autograded", options.assignment)


def _collect(options: argparse.Namespace) -> int:
    from autograder.collecting.command import run

    return run(options)


def _report(options: argparse.Namespace) -> int:
    from autograder.class_report.command import run

    return run(options)


def _extend(options: argparse.Namespace) -> int:
    from autograder.extend import run

    return run(options)


def _regrade(options: argparse.Namespace) -> int:
    from autograder.regrade import run

    return run(options)


def _attacks(options: argparse.Namespace) -> int:
    from autograder.attacks.table import print_table

    return print_table(options.record, options.stock, options.names, options.fresh)


if __name__ == "__main__":
    sys.exit(main())
