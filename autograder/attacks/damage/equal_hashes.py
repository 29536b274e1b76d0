"""Answer with sets and dicts whose members all have one hash, which takes for ever to build."""

from autograder.attacks.course import answer

SQUARES = """
import gc

def squares(n):
    prime = 2**61 - 1
    tree = [{"int": hex(i * prime)} for i in range(25_000)]
    for line in [o for o in gc.get_objects() if type(o).__name__ == "Line"]:
        line.send({"error": None, "values": [{"set": tree}, []], "printed": ""})
    return [0, 1, 4]
"""


def submission(nb, folder):
    return answer(nb, squares=SQUARES)
