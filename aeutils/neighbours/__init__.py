"""Nearest neighbours: exact search and votes, label propagation, search in cells."""

from aeutils.neighbours.bits import BitIndex, hamming, hamming_search, pack
from aeutils.neighbours.cells import CellIndex, faiss_search, recall
from aeutils.neighbours.knn import classify, nearest, search, squared_distances, vote
from aeutils.neighbours.propagation import neighbour_graph, one_hot_known, propagate, spread_labels

__all__ = [
    "BitIndex",
    "CellIndex",
    "classify",
    "faiss_search",
    "hamming",
    "hamming_search",
    "nearest",
    "neighbour_graph",
    "one_hot_known",
    "pack",
    "propagate",
    "recall",
    "search",
    "spread_labels",
    "squared_distances",
    "vote",
]
