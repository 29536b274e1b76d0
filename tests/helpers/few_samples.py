"""What tests of the benchmark of drawn images share: few real images, and the networks."""

from aeutils import data
from benchmarks.samples import ADVERSARIAL, PLAIN, VARIATIONAL

EPOCHS = 2
CODE = {
    PLAIN: 8,
    "variational, 2": 2,
    "variational, 8": 8,
    VARIATIONAL: 20,
    "variational, 20, β = 4": 20,
    "kernel, 8": 8,
    ADVERSARIAL: 8,
}


def few(n_train, n_test):
    """The first images of a real data set."""
    mnist = data.load("mnist", size="small")
    return data.Dataset(
        *("mnist", "small", mnist.x_train[:n_train], mnist.y_train[:n_train]),
        *(mnist.x_test[:n_test], mnist.y_test[:n_test], mnist.classes, "a slice"),
    )
