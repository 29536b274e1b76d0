"""A failed test that explains itself, and how to recognise one from another package."""

from __future__ import annotations


class CheckFailed(AssertionError):
    """A test did not pass, and its message tells the student why.

    Attributes:
        mistake: short name of the known mistake that the answer matches, or "" if none does.
    """

    def __init__(self, message: str, mistake: str = "") -> None:
        super().__init__(message)
        self.mistake = mistake

    def _render_traceback_(self) -> list[str]:  # the hook IPython asks for
        return [f"\x1b[0;31m✘\x1b[0m {self}"]


def mistake_of(error: BaseException) -> str | None:
    """Return the name of the mistake that an error explains, or None if it explains none.

    A course's tests bring error classes of their own, which the grader does not import. What they
    have in common is the form: an AssertionError with a text attribute `mistake`. Errors of student
    code are rebuilt on the tests' side from built-in types and never have it.

    Args:
        error: what a check raised.
    """
    mistake = getattr(error, "mistake", None)
    return mistake if isinstance(error, AssertionError) and isinstance(mistake, str) else None
