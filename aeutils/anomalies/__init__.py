"""Finding what is not like the rest: windows, scores, thresholds, and how scores are judged.

======================  ============================================================
windows.py              a series as overlapping windows; scores of windows to points
baselines.py            scores that need no network
kernel_pca.py           kernel PCA's reconstruction error, in closed form
thresholds.py           a threshold for a share of false alarms
ranking.py              AUROC, average precision, the best F1 in hindsight
events.py               events and alarms; the point adjustment and what it rewards
expected_error.py       errors over what is expected of such an image
======================  ============================================================
"""

from aeutils.anomalies.baselines import mean_distance, nearest_distance, neighbour_difference
from aeutils.anomalies.events import best_adjusted_f1, event_quality, point_adjust, runs
from aeutils.anomalies.expected_error import corrected_errors, fine_detail
from aeutils.anomalies.kernel_pca import gaussian_kernel, kernel_pca_errors, median_gamma
from aeutils.anomalies.ranking import best_f1, ranking_quality
from aeutils.anomalies.thresholds import threshold
from aeutils.anomalies.windows import overlap_mean, point_scores, windows

__all__ = [
    "best_adjusted_f1",
    "best_f1",
    "corrected_errors",
    "event_quality",
    "fine_detail",
    "gaussian_kernel",
    "kernel_pca_errors",
    "mean_distance",
    "median_gamma",
    "nearest_distance",
    "neighbour_difference",
    "overlap_mean",
    "point_adjust",
    "point_scores",
    "ranking_quality",
    "runs",
    "threshold",
    "windows",
]
