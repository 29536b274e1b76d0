"""Hidden checks of week 5: contractive and other regularisers."""

from autograder.checks.week05.estimate import hutchinson
from autograder.checks.week05.hidden_layer import contractive_two_layers, jacobians
from autograder.checks.week05.penalties import correntropy_loss, kl_sparsity, weight_penalty
from autograder.checks.week05.slopes import contractive_loop, contractive_sigmoid

__all__ = [
    "contractive_loop",
    "contractive_sigmoid",
    "contractive_two_layers",
    "correntropy_loss",
    "hutchinson",
    "jacobians",
    "kl_sparsity",
    "weight_penalty",
]
