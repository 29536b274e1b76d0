"""``python -m autograder collect``: from a platform's download to `submitted/`, and back again."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from dateutil.tz import tzlocal

from autograder.collecting.archives import open_archive
from autograder.collecting.canvas import CANVAS
from autograder.collecting.course import Course, find_course
from autograder.collecting.feedback import pack, plan_returns
from autograder.collecting.github import GITHUB
from autograder.collecting.moodle import MOODLE
from autograder.collecting.plain import PLAIN
from autograder.collecting.plan import Plan, Wishes, make_plan
from autograder.collecting.platform import Context, Platform
from autograder.collecting.report import printable, report, table
from autograder.collecting.roster import Roster, roster_from_csv
from autograder.collecting.write import RECORDS, read_record, record, write_plan
from autograder.plugin.tables import Table, read_table

PLATFORMS = {platform.name: platform for platform in (MOODLE, CANVAS, GITHUB, PLAIN)}


def run(options: argparse.Namespace) -> int:
    """Collect, or return feedback.

    Args:
        options: as `arguments` defines them.

    Returns:
        0 if nothing is left to do; 1 if somebody's work was not collected, or a page not packed;
        2 if nothing was done at all.
    """
    try:
        if options.back:
            return _return(options)
        return _collect(options)
    except (ValueError, OSError) as problem:
        print(printable(str(problem)), file=sys.stderr)
        return 2


def _collect(options: argparse.Namespace) -> int:
    if not options.platform or not options.archive:
        raise ValueError(
            "Expected: python -m autograder collect ZIP-OR-FOLDER ASSIGNMENT --from PLATFORM, "
            f"with one of {', '.join(PLATFORMS)}; or ASSIGNMENT --return PLATFORM."
        )
    if options.output:
        raise ValueError("--output belongs to --return; submissions go to nbgrader's own folder.")
    platform, course = PLATFORMS[options.platform], find_course(options.assignment)
    zone = _zone(options.timezone)
    with open_archive(options.archive) as archive:
        context = _context(options, platform, course, zone)
        wishes = Wishes(_matches(options.match), options.times, options.overwrite)
        plan = make_plan(archive, platform, context, wishes, course.submitted)
        if not options.dry_run:
            workshop = course.submissions / f".collecting-{os.getpid()}"
            written = write_plan(plan, course.submitted, workshop)
            record(_record(course), platform.name, written)
    print(report(plan, zone, options.dry_run))
    named = options.timezone or f"this computer's time zone ({datetime.now().astimezone():%Z})"
    print(f"Times are shown, and where they name no zone were read, in {named}.")
    return int(any(s.why_not for s in plan.submissions))


def _return(options: argparse.Namespace) -> int:
    course = find_course(options.assignment)
    course.notebooks()  # refuses an assignment that there is not
    platform = options.back
    if options.archive:
        places = _places(_plan_of(options, PLATFORMS[platform], course))
    else:
        noted = read_record(_record(course))
        places = {s: one["place"] for s, one in noted.items() if one["platform"] == platform}
    if not places:
        raise ValueError(
            f"Nothing of {options.assignment} was collected from {platform}. Expected: to collect "
            f"it first (--from {platform}), or the download itself: python -m autograder collect "
            f"ZIP {options.assignment} --return {platform}."
        )
    output = options.output or Path(f"feedback-{options.assignment}-{platform}.zip")
    if output.exists() and not options.overwrite and not options.dry_run:
        raise ValueError(f"{output} is there already. Name another with --output, or --overwrite.")
    returns = plan_returns(places, course.feedback)
    left = [item for item in returns if item.why_not]
    rows = [(item.student, name) for item in returns for name in item.files]
    if rows:
        print(table(("student", "name in the zip"), rows), end="\n\n")
    if left:
        print("Not packed:\n" + table(("student", "why"), ((r.student, r.why_not) for r in left)))
        print()
    if rows and not options.dry_run:
        print(f"{output}: {pack(returns, output)} pages of {len(returns) - len(left)} students")
    return int(bool(left))


def _plan_of(options: argparse.Namespace, platform: Platform, course: Course) -> Plan:
    with open_archive(options.archive) as archive:
        context = _context(options, platform, course, _zone(options.timezone))
        wishes = Wishes(_matches(options.match), "none", True)
        return make_plan(archive, platform, context, wishes, course.submitted)


def _places(plan: Plan) -> dict[str, str]:
    return {s.person.id: s.place for s in plan.submissions if s.person and not s.why_not}


def _record(course: Course) -> Path:
    return course.submissions / RECORDS / f"{course.assignment}.json"


def _context(
    options: argparse.Namespace, platform: Platform, course: Course, zone: tzinfo
) -> Context:
    notebooks = course.notebooks()
    own = read_table(options.csv) if options.csv else None
    roster = roster_from_csv(options.roster) if options.roster else course.roster()
    roster = roster or _roster_of(own, platform, course)
    return Context(options.assignment, notebooks, roster, zone, own)


def _roster_of(own: Table | None, platform: Platform, course: Course) -> Roster:
    """Return the people that the platform's file names, where the course has no list of its own."""
    if own is None:
        raise ValueError(
            f"There is no roster: {course.directory.db_url} has no student. Expected: who is in "
            "the course, so that names become ids. Import it (nbgrader db student import "
            "students.csv; columns id,first_name,last_name,email), or give such a file with "
            f"--roster, or {platform.csv} with --csv."
        )
    return platform.people(own)


def _matches(given: list[str]) -> dict[str, str]:
    matches = {}
    for text in given:
        name, equals, student = text.rpartition("=")
        if not (name and equals and student):
            raise ValueError(f'--match "{text}" is not understood. Expected: --match "NAME=ID".')
        matches[name] = student
    return matches


def _zone(name: str | None) -> tzinfo:
    if name is None:
        return tzlocal()  # knows summer time, which the offset of today does not
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(
            f'--timezone "{name}" is unknown. Expected: a name such as Europe/Berlin or UTC.'
        ) from error
