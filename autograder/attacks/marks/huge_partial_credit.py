"""Return a huge number, so that one exercise is worth more than all others."""

from autograder.attacks.course import answer


def submission(nb, folder):
    return answer(nb, double="def double(n):\n    return 10**400 * n")
