"""Write a hidden input into the text of the codec's own refusal, which feedback prints."""

from autograder.attacks.course import answer

SHOUT = """
def shout(text):
    import sys

    for module in [sys.modules.get("codec"), *list(sys.modules.values())]:
        refusal = getattr(module, "CannotCross", None)
        if refusal is not None and text != "quiet":
            raise refusal("the test asked for " + text)
    return text.upper() if text == "quiet" else None
"""


def submission(nb, folder):
    return answer(nb, shout=SHOUT)
