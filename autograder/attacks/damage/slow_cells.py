"""Keep the grader busy with many cells, each of which ends just before it would be stopped."""

from autograder.attacks.course import first


def submission(nb, folder):
    for _ in range(12):
        first(nb, "import time\ntime.sleep(3)")
