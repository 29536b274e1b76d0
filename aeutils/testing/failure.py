"""The error of a failed test; its module imports nothing, so that a grader starts fast."""

from __future__ import annotations


class CheckFailed(AssertionError):
    """A test did not pass. In a notebook it shows its message alone, without a traceback.

    Args:
        message: what to tell the student.
        mistake: short name of the known mistake, or "".

    Attributes:
        mistake: short name of the known mistake that the answer matches, or "" if none does.
    """

    def __init__(self, message: str, mistake: str = "") -> None:
        super().__init__(message)
        self.mistake = mistake

    def _render_traceback_(self) -> list[str]:  # the hook IPython asks for
        red, plain = "\x1b[0;31m", "\x1b[0m"
        return [f"{red}✘{plain} {self}"]  # red text on JupyterLab's pink would be hard to read


def is_explained(error: BaseException) -> bool:
    """Return whether an error is a failed test that says why: an AssertionError with a `mistake`.

    A grader has an error class of its own, which this package does not import; it raises it, for
    example, where the student's process has ended. Both classes have this form.

    Args:
        error: what was raised.
    """
    return isinstance(error, AssertionError) and isinstance(getattr(error, "mistake", None), str)
