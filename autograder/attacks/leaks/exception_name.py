"""Name an exception after a hidden input, because feedback says which exception was raised."""

from autograder.attacks.course import answer

SHOUT = """
def shout(text):
    if text != "quiet":
        raise type("Asked_" + text.replace("-", "_"), (Exception,), {})
    return "QUIET"
"""


def submission(nb, folder):
    return answer(nb, shout=SHOUT)
