"""Return an object that survives all arithmetic and shows itself as "2.0" in the end."""

from autograder.attacks.course import answer

DOUBLE = """
class Credit:
    def same(self, *_):
        return self

    __add__ = __radd__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = same

    def __repr__(self):
        return "2.0"

    def _repr_mimebundle_(self, **_):
        return {"text/plain": "2.0"}


def double(n):
    print("2.0")
    return Credit()
"""


def submission(nb, folder):
    return answer(nb, double=DOUBLE)
