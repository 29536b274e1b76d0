"""The book's command line: ``python -m course.book --help``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from course.book import ROOT
from course.book.source_tree import INSTRUCTORS, STUDENTS


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m course.book", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    site = commands.add_parser("site", help="build the site (dist/site)")
    site.add_argument("--edition", choices=[STUDENTS, INSTRUCTORS], default=STUDENTS)
    site.add_argument("--output", type=Path)
    slides = commands.add_parser("slides", help="build the slides (dist/slides)")
    slides.add_argument("--output", type=Path, default=ROOT / "dist" / "slides")
    slides.add_argument("--check", action="store_true", help="measure every slide in Chromium, too")
    pdf = commands.add_parser("pdf", help="print the built slides (dist/slides/pdf)")
    pdf.add_argument("decks", nargs="*", help="such as week01; default: all")
    commands.add_parser("figures", help="take the figures of the lessons from the notebooks")
    commands.add_parser("drawings", help="write the diagrams of aeutils.drawings as files")
    commands.add_parser("front", help="train the front page's autoencoder, draw the cards")
    commands.add_parser("comparisons", help="list how each row of each comparison was trained")
    commands.add_parser("fold", help="fold answers and spoilers of the lessons away")
    found = commands.add_parser("numbers", help="write the recorded numbers into the pages")
    found.add_argument("--check", action="store_true", help="write nothing; name what is not true")
    commands.add_parser("references", help="list each reference with every sentence that uses it")
    weight = commands.add_parser("weigh", help="bytes and seconds of a page on a slow phone")
    weight.add_argument("page", nargs="?", default="index.html")
    access = commands.add_parser("axe", help="check pages of the built site with axe-core")
    access.add_argument("pages", nargs="*", help="default: a page of each kind")
    options = parser.parse_args(arguments)
    return globals()[f"_{options.command}"](options)


def _report(problems: list[str], done: str) -> int:
    for line in problems:
        print(line, file=sys.stderr)
    print(f"{len(problems)} problems" if problems else done)
    return 1 if problems else 0


def _site(options: argparse.Namespace) -> int:
    from course.book.make import make_site

    name = "site" if options.edition == STUDENTS else f"site-{options.edition}"
    output = options.output or ROOT / "dist" / name
    return _report(make_site(output, options.edition), f"{output}: open index.html")


def _slides(options: argparse.Namespace) -> int:
    from course.book.make import make_slides

    problems = make_slides(options.output)
    if options.check and not problems:
        from course.book.slide_checks import unreadable

        decks = [path for path in sorted(options.output.glob("*.html")) if path.stem != "index"]
        problems = [line for deck in decks for line in unreadable(deck)]
    return _report(problems, f"{options.output}: open index.html")


def _pdf(options: argparse.Namespace) -> int:
    from course.book.slide_pdf import print_pdf

    folder = ROOT / "dist" / "slides"
    found = [path for path in sorted(folder.glob("*.html")) if path.stem != "index"]
    decks = [folder / f"{name}.html" for name in options.decks] or found
    missing = [f"{deck} is missing: run `make slides` first" for deck in decks if not deck.exists()]
    if missing or not decks:
        return _report(missing or [f"no slides in {folder}: run `make slides` first"], "")
    for deck in decks:
        output = folder / "pdf" / f"{deck.stem}.pdf"
        pages = print_pdf(deck, output)
        print(f"{output.relative_to(ROOT)}: {pages} pages")
    return 0


def _figures(options: argparse.Namespace) -> int:
    from course.book import pictures

    print("\n".join(str(path.relative_to(ROOT)) for path in pictures.write()))
    return 0


def _drawings(options: argparse.Namespace) -> int:
    from course.book import drawings

    print("\n".join(str(path.relative_to(ROOT)) for path in drawings.write()))
    return 0


def _front(options: argparse.Namespace) -> int:
    from course.book import card_pictures, two_numbers

    model, error = two_numbers.train()
    print(f"squared error per test image from two numbers: {error:.1f}")
    for path in [two_numbers.write(model), *card_pictures.write(model)]:
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")
    return 0


def _comparisons(options: argparse.Namespace) -> int:
    from course.book import comparisons

    print(comparisons.write().relative_to(ROOT))
    return _report(comparisons.unfair(), "every difference is compared, or has a reason")


def _fold(options: argparse.Namespace) -> int:
    from autograder import units
    from course.book import COURSE, lessons

    for path in units.pages(COURSE):
        text = path.read_text(encoding="utf-8")
        path.write_text(lessons.fold(text), encoding="utf-8", newline="\n")
        print(f"{path.relative_to(ROOT)}: {len(lessons.unfolded(text))} folded")
    return 0


def _numbers(options: argparse.Namespace) -> int:
    from course.book import numbers

    if not options.check:
        for path in numbers.pages():
            text = path.read_text(encoding="utf-8")
            new = numbers.refresh(text)
            if new != text:
                path.write_text(new, encoding="utf-8", newline="\n")
                print(f"{path.relative_to(ROOT)}: refreshed")
    problems = numbers.untrue() + numbers.unnamed()
    return _report(problems, "every number on a page is what was recorded, or given")


def _references(options: argparse.Namespace) -> int:
    from course.book import citations

    print(citations.listing())
    problems = citations.unlisted() + citations.uncited()
    return _report(problems, "every citation is listed, every entry is cited")


def _weigh(options: argparse.Namespace) -> int:
    from course.book import weigh

    found = weigh.weigh(ROOT / "dist" / "site", options.page)
    print(
        f"{options.page}: {found.size:,} bytes in {found.files} files, {found.whole:,} bytes with "
        f"all its pictures; {found.processor:.2f} s of the processor; "
        f"about {found.estimate():.1f} s on a slow phone. "
        f"By this machine's clock: paint {found.paint:.1f} s, complete {found.complete:.1f} s"
    )
    problems = []
    if found.whole > weigh.MOST_BYTES:
        problems.append(f"more than {weigh.MOST_BYTES:,} bytes")
    if found.estimate() > weigh.MOST_SECONDS:
        problems.append(f"more than {weigh.MOST_SECONDS} s on a slow phone")
    return _report(problems, "light enough")


def _axe(options: argparse.Namespace) -> int:
    from course.book import checks

    site = ROOT / "dist" / "site"
    pages = options.pages or checks.a_page_of_each_kind(site)
    problems = [
        line
        for page in pages
        for theme in ("light", "dark")
        for line in checks.axe(site, page, theme)
    ]
    return _report(problems, f"{len(pages)} pages, light and dark: no complaint")


if __name__ == "__main__":
    sys.exit(main())
