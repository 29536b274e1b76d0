"""Return a complex zero, so that the partial credit has no place between nought and full."""

from autograder.attacks.course import answer


def submission(nb, folder):
    return answer(nb, double="def double(n):\n    return 0j")
