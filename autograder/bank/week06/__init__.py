"""Answers to week 6: evaluating embeddings."""

from autograder.bank.week06.counting import AUC, MEAN_AVERAGE_PRECISION, NEIGHBOUR_OVERLAP
from autograder.bank.week06.outside import PROTOTYPE_ACCURACY, SILHOUETTE
from autograder.bank.week06.pairs import CLASS_RATIO, CLASS_SIMILARITY, DISTANCES

EXERCISES = {
    "distances": DISTANCES,
    "class_similarity": CLASS_SIMILARITY,
    "class_ratio": CLASS_RATIO,
    "auc": AUC,
    "prototype_accuracy": PROTOTYPE_ACCURACY,
    "mean_average_precision": MEAN_AVERAGE_PRECISION,
    "silhouette": SILHOUETTE,
    "neighbour_overlap": NEIGHBOUR_OVERLAP,
}
