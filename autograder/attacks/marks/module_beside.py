"""Hand in files named like the modules that tests import."""

from autograder.attacks.course import answer

FALSE = """
class testing:
    @staticmethod
    def assert_allclose(*args, **kwargs):
        pass


def array(*args):
    return args


ndarray = generic = float64 = tuple
"""


def submission(nb, folder):
    for name in ("numpy.py", "usercustomize.py", "autograder.py", "codec.py", "json.py"):
        (folder / name).write_text(FALSE)
    return answer(nb, scale="def scale(x):\n    return x")
