"""Return a negative number: nbgrader itself takes negative partial credit for full marks."""

from autograder.attacks.course import answer


def submission(nb, folder):
    return answer(nb, double="def double(n):\n    return -1e9")
