"""Answer with lists nested without end, lists that hold themselves, and objects that grow."""

from autograder.attacks.course import answer

SQUARES = """
def squares(n):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    return deep
"""
SPELL = """
def spell(word):
    circle = []
    circle.append(circle)
    return circle
"""
SHOUT = """
class Endless:
    def __len__(self):
        return 2**60

    def __iter__(self):
        while True:
            yield self

    def __getattr__(self, name):
        return Endless()


def shout(text):
    return {"a": Endless(), "b": [Endless()] * 200_000}
"""


def submission(nb, folder):
    return answer(nb, squares=SQUARES, spell=SPELL, shout=SHOUT)
