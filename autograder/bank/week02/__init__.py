"""Answers to week 2: the vanilla autoencoder."""

from autograder.bank.week02.losses import BERNOULLI, POISSON, TANH
from autograder.bank.week02.models import AUTOENCODER, MLP, TIED
from autograder.bank.week02.training import RECONSTRUCTION_ERROR, TRAIN_EPOCH

EXERCISES = {
    "mlp": MLP,
    "autoencoder": AUTOENCODER,
    "bernoulli_nll": BERNOULLI,
    "poisson_nll": POISSON,
    "tanh_cross_entropy": TANH,
    "train_epoch": TRAIN_EPOCH,
    "reconstruction_error": RECONSTRUCTION_ERROR,
    "tied_autoencoder": TIED,
}
