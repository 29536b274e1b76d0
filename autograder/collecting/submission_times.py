"""When each submission came, from the best source that there is."""

from __future__ import annotations

from autograder.collecting.archives import Archive
from autograder.collecting.platform import Context, Detail, Platform
from autograder.collecting.submission import Submission
from autograder.collecting.times import are_of_packing, in_zone


def set_times(
    archive: Archive,
    submissions: list[Submission],
    details: dict[str, Detail],
    context: Context,
    wish: str,
    platform: Platform,
) -> list[str]:
    """Give each submission the best time there is, and say where it comes from.

    Args:
        archive: the download.
        submissions: get their times.
        details: what the platform's CSV tells, by the platform's number of a person.
        context: with the zone of times that name none.
        wish: "auto", "archive" or "none", as on the command line.
        platform: where the archive comes from.

    Returns:
        Sentences for the instructor.
    """
    if wish == "none":
        return ["Times were not asked for (--times none): nothing counts as late."]
    notes = []
    for submission in submissions:
        detail = details.get(submission.key)
        named = [piece.time for piece in submission.files.values() if piece.time]
        if detail and detail.problem:
            submission.notes.append(f"no time: {detail.problem}")
        if detail and detail.time:
            submission.time, submission.time_source = detail.time, "platform's CSV"
        elif named:
            submission.time, submission.time_source = max(named), "file name"
        elif platform.clock and archive.is_folder:
            submission.time = platform.clock(archive, submission.pieces[0])
            submission.time_source = "commit" if submission.time else ""
    if any(s.time_source == "commit" for s in submissions):
        notes.append(
            "Times of commits are set by students' own computers. If they decide on penalties, "
            "give GitHub's: --csv with the assignment's grades."
        )
    return notes + _archive_times(archive, submissions, context, wish, platform)


def _archive_times(
    archive: Archive,
    submissions: list[Submission],
    context: Context,
    wish: str,
    platform: Platform,
) -> list[str]:
    """Take the entries' own times for the rest, if they are more than the time of packing."""
    rest = {}
    for submission in submissions:
        times = [p.entry.modified for p in submission.files.values() if p.entry.modified]
        if times and submission.time is None:
            rest[submission.key] = max(in_zone(time, context.zone) for time in times)
    untold = sum(s.time is None for s in submissions)
    if not untold:
        return []
    if not rest or (wish != "archive" and are_of_packing(rest.values())):
        return [
            f"{untold} of {len(submissions)} have no time, and are never late: the archive's own "
            f"times are those of its packing. To have times, give {platform.csv} with --csv, or "
            "take the archive's all the same with --times archive."
        ]
    source = "file date" if archive.is_folder else "zip entry"
    for submission in submissions:
        if submission.key in rest:
            submission.time, submission.time_source = rest[submission.key], source
    return [
        f"{len(rest)} of {len(submissions)} have the time of their {source}. Compare one with the "
        "platform before you set a late penalty; --times none leaves them out."
    ]
