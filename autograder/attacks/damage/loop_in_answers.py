"""Never return from an answer that a test calls."""

from autograder.attacks.course import answer


def submission(nb, folder):
    return answer(
        nb,
        squares="def squares(n):\n    while True:\n        pass",
        shout="def shout(text):\n    import time\n    time.sleep(1000)",
    )
