"""Return an object whose finalizer rewrites the builtins when the test lets go of it."""

from autograder.attacks.course import answer

SQUARES = """
class Late(list):
    def __eq__(self, other):
        self[:] = other
        return True

    def __len__(self):
        return 11

    def __del__(self):
        import builtins

        builtins.all = lambda *a: True


def squares(n):
    return Late()


def initials(words):
    return Late()
"""


def submission(nb, folder):
    return answer(nb, squares=SQUARES)
