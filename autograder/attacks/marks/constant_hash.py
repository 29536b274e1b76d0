"""Return a text whose hash and equality are those of whatever it is compared with."""

from autograder.attacks.course import answer

SHOUT = """
class Chameleon(str):
    def __hash__(self):
        return 0

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False


shout = Chameleon
"""


def submission(nb, folder):
    return answer(nb, shout=SHOUT)
