"""Return an array whose class answers numpy's comparisons itself."""

from autograder.attacks.course import answer

SCALE = """
class Liar(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return np.ones(np.shape(inputs[-1]), bool)

    def __array_function__(self, function, types, args, kwargs):
        return np.ones(np.shape(args[-1]), bool)

    def __array__(self, *args, **kwargs):
        return np.ones(3)


def scale(x):
    return np.asarray(x).view(Liar)
"""


def submission(nb, folder):
    return answer(nb, scale=SCALE)
