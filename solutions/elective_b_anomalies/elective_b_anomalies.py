# %% [markdown]
# # Elective B · Anomalies

# %%
import torch
from torch import Tensor, nn

from aeutils import data, models, neighbours, pca, plots, training, widgets
from aeutils.testing import elective_b as tests
from aeutils.widgets import calibration, predict, reveal

torch.set_num_threads(1)  # steadier on a busy laptop: two threads often wait for each other
training.seed_everything(1)

# %% [markdown]
# ### Exercise 1 · Windows
# *Difficulty ●○○ · importance ●●● · 8 minutes · 3 points*
#
# A series is one long row; a network wants many short ones. Windows that overlap hold every value `width` times, and a year of
# readings would no longer fit into memory. They need not be copied: a tensor is a memory and a rule for walking through it, and
# the next window begins `stride` places further on in the same memory.
#
# <details><summary>Hint 1: who knows such a rule?</summary>
#
# `Tensor.unfold(dimension, size, step)` changes the rule and leaves the memory alone.
# </details>
# <details><summary>Hint 2: how many are there?</summary>
#
# The last window has to end inside the series: (T − width) // stride + 1 of them. Values behind it are in no window.
# </details>


# %% nbgrader={"grade_id": "windows", "solution": true}
def windows(series: Tensor, width: int, stride: int = 1) -> Tensor:
    """All windows of `width` values that begin at 0, stride, 2 stride, … and lie in the series.

    Args:
        series: floats (T,).
        width: length of a window, from 1 to T.
        stride: distance from one window's beginning to the next one's, at least 1.

    Returns:
        (N, width) with N = (T − width) // stride + 1. A view: the windows share the memory of
        the series, nothing is copied.
    """
    ### BEGIN SOLUTION
    return series.unfold(0, width, stride)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-windows", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_b, grade

grade(elective_b.windows, windows)
### END HIDDEN TESTS
assert tests.windows(windows)

# %% [markdown]
# ### Exercise 2 · The window autoencoder
# *Difficulty ●●○ · importance ●●● · 15 minutes · 3 points*
#
# Two layers in, two layers out, and one more method than in week 2: the error of each window, which is the score.
#
# <details><summary>Hint 1: the parts</summary>
#
# `self.encoder = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, latent))`, and its mirror image.
# </details>
# <details><summary>Hint 2: the errors</summary>
#
# One number a window: the mean over `dim=1`. `@torch.no_grad()` above the method keeps it from recording a graph.
# </details>


# %% nbgrader={"grade_id": "WindowAutoencoder", "solution": true}
class WindowAutoencoder(nn.Module):
    """An autoencoder for windows, with one hidden layer (ReLU) on each side of a linear code.

    Both halves end in a linear layer; all four layers have biases.

    Args:
        width: values in a window.
        hidden: units of each hidden layer.
        latent: numbers in the code.
    """

    def __init__(self, width: int, hidden: int, latent: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.encoder = nn.Sequential(
            nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, latent)
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, width)
        )
        ### END SOLUTION

    def encode(self, x: Tensor) -> Tensor:
        """Windows (N, width) to codes (N, latent)."""
        ### BEGIN SOLUTION
        return self.encoder(x)
        ### END SOLUTION

    def decode(self, z: Tensor) -> Tensor:
        """Codes (N, latent) to windows (N, width)."""
        ### BEGIN SOLUTION
        return self.decoder(z)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Windows (N, width) to their reconstructions (N, width)."""
        ### BEGIN SOLUTION
        return self.decode(self.encode(x))
        ### END SOLUTION

    def errors(self, x: Tensor) -> Tensor:
        """Mean squared error of each window, (N,), without a graph: it is a score, not a loss."""
        ### BEGIN SOLUTION
        with torch.no_grad():
            return (self(x) - x).square().mean(dim=1)
        ### END SOLUTION


# %% nbgrader={"grade_id": "test-WindowAutoencoder", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_b, grade

grade(elective_b.window_autoencoder, WindowAutoencoder)
### END HIDDEN TESTS
assert tests.window_autoencoder(WindowAutoencoder)

# %% [markdown]
# ### Exercise 3 · From windows to points
# *Difficulty ●●○ · importance ●●○ · 12 minutes · 3 points*
#
# The network scores windows; the operator asks about *points*. A point in the middle lies in `width` windows, the first and the last
# in one only. Its score is the mean over the windows that hold it.
#
# <details><summary>Hint 1: which windows hold point t?</summary>
#
# Window i holds the points i to i + width − 1. So point t lies in the windows t − width + 1 to t, as far as they exist.
# </details>
# <details><summary>Hint 2: without a loop over points</summary>
#
# Add the scores `width` times, each time one place further on, and count alongside how many were added:
# `total[j : j + N] += window_scores` for j from 0 to width − 1.
# </details>


# %% nbgrader={"grade_id": "point_scores", "solution": true}
def point_scores(window_scores: Tensor, width: int) -> Tensor:
    """The score of each point of a series: the mean score of the windows that hold it.

    Args:
        window_scores: floats (N,), of the windows that begin at the points 0, 1, …, N − 1.
        width: length of a window, at least 1.

    Returns:
        (N + width − 1,), one for each point of the series.
    """
    ### BEGIN SOLUTION
    n = len(window_scores)
    total = window_scores.new_zeros(n + width - 1)
    held = window_scores.new_zeros(n + width - 1)
    for j in range(width):
        total[j : j + n] += window_scores
        held[j : j + n] += 1
    return total / held
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-point_scores", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_b, grade

grade(elective_b.point_scores, point_scores)
### END HIDDEN TESTS
assert tests.point_scores(point_scores)

# %% [markdown]
# ### Exercise 4 · How loud may it be?
# *Difficulty ●●○ · importance ●●● · 10 minutes · 3 points*
#
# An alarm rings where a score is *above* a threshold. The threshold has to be chosen before an anomaly was ever seen, from the
# errors of normal windows and from the share of false alarms that one can bear.
#
# <details><summary>Hint 1: only some values matter</summary>
#
# Between two neighbouring errors nothing changes. So try the errors themselves, from the smallest up.
# </details>
# <details><summary>Hint 2: counting</summary>
#
# Of n sorted errors at most floor(rate · n) may lie above the threshold. Equal errors lie above it together or not at all.
# </details>


# %% nbgrader={"grade_id": "threshold", "solution": true}
def threshold(errors: Tensor, rate: float) -> float:
    """The smallest of the errors above which lies at most the share `rate` of them.

    Args:
        errors: errors of normal windows, floats (N,), N >= 1, in any order.
        rate: the share of false alarms that can be borne, from 0 to below 1. An alarm rings where
            an error is > the threshold.

    Returns:
        One of the errors; for rate = 0 the largest.
    """
    ### BEGIN SOLUTION
    above = (errors[None, :] > errors[:, None]).double().mean(dim=1)  # for each as the threshold
    return float(errors[above <= rate].min())
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-threshold", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_b, grade

grade(elective_b.threshold, threshold)
### END HIDDEN TESTS
assert tests.threshold(threshold)

# %% [markdown]
# ### Exercise 5 · Two areas
# *Difficulty ●●● · importance ●●● · 15 minutes · 3 points*
#
# **AUROC** is week 6's pair AUC: how often an anomalous point scores above a normal one, a tie counting half. **Average precision** is the
# area under precision against recall: walk down the thresholds; at each, precision is the share of anomalous points among those
# flagged, and it counts as much as recall grew.
#
# $$\mathrm{AP} = \sum_i (R_i - R_{i-1})\,P_i$$
#
# <details><summary>Hint 1: ties</summary>
#
# Points of equal score are flagged together: there is no threshold between them. The steps i are the *different* scores.
# </details>
# <details><summary>Hint 2: a score at a time</summary>
#
# For each of `scores.unique()`, count flagged points and flagged anomalous points with `scores >= value`. From the largest value down, `diff` gives the growth.
# </details>


# %% nbgrader={"grade_id": "ranking_quality", "solution": true}
def ranking_quality(scores: Tensor, anomalous: Tensor) -> tuple[float, float]:
    """Areas under the ROC curve and under the precision-recall curve (average precision).

    Args:
        scores: floats (N,), larger is more suspicious; scores may be equal.
        anomalous: booleans (N,); both kinds occur.

    Returns:
        auroc: the share of pairs (anomalous, normal) whose anomalous point has the larger score;
            a pair of equal scores counts half.
        average_precision: Σ (Rᵢ − Rᵢ₋₁) Pᵢ over the different scores from the largest down, with
            Pᵢ and Rᵢ precision and recall of flagging all points with at least that score.
    """
    ### BEGIN SOLUTION
    values, place = scores.unique(return_inverse=True)  # ascending
    bad = torch.zeros(len(values), dtype=torch.double).index_add_(0, place, anomalous.double())
    good = torch.zeros_like(bad).index_add_(0, place, (~anomalous).double())
    below = good.cumsum(0) - good / 2  # normal points below each score; ties count half
    auroc = (bad * below).sum() / (bad.sum() * good.sum())
    hit, false = bad.flip(0).cumsum(0), good.flip(0).cumsum(0)
    average = (bad.flip(0) / bad.sum() * hit / (hit + false)).sum()
    return float(auroc), float(average)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-ranking_quality", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_b, grade

grade(elective_b.ranking_quality, ranking_quality)
### END HIDDEN TESTS
assert tests.ranking_quality(ranking_quality)

# %% [markdown]
# ### Exercise 6 · PCA where you cannot go
# *Difficulty ●●● · importance ●●○ · 20 minutes · 3 points*
#
# A kernel $k(x,y)=\langle\phi(x),\phi(y)\rangle$ is an inner product in a space that nobody visits. Distances in it are still known, and so is
# the squared distance of $\phi(x)$ from the best $k$-dimensional flat through the training points' mean: the reconstruction error of kernel PCA
# (Hoffmann, 2007). Centre, decompose, subtract:
#
# $$\tilde k(x,y) = k(x,y) - \overline{k(x,\cdot)} - \overline{k(\cdot,y)} + \overline{k},\qquad
#   e(x) = \tilde k(x,x) - \sum_{j=1}^{k} \frac{1}{\lambda_j}\Big(\sum_i v_{ij}\,\tilde k(x_i, x)\Big)^2$$
#
# The bars are means over the *training* points; $\lambda_j$ and the unit vectors $v_j$ are the largest eigenvalues and their eigenvectors of the
# centred matrix $\tilde K$ of the training points. With $k(x,y)=x^\top y$ all of this is plain PCA, to the last digit: that is the test.
#
# <details><summary>Hint 1: the means</summary>
#
# Three of them: `k_cross.mean(dim=1)` for each x, `k_train.mean(dim=0)` for each training point, `k_train.mean()`. In
# k̃(x,x) both middle terms are the mean of x.
# </details>
# <details><summary>Hint 2: the largest eigenvalues</summary>
#
# `torch.linalg.eigh` sorts them upwards: take the last `components` columns.
# </details>


# %% nbgrader={"grade_id": "kernel_pca_errors", "solution": true}
def kernel_pca_errors(
    k_train: Tensor, k_cross: Tensor, k_self: Tensor, components: int
) -> Tensor:
    """Squared distance in feature space from the flat that kernel PCA fits to the training points.

    Args:
        k_train: kernel of each pair of the M training points, symmetric, floats (M, M).
        k_cross: kernel of each of N new points with each training point, (N, M).
        k_self: kernel of each new point with itself, (N,).
        components: dimensions of the flat, from 1 to M − 1; the centred k_train has at least as many
            eigenvalues that are clearly above 0.

    Returns:
        Errors (N,), one for each new point, never below 0.
    """
    ### BEGIN SOLUTION
    of_train, of_all = k_train.mean(dim=0), k_train.mean()  # (M,), one number
    of_x = k_cross.mean(dim=1)  # (N,)
    centred = k_train - of_train[:, None] - of_train + of_all
    cross = k_cross - of_x[:, None] - of_train + of_all
    itself = k_self - 2 * of_x + of_all
    values, vectors = torch.linalg.eigh(centred)
    along = cross @ vectors[:, -components:] / values[-components:].sqrt()  # (N, components)
    return (itself - along.square().sum(dim=1)).clamp_min(0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-kernel_pca_errors", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_b, grade

grade(elective_b.kernel_pca_errors, kernel_pca_errors)
### END HIDDEN TESTS
assert tests.kernel_pca_errors(kernel_pca_errors)

# %% [markdown]
# ### Exercise 7 · Counting events, honestly and otherwise
# *Difficulty ●●○ · importance ●●● · 15 minutes · 3 points*
#
# An event is a run of anomalous points; an alarm is a run of flagged ones. An operator wants every event found once and every alarm to mean something: precision and
# recall of *events*. Many papers did something else: the **point adjustment** declares a whole event found, point by point, as soon as
# a single one of its points was flagged, and then counts points.
#
# <details><summary>Hint 1: runs</summary>
#
# A run begins where a point is True and the one before it is not. `cumsum` of these beginnings numbers the runs.
# </details>
# <details><summary>Hint 2: which runs were hit?</summary>
#
# The numbers of the runs at the points where both are True: `number[flagged & anomalous].unique()`.
# </details>


# %% nbgrader={"grade_id": "events", "solution": true}
def event_quality(flagged: Tensor, anomalous: Tensor) -> tuple[float, float]:
    """Precision and recall of events. An event is an unbroken run of anomalous points, an alarm one of flagged points.

    Args:
        flagged: booleans (T,), where the alarm rings.
        anomalous: booleans (T,), with at least one True.

    Returns:
        precision: the share of alarms with at least one anomalous point; 0 if there is no alarm.
        recall: the share of events with at least one flagged point.
    """
    ### BEGIN SOLUTION

    def hit(runs: Tensor, others: Tensor) -> float:
        """The share of the runs that meet the others."""
        starts = runs & ~torch.cat([torch.zeros(1, dtype=torch.bool), runs[:-1]])
        number = starts.cumsum(0)
        met = number[runs & others].unique()
        return len(met) / max(1, int(starts.sum()))

    return hit(flagged, anomalous), hit(anomalous, flagged)
    ### END SOLUTION


def point_adjust(flagged: Tensor, anomalous: Tensor) -> Tensor:
    """The point adjustment: flag every point of an event of which any point is flagged.

    Args:
        flagged: booleans (T,).
        anomalous: booleans (T,).

    Returns:
        Booleans (T,): `flagged`, and True at all points of each event that holds a flagged one.
    """
    ### BEGIN SOLUTION
    starts = anomalous & ~torch.cat([torch.zeros(1, dtype=torch.bool), anomalous[:-1]])
    number = starts.cumsum(0)
    met = number[flagged & anomalous].unique()
    return flagged | (anomalous & torch.isin(number, met))
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-events", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_b, grade

grade(elective_b.events, event_quality, point_adjust)
### END HIDDEN TESTS
assert tests.events(event_quality, point_adjust)

# %% [markdown]
# ### Exercise 8 · What should such an image cost?
# *Difficulty ●●○ · importance ●●○ · 12 minutes · 3 points*
#
# A 1 has little ink, and little ink is rebuilt with a small error whatever it shows. So ask of an image not what its error is, but how
# many times the error *to be expected of an image like it*. What to expect we learn from normal images: fit the logarithm of
# their errors by a linear function of a few features, by least squares, with a constant.
#
# <details><summary>Hint 1: a constant</summary>
#
# A column of ones beside the features: `torch.cat([torch.ones(len(f), 1), f], dim=1)`.
# </details>
# <details><summary>Hint 2: least squares</summary>
#
# `torch.linalg.lstsq(A, y[:, None]).solution`; the expected error is `exp` of what the fit says.
# </details>


# %% nbgrader={"grade_id": "corrected_errors", "solution": true}
def corrected_errors(
    errors: Tensor, features: Tensor, normal_errors: Tensor, normal_features: Tensor
) -> Tensor:
    """Errors over what is expected of such an image: e(x) / exp(a + b · f(x)).

    a and b are the least-squares fit of a + b · f to the logarithm of the normal images' errors.

    Args:
        errors: of N images, > 0, floats (N,).
        features: what is known of each of them, floats (N, F), F >= 1.
        normal_errors: of M > F + 1 normal images, > 0, floats (M,).
        normal_features: the same features of these, (M, F); none of them is constant, or a linear
            function of the others.

    Returns:
        (N,): 1 for an image that is rebuilt as well as a normal one of its kind.
    """
    ### BEGIN SOLUTION

    def with_constant(f: Tensor) -> Tensor:
        return torch.cat([torch.ones_like(f[:, :1]), f], dim=1)

    a_b = torch.linalg.lstsq(with_constant(normal_features), normal_errors.log()[:, None]).solution
    return errors / (with_constant(features) @ a_b).squeeze(1).exp()
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-corrected_errors", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_b, grade

grade(elective_b.corrected_errors, corrected_errors)
### END HIDDEN TESTS
assert tests.corrected_errors(corrected_errors)
