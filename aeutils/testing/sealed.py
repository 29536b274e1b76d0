"""The sealed reference: during grading, the twin of an exercise refuses to work.

Most functions of this package are also an exercise of some week. While a notebook of that week is
graded, a student's answer must not be `from aeutils.pca import center`; the grader therefore sets
the environment variable ``AEUTILS_SEALED`` to the assignment's name, and every function marked with
:func:`exercise` of that name raises :class:`ReferenceSealed` instead of answering. In any other
session, and in every other week, the mark does nothing.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T", bound=Callable)


class ReferenceSealed(RuntimeError):
    """Raised when graded code calls the reference solution of the exercise it is graded on."""


def exercise(assignment: str) -> Callable[[T], T]:
    """Mark a function, or a class, as the reference twin of an exercise of `assignment`.

    >>> @exercise("week01_pca")
    ... def center(x): ...

    Args:
        assignment: the notebook in which it is an exercise.

    Returns:
        A decorator.

    Raises:
        ReferenceSealed: not here, but by the twin, while that notebook is graded.
    """

    def mark(twin: T) -> T:
        call: Any = getattr(twin, "__init__") if isinstance(twin, type) else twin  # noqa: B009

        def guarded(*args: Any, **kwargs: Any) -> Any:
            if assignment in os.environ.get("AEUTILS_SEALED", "").split(","):
                raise ReferenceSealed(
                    f"{twin.__module__}.{twin.__qualname__} is the reference for an exercise of "
                    f"{assignment} and is closed while that notebook is graded; "
                    "implement it in the notebook and call your own version"
                )
            return call(*args, **kwargs)

        told: Any = functools.update_wrapper(guarded, call)
        del told.__wrapped__  # the open door to `twin`; `help` keeps its signature:
        told.__signature__ = inspect.signature(call)
        if isinstance(twin, type):
            setattr(twin, "__init__", told)  # noqa: B010
            return twin
        return told

    return mark
