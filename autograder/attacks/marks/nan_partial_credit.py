"""Return nan, so that the partial credit is neither too small nor too large."""

from autograder.attacks.course import answer


def submission(nb, folder):
    return answer(nb, double='def double(n):\n    return float("nan")')
