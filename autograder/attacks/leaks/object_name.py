"""Name the class of a returned object after a hidden input, because messages name the class."""

from autograder.attacks.course import answer

SHOUT = """
def shout(text):
    return text.upper() if text == "quiet" else type("Got_" + text.replace("-", "_"), (), {})()
"""


def submission(nb, folder):
    return answer(nb, shout=SHOUT)
