"""Visible tests of elective B: anomalies."""

from aeutils.testing.elective_b.curves import (
    corrected_errors,
    kernel_pca_errors,
    ranking_quality,
    window_autoencoder,
)
from aeutils.testing.elective_b.series import events, point_scores, threshold, windows

__all__ = [
    "corrected_errors",
    "events",
    "kernel_pca_errors",
    "point_scores",
    "ranking_quality",
    "threshold",
    "window_autoencoder",
    "windows",
]
