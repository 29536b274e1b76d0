"""Hand in a cell of a hundred thousand empty lines, which some highlighters need hours for."""

from autograder.attacks.course import first


def submission(nb, folder):
    first(nb, "x = 1" + "\n" * 100_000 + "x = 2")
