"""Hidden checks of week 2: the vanilla autoencoder."""

from autograder.checks.week02.losses import bernoulli_nll, poisson_nll, tanh_cross_entropy
from autograder.checks.week02.models import autoencoder, mlp, tied_autoencoder
from autograder.checks.week02.training import reconstruction_error, train_epoch

__all__ = [
    "autoencoder",
    "bernoulli_nll",
    "mlp",
    "poisson_nll",
    "reconstruction_error",
    "tanh_cross_entropy",
    "tied_autoencoder",
    "train_epoch",
]
