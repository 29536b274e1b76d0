"""Answer with a made-up kind of value named after a hidden input: the complaint quotes it."""

from autograder.attacks.course import answer

SHOUT = """
def shout(text):
    import gc, sys

    if text == "quiet":
        return "QUIET"
    for line in [o for o in gc.get_objects() if type(o).__name__ == "Line"]:
        digits = "".join(c for c in text if c.isdigit())
        line.send({"error": None, "values": [{digits: 0}, []], "printed": ""})
        line.send({"error": None, "values": {"array": {digits: 0}}, "printed": ""})
"""


def submission(nb, folder):
    return answer(nb, shout=SHOUT)
