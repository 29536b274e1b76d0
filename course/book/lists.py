"""The pages that only list other pages: each with a sentence on what one finds there."""

from __future__ import annotations

SENTENCES = {
    "README": "The syllabus, the symbols, and what runs through all weeks.",
    "student-setup": "From nothing to the first notebook on Linux, macOS or Windows, and what "
    "`doctor` says when something is missing.",
    "datasets": "What each data set is, where it comes from, its licence, and where it is kept.",
    "glossary": "Every term in a sentence, with the week that uses it first.",
    "mistakes": "What goes wrong in each exercise, as a test would tell it.",
    "references": "Every paper and book that is cited, with the weeks that cite it.",
    "sources": "The four documents that the course grew out of: where each topic is taught, and "
    "what is taught otherwise.",
    "comparisons": "The recipe behind every row of every table that compares models.",
    "threat-model": "What a hostile submission can try, and what stops it.",
    "instructors": "Setting up a course and running a week, command by command.",
    "architecture": "What happens to a submission, and which file does it.",
    "large-classes": "Hundreds of students, several machines, a gradebook in PostgreSQL.",
    "misconceptions": "What students believe, how the tests see it, and what to say.",
    "guide/term-plan": "A term to fill in and hand out.",
    "guide/running-a-week": "The same week by the clock, and what to do in the session.",
    "guide/collecting": "From the zip of a learning platform to nbgrader's folders, and back.",
    "guide/submissions": "Renamed files, deleted cells, other programs: what is done about each.",
    "guide/exercises": "Every exercise with its points, its checks and its known mistakes.",
    "guide/rubric": "How to mark what a program cannot judge.",
    "guide/platforms": "Scores for Moodle, Canvas and others, one row a student.",
    "guide/report": "How the class did, exercise by exercise, and slides for the next session.",
    "guide/disputes": "A student does not agree with a mark: what to ask, look at and answer.",
    "guide/honesty": "Answers that look alike, and what is allowed with which help.",
    "guide/accessibility": "What the kit does for people who see, hear or move differently.",
    "guide/new-exercise": "A worked example, from the idea to the bank of wrong answers.",
}


def described(pages: list[str], titles: dict[str, str]) -> str:
    """Return a list of links, each with its sentence.

    Args:
        pages: their names, in order.
        titles: of each page, its title.
    """
    return "\n".join(
        f"- [{titles[page]}]({page}.md)" + (f": {text}" if (text := SENTENCES.get(page)) else "")
        for page in pages
    )
