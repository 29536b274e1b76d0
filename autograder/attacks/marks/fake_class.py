"""Return an object that pretends to be a list or a text, by a false `__class__`."""

from autograder.attacks.course import answer

FAKE = """
class Fake{kind}:
    __class__ = {kind}

    def __init__(self, *args):
        pass

    def __eq__(self, other):
        return True

    def __len__(self):
        return 11

    __hash__ = None


{name} = Fake{kind}
"""


def submission(nb, folder):
    squares = FAKE.format(kind="list", name="squares")
    shout = FAKE.format(kind="str", name="shout")
    return answer(nb, squares=squares, shout=shout)
