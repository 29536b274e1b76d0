"""Fail in a line whose number is a hidden input, because feedback says in which line."""

from autograder.attacks.course import answer

SHOUT = """
def shout(text):
    if text == "quiet":
        return "QUIET"
    number = int("".join(c for c in text if c.isdigit())[:5])
    name = shout.__code__.co_filename
    exec(compile("\\n" * (number - 1) + "raise ValueError", name, "exec"))
"""


def submission(nb, folder):
    return answer(nb, shout=SHOUT + "# one more line\n" * 99_999)
