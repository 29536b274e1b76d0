"""Losses and penalties: reconstruction, robust, regularisers, contractive, and losses of pairs."""

from aeutils.losses.contractive import (
    gains,
    hutchinson,
    jacobians,
    penalty_by_loop,
    sigmoid_penalty,
    singular_values,
    two_layer_penalty,
)
from aeutils.losses.correntropy import absolute_error, correntropy_loss
from aeutils.losses.pairs import all_pairs_loss, contrastive_loss, pair_terms, random_pairs
from aeutils.losses.reconstruction import (
    bce_with_logits,
    bernoulli_nll,
    gaussian_nll,
    hinge_mse,
    mse,
    multinomial_nll,
    poisson_nll,
    squared_error_per_image,
    tanh_cross_entropy,
)
from aeutils.losses.regularizers import activity, kl_sparsity, l1, l2, weight_penalty
from aeutils.losses.supervised_contrastive import supcon_loss
from aeutils.losses.triplets import hardest_triplet_loss, triplet_loss

__all__ = [
    "absolute_error",
    "activity",
    "all_pairs_loss",
    "bce_with_logits",
    "bernoulli_nll",
    "contrastive_loss",
    "correntropy_loss",
    "gains",
    "gaussian_nll",
    "hardest_triplet_loss",
    "hinge_mse",
    "hutchinson",
    "jacobians",
    "kl_sparsity",
    "l1",
    "l2",
    "mse",
    "multinomial_nll",
    "pair_terms",
    "penalty_by_loop",
    "poisson_nll",
    "random_pairs",
    "sigmoid_penalty",
    "singular_values",
    "squared_error_per_image",
    "supcon_loss",
    "tanh_cross_entropy",
    "triplet_loss",
    "two_layer_penalty",
    "weight_penalty",
]
