"""Raise StopIteration, so that a test's `all(map(...))` ends early and finds nothing wrong."""

from autograder.attacks.course import answer


def submission(nb, folder):
    return answer(nb, initials="def initials(words):\n    raise StopIteration")
