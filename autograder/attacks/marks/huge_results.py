"""Return objects so large that comparing them might be given up."""

from autograder.attacks.course import answer


def submission(nb, folder):
    return answer(
        nb,
        squares="def squares(n):\n    return range(10**15)",
        shout="def shout(text):\n    return 'A' * 10**8",
        scale="def scale(x):\n    return np.zeros(40_000_000)",
    )
