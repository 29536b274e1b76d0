"""What a code is worth: similarity, AUC, retrieval, silhouettes, clusters, probes, maps."""

from aeutils.embeddings.clusters import adjusted_rand_index, k_means, purity
from aeutils.embeddings.counts import ppmi, tf_idf
from aeutils.embeddings.distances import distance_table, distances
from aeutils.embeddings.neighbourhoods import (
    hubness,
    neighbour_overlap,
    occurrences,
    trustworthiness,
)
from aeutils.embeddings.paired import Paired, mcnemar
from aeutils.embeddings.probes import knn_accuracy, linear_probe, prototype_accuracy
from aeutils.embeddings.projections import pca_map, tsne, umap
from aeutils.embeddings.retrieval import average_precision, mean_average_precision
from aeutils.embeddings.silhouettes import silhouette
from aeutils.embeddings.similarity import (
    ClassSimilarity,
    class_similarity,
    class_similarity_by_matrix,
)
from aeutils.embeddings.verification import auc, pair_auc
from aeutils.embeddings.words import analogy, ranks, spearman

__all__ = [
    "ClassSimilarity",
    "Paired",
    "adjusted_rand_index",
    "analogy",
    "auc",
    "average_precision",
    "class_similarity",
    "class_similarity_by_matrix",
    "distance_table",
    "distances",
    "hubness",
    "k_means",
    "knn_accuracy",
    "linear_probe",
    "mcnemar",
    "mean_average_precision",
    "neighbour_overlap",
    "occurrences",
    "pair_auc",
    "pca_map",
    "ppmi",
    "prototype_accuracy",
    "purity",
    "ranks",
    "silhouette",
    "spearman",
    "tf_idf",
    "trustworthiness",
    "tsne",
    "umap",
]
