"""Print all cells that ran, from the shell's history, at the end."""

from autograder.attacks.course import last


def submission(nb, folder):
    last(nb, "print(In, Out, list(get_ipython().history_manager.get_range(raw=True)))")
