"""Return an array without numbers, so that the partial credit is not a number at all."""

from autograder.attacks.course import answer


def submission(nb, folder):
    return answer(nb, double="def double(n):\n    return np.array([])")
