"""Where other courses import `exam_hall` from; it lives in `autograder.plugin.config`."""

from autograder.plugin.config import exam_hall

__all__ = ["exam_hall"]
