"""Return zero as a number of an unusual type, so that the partial credit is taken for no number."""

from autograder.attacks.course import answer


def submission(nb, folder):
    return answer(nb, double="def double(n):\n    return np.longdouble(0)")
