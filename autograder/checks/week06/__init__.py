"""Hidden checks of week 6: evaluating embeddings."""

from autograder.checks.week06.counting import auc, mean_average_precision, neighbour_overlap
from autograder.checks.week06.outside import prototype_accuracy, silhouette
from autograder.checks.week06.pairs import class_similarity, distances
from autograder.checks.week06.ratio import class_ratio

__all__ = [
    "auc",
    "class_ratio",
    "class_similarity",
    "distances",
    "mean_average_precision",
    "neighbour_overlap",
    "prototype_accuracy",
    "silhouette",
]
