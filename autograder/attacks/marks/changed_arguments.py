"""Change the arguments in place, so that the test compares its own data with itself."""

from autograder.attacks.course import answer


def submission(nb, folder):
    return answer(
        nb,
        scale="def scale(x):\n    x[...] = 0\n    return x",
        initials="def initials(words):\n    words.clear()\n    return words",
    )
