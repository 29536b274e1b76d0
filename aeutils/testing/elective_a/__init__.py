"""Visible tests of elective A: words and documents."""

from aeutils.testing.elective_a.codes import hamming, list_quality, multinomial_nll, noisy_code
from aeutils.testing.elective_a.words import analogy, ppmi, spearman, tf_idf

__all__ = [
    "analogy",
    "hamming",
    "list_quality",
    "multinomial_nll",
    "noisy_code",
    "ppmi",
    "spearman",
    "tf_idf",
]
