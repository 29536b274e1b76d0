"""Type a thousand names of exceptions, and raise the one that spells part of a hidden input."""

from autograder.attacks.course import answer

SHOUT = """
def shout(text):
    if text == "quiet":
        return "QUIET"
    digits = "".join(c for c in text if c.isdigit())
    raise type("N" + digits[:3], (Exception,), {})

names = "NAMES"
"""


def submission(nb, folder):
    names = " ".join(f"N{number:03}" for number in range(1000))
    return answer(nb, shout=SHOUT.replace("NAMES", names))
