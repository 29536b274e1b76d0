"""Return an object with the right length and no items, for tests that zip over the result."""

from autograder.attacks.course import answer

SPELL = """
class Letters:
    def __init__(self, word):
        self.word = word

    def __len__(self):
        return len(self.word)

    def __iter__(self):
        return iter(())


def spell(word):
    return Letters(word)
"""


def submission(nb, folder):
    return answer(nb, spell=SPELL)
