"""The error of a failed test; its module imports nothing, so that a grader starts fast."""

from __future__ import annotations


class CheckFailed(AssertionError):
    """A test did not pass. In a notebook it shows its message alone, without a traceback.

    Attributes:
        mistake: short name of the known mistake that the answer matches, or "" if none does.
    """

    def __init__(self, message: str, mistake: str = "") -> None:
        super().__init__(message)
        self.mistake = mistake

    def _render_traceback_(self) -> list[str]:  # the hook IPython asks for
        red, plain = "\x1b[0;31m", "\x1b[0m"
        return [f"{red}✘{plain} {self}"]  # red text on JupyterLab's pink would be hard to read
