"""Never end: one cell computes, one waits, and one does so in a thread that holds the lock."""

from autograder.attacks.course import first, last


def submission(nb, folder):
    first(nb, "while True:\n    pass")
    last(nb, "import time\ntime.sleep(1000)")
