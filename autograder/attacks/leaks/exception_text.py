"""Write a hidden input into the text and the line number of an exception."""

from autograder.attacks.course import answer

SHOUT = """
def shout(text):
    if text == "quiet":
        return "QUIET"
    try:
        exec(compile("\\n" * 700 + "1/0", f"<ipython-input {text}>", "exec"))
    except ZeroDivisionError as error:
        raise ValueError(text) from error
"""


def submission(nb, folder):
    return answer(nb, shout=SHOUT)
