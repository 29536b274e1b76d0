"""Answer with more than can cross: large arrays, long lists, many of them."""

from autograder.attacks.course import answer


def submission(nb, folder):
    return answer(
        nb,
        squares="def squares(n):\n    return [0] * 20_000_000",
        scale="def scale(x):\n    return np.zeros(60_000_000)",
        shout="def shout(text):\n    return 'x' * 200_000_000",
        double="def double(n):\n    return 10**5_000_000",
    )
