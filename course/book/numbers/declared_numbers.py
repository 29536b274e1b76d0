"""Numbers of the book that nobody measures: settings, a source's own words, steps by hand.

A page may hold a decimal or a percentage only if a claim puts it there or it stands here, under the
reason why it needs no measurement. `course.book.claims.unbacked` looks for others.
"""

SETTING = "a setting, or the argument of a worked example"
ESSAY = "printed in the essay or the paper that the page discusses"
QUESTION = "made up for a question"
REFERENCE = "a section of a book, a version or a licence"
BY_HAND = "follows in one step from what stands beside it"

DECLARED_NUMBERS: dict[str, dict[str, tuple[str, ...]]] = {
    "README.md": {
        SETTING: ("100%", "0%"),
        REFERENCE: ("3.11", "0.9", "4.0"),
    },
    "course/week01.md": {
        SETTING: ("80%", "95%"),
        BY_HAND: ("0.5", "0.4", "1%"),
    },
    "course/week02.md": {
        SETTING: ("16.0", "17.0", "9.0", "9.5"),
        REFERENCE: ("5.2",),
    },
    "course/week03.md": {
        SETTING: ("0.1", "0.5", "3.5", "2.9"),
        ESSAY: ("13.87", "3.00"),
        QUESTION: ("7.2", "7.6"),
    },
    "course/week04.md": {
        SETTING: ("0.1", "0.25", "0.5", "1.25"),
    },
    "course/week05.md": {
        SETTING: ("0.01", "0.1", "0.2", "0.5"),
        BY_HAND: ("0.9", "1.8", "12.5"),
    },
    "course/week06.md": {
        SETTING: ("0.2", "0.02", "0.95"),
        ESSAY: (
            *("1.00", "1.04", "1.15", "1.42", "1.225", "0.25", "15.30", "0.10", "0.35"),
            *("1.02", "1.22"),
        ),
        QUESTION: ("0.002",),
        REFERENCE: ("8.4",),
        BY_HAND: ("0.29",),
    },
    "course/week07.md": {
        SETTING: ("0.5", "96%", "0.99"),
        BY_HAND: ("90%",),
    },
    "course/slides/week01.md": {SETTING: ("80%", "95%")},
    "course/slides/week03.md": {QUESTION: ("7.2", "7.6")},
    "course/slides/week04.md": {SETTING: ("0.5",)},
    "course/slides/week05.md": {SETTING: ("0.01", "0.1")},
    "course/slides/week06.md": {
        SETTING: ("0.2",),
        ESSAY: ("1.02", "1.22", "0.71", "0.70", "0.68", "0.55", "0.25", "0.02"),
    },
    "course/slides/week07.md": {SETTING: ("0.5", "96%", "5%")},
    "course/guide/rubric.md": {SETTING: ("0.95",), QUESTION: ("1.6", "1.3")},
}
