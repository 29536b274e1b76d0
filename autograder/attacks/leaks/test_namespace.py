"""Print every name that tests leave behind in the notebook."""

from autograder.attacks.course import last


def submission(nb, folder):
    last(nb, "print({k: v for k, v in list(globals().items()) if k[0] != '_'})")
