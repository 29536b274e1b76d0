"""Answers to week 5: contractive and other regularisers."""

from autograder.bank.week05.hidden_layer import HUTCHINSON, JACOBIANS, TWO_LAYERS
from autograder.bank.week05.penalties import CORRENTROPY, KL_SPARSITY, WEIGHT_PENALTY
from autograder.bank.week05.slopes import LOOP, SIGMOID

EXERCISES = {
    "weight_penalty": WEIGHT_PENALTY,
    "kl_sparsity": KL_SPARSITY,
    "contractive_loop": LOOP,
    "contractive_sigmoid": SIGMOID,
    "jacobians": JACOBIANS,
    "contractive_two_layers": TWO_LAYERS,
    "hutchinson": HUTCHINSON,
    "correntropy_loss": CORRENTROPY,
}
