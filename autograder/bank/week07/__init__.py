"""Answers to week 7: Siamese networks and nearest neighbours."""

from autograder.bank.week07.batch import ALL_PAIRS_LOSS, SUPCON_LOSS
from autograder.bank.week07.graph import PROPAGATE
from autograder.bank.week07.neighbours import NEAREST, SQUARED_DISTANCES, VOTE
from autograder.bank.week07.pairs import CONTRASTIVE_LOSS, RANDOM_PAIRS

EXERCISES = {
    "squared_distances": SQUARED_DISTANCES,
    "nearest": NEAREST,
    "vote": VOTE,
    "random_pairs": RANDOM_PAIRS,
    "contrastive_loss": CONTRASTIVE_LOSS,
    "all_pairs_loss": ALL_PAIRS_LOSS,
    "supcon_loss": SUPCON_LOSS,
    "propagate": PROPAGATE,
}
