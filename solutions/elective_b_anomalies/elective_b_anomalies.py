# %% [markdown]
# # Elective B · Anomalies
#
# **The question of this notebook.** An autoencoder has only ever seen normal days. So it will fail on a strange one, and its error raises
# the alarm: no label needed. That is the hope behind fraud detection, intrusion detection and quality control with autoencoders. When is
# it more than a hope, and how would you know?
#
# By the end you can
#
# - turn a series into windows, and the errors of windows into an alarm,
# - choose a threshold before any anomaly was seen, and say what it will cost,
# - judge scores by areas under curves, and by the events that an operator cares about,
# - compute the error of kernel PCA in a space that you never visit,
# - say what a measure rewards that many papers use,
# - find out whether anomalies are always rebuilt worse, and correct for what you find.
#
# | | |
# |---|---|
# | Time | about 2 hours; the notebook itself runs in under a minute |
# | Needs | weeks 1 to 3; week 6 for AUC |
# | Graded | 8 exercises, 24 points |
#
# **How to work.** As before: predict, run, explain; hints one rung at a time; tests that explain. The
# grader uses other data and also checks what a docstring promises and the test does not try. Every function owes its
# caller this: arguments and global state (seeds, gradient mode, default dtype) stay as they were, results come from the
# arguments alone, for any values, number of rows and memory layout.

# %%
import torch
from torch import Tensor, nn

from aeutils import anomalies, data, models, pca, plots, training, widgets
from aeutils.testing import elective_b as tests
from aeutils.widgets import calibration, predict, reveal

torch.set_num_threads(1)  # steadier on a busy laptop: two threads often wait for each other
training.seed_everything(1)

# %% tags=["explore"]
widgets.checklist()

# %% [markdown]
# The way of a series in one picture: windows, what is rebuilt, and where the error stands out.

# %% tags=["explore"]
from aeutils import drawings

drawings.window_slices()

# %% [markdown]
# ## 1 · Seven months of New York
#
# How many people rode in a yellow cab, every half hour from July 2014 to January 2015? The Numenta Anomaly Benchmark (Lavin and Ahmad, 2015)
# has the series, and five labelled events: the marathon, Thanksgiving, Christmas, New Year, and a blizzard. (The datasheet is `aeutils/data/embedded/README.md`.)
#
# We play it straight. July to September is for learning, the first 26 days of October are for choosing, and the rest, with all events, is the test.

# %% tags=["explore"]
taxi = data.load_series("taxi")
learn, choose = taxi.at("2014-10-01"), taxi.at("2014-10-27")  # where the next part begins
x = (taxi.values - taxi.values[:learn].mean()) / taxi.values[:learn].std()
late, wrong = slice(choose, None), taxi.anomalous[choose:]
print(taxi)
print(f"{learn:,} points to learn from, {choose - learn:,} to choose by, {len(wrong):,} to test")
print(f"labelled as anomalous: {wrong.double().mean():.0%} of the test, in 5 events")
for start, end in taxi.events.tolist():
    print(f"  {taxi.times[start]} to {taxi.times[end - 1]}")

# %% tags=["explore"]
day = torch.arange(48) / 2
weeks = x[: 12 * 7 * 48].reshape(-1, 7, 48)  # the series begins on a Tuesday
usual = weeks.mean(dim=0) * taxi.values[:learn].std() + taxi.values[:learn].mean()
plots.lines(
    day,
    {
        name: usual[i] / 1000
        for i, name in {0: "Tuesday", 3: "Friday", 4: "Saturday", 5: "Sunday"}.items()
    },
    title="What is normal? Four kinds of day, mean of twelve weeks",
    x_label="hour of the day",
    y_label="thousand passengers in half an hour",
)

# %% [markdown]
# A single value says little: seventeen thousand passengers are normal at noon and strange at five in the morning. What can be strange is a *stretch*. So we
# cut the series into windows of a day, and since a day may begin at any moment, one for each half hour.

# %% [markdown]
# ### Exercise 1 · Windows
# *Difficulty ●○○ · importance ●●● · 8 minutes · 3 points*
#
# A series is one long row; a network wants many short ones. Windows that overlap hold every value `width` times, and copies
# of all of them need `width` times the memory. They need not be copied: a tensor is a memory and a rule for walking through it, and
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

# %% tags=["explore"]
WIDTH = 48
normal, every = windows(x[:learn], WIDTH), windows(x, WIDTH)
copied = every.numel() * every.element_size()
print(
    f"{len(every):,} windows of {WIDTH}: {copied / 2**20:.1f} MB if copied, {x.numel() * 4 / 2**20:.2f} MB as a view"
)

# %% [markdown]
# ## 2 · A network that knows the summer
#
# 48 numbers, 64 hidden units, a code of 4. It has never seen a marathon.

# %% [markdown]
# ### Exercise 2 · The window autoencoder
# *Difficulty ●●○ · importance ●●● · 10 minutes · 3 points*
#
# Two layers in, two layers out, and one more method than in week 2: the error of each window, which is the score.
#
# <details><summary>Hint 1: the parts</summary>
#
# `nn.Sequential` takes layers in their order: a linear one from the window to the hidden units, a ReLU, and a linear one to the
# code. The decoder is its mirror image.
# </details>
# <details><summary>Hint 2: the errors</summary>
#
# One number a window: the mean over `dim=1`. `@torch.no_grad()` above the method keeps it from recording a graph.
# </details>


# %% nbgrader={"grade_id": "window_autoencoder", "solution": true}
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
        self.encoder = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, latent))
        self.decoder = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, width))
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


# %% nbgrader={"grade_id": "test-window_autoencoder", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_b, grade

grade(elective_b.window_autoencoder, WindowAutoencoder)
### END HIDDEN TESTS
assert tests.window_autoencoder(WindowAutoencoder)

# %% tags=["explore"]
training.seed_everything(1)
net = WindowAutoencoder(WIDTH, 64, 4)
trained = training.fit(net, normal, epochs=30, batch_size=64, lr=3e-3)
of_windows = net.errors(every)
parts = {"learned from": slice(0, learn - WIDTH), "choosing": slice(learn, choose - WIDTH)}
for name, part in parts.items():
    print(f"mean error, {name:<13}{of_windows[part].mean():.4f}")

# %% [markdown]
# ### Exercise 3 · From windows to points
# *Difficulty ●●○ · importance ●●○ · 10 minutes · 3 points*
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
# Add up the scores `width` times, each time one place further on, in a row of zeros as long as the series. Do the same with ones, to count
# how many windows were added at each place.
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

# %% tags=["explore"]
scores = point_scores(of_windows, WIDTH)
with torch.no_grad():
    x_hat = anomalies.overlap_mean(net(every))  # at each point the mean of what its windows rebuilt
expected = x_hat * taxi.values[:learn].std() + taxi.values[:learn].mean()

# %% [markdown]
# ## 3 · How loud may it be?
#
# The score is there. An alarm needs a threshold, and here the first honest difficulty begins: it has to be chosen *without* anomalies. All that we
# can choose is how often normal life may ring the bell.

# %% [markdown]
# ### Exercise 4 · A threshold
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
# For each error as the threshold, count how many of the n errors lie above it: at most rate · n may. Equal errors lie above a
# threshold together or not at all.
# </details>


# %% nbgrader={"grade_id": "threshold", "solution": true}
def threshold(errors: Tensor, rate: float) -> float:
    """The smallest of the errors, t, such that at most the share `rate` of the errors is > t.

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
# We have two places to look: the summer that the network learned from, and the 26 days of October that it has not seen. Allow 1 % in each. (The scores
# are those of points now. The last `WIDTH` of each part are left out: their windows reach into the next.)

# %% tags=["explore"]
limits = {
    "chosen in the summer": threshold(scores[: learn - WIDTH], 0.01),
    "chosen in October": threshold(scores[learn : choose - WIDTH], 0.01),
}
for name, limit in limits.items():
    print(f"{name:<22}{limit:.3f}")
loudest = sorted({str(taxi.times[t])[:10] for t in scores[: learn - WIDTH].topk(40).indices})
print("The loudest 20 hours of the summer:", ", ".join(loudest))

# %% [markdown]
# The summer's own threshold is *higher*, though its errors are smaller on average. Look at the dates: Independence Day and its eve, and a Saturday night in September. Nobody labelled them, since the
# labels begin later, but they are in the data that we called normal. "Trained on normal data only" is seldom true, and a quantile far out is where it shows first. October it is.
#
# **Predict.** In October 1 % of the points set off the alarm. How many percent of the *unlabelled* points from 27 October to the end of January?

# %% tags=["explore"]
predict("eb-later", "Normal points after October above October's threshold (%)?", 0, 60, default=1)

# %% tags=["explore"]
loud = {}
print(f"{'':<22}{'October':>9}{'later, normal':>15}{'later, events':>15}")
for name, limit in limits.items():
    rings = scores > limit
    loud[name] = [
        100 * float(rings[learn : choose - WIDTH].double().mean()),
        100 * float(rings[late][~wrong].double().mean()),
        100 * float(rings[late][wrong].double().mean()),
    ]
    print(f"{name:<22}" + "{:>7.1f} %{:>13.1f} %{:>13.1f} %".format(*loud[name]))
reveal("eb-later", loud["chosen in October"][1])
rings = scores[late] > limits["chosen in October"]
weekday = torch.from_numpy((taxi.times[late].astype("datetime64[D]").astype(int) + 3) % 7)
of_day = {}
for number, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")):
    of_day[name] = 100 * float(rings[~wrong & (weekday == number)].double().mean())
print(
    "Unlabelled points that ring, by weekday:",
    ", ".join(f"{d} {r:.0f} %" for d, r in of_day.items()),
)

# %% tags=["record"]
from aeutils._internal.notebook import record

record("eb-thresholds", limits)
record("eb-weekdays", of_day)
record(
    "eb-limits",
    {
        name: dict(zip(("october", "normal", "events"), of, strict=True))
        for name, of in loud.items()
    },
)

# %% tags=["explore"]
limit = limits["chosen in October"]
shown = slice(taxi.at("2015-01-20"), taxi.at("2015-02-01"))
plots.alarms(
    taxi.times[shown],
    taxi.values[shown] / 1000,
    expected[shown] / 1000,
    scores[shown],
    limit,
    taxi.anomalous[shown],
    title="The blizzard of January 2015, seen by a network that knows the summer",
    unit="thousand passengers",
)

# %% [markdown]
# **Explain.** *1 %* was a promise about days like those of October. The city changes with the season, and the network's errors grow on every day of the week;
# but its weekends, of which it has seen fewest, lay nearest to the threshold. Now nearly every Saturday rings, and an alarm that rings each Saturday is switched off by Christmas.
#
# Look at the picture once more. The network *does* rebuild the night of the blizzard, almost: the code of four numbers can say "little traffic". What is strange
# is rebuilt worse, not badly. And the label covers four and a half days, of which perhaps two were strange: in this benchmark the labelled windows of a
# series always add up to a tenth of it, whatever happened. Labels are measurements, too.
#
# Move the threshold. Which event is caught last, and what do you pay for it?

# %% tags=["explore"]
widgets.threshold_slider(scores[late], wrong, flagged=5.0)

# %% [markdown]
# ## 4 · Better than what?
#
# To compare scores without a threshold, walk through all of them.

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
# For each of `scores.unique()`, count flagged points and flagged anomalous points with `scores >= value`. From the largest value down, recall grows from 0: `diff` gives its steps if a 0 stands before the first.
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
# Now the rivals. None of them was trained: the squared difference of neighbours, the distance from the mean window (which is flat, because windows begin at every half hour), the distance to the nearest window of the summer,
# and PCA with as many numbers as the network has.
#
# **Predict.** A score without any sense has an average precision of about 0.22 here, the share of anomalous points. What will the nearest window have?

# %% tags=["explore"]
predict(
    "eb-nearest",
    "Average precision of the distance to the nearest normal window?",
    0,
    1,
    default=0.3,
)

# %% tags=["explore"]
flat = pca.PCA(4).fit(normal)
rivals = {
    "a coin": torch.rand(len(x), generator=torch.Generator().manual_seed(0)),
    "difference of neighbours": anomalies.neighbour_difference(x),
    "distance from the mean": point_scores(anomalies.mean_distance(normal, every), WIDTH),
    "nearest normal window": point_scores(anomalies.nearest_distance(normal, every), WIDTH),
    "PCA, 4 numbers": point_scores((flat.reconstruct(every) - every).square().mean(dim=1), WIDTH),
    "autoencoder, 4 numbers": scores,
}
found = {}
print(f"{'':<26}{'AUROC':>7}{'average precision':>19}")
for name, values in rivals.items():
    auroc, average = ranking_quality(values[late], wrong)
    found[name] = {"auroc": auroc, "ap": average}
    print(f"{name:<26}{auroc:>7.2f}{average:>19.2f}")
reveal("eb-nearest", found["nearest normal window"]["ap"])

# %% tags=["explore"]
training.compare(
    "eb-taxi",
    {
        "distance from the mean": "counted",
        "nearest normal window": "counted",
        "PCA, 4 numbers": "closed form, all windows",
        "autoencoder, 4 numbers": trained,
    },
    compared=("model",),
    rate_chosen="by hand",
)

# %% [markdown]
# **Explain.** The network is better than PCA in one column and about level in the other; both are beaten by a row that needs no training, no code and no loss: how far is the nearest day that
# I remember? It is seldom reported (Wu and Keogh, 2021). Two lessons. An error of reconstruction asks "can this be *described* like a
# normal day?", and a flexible description fits strange days as well. And one series is one series: five events, one city. What
# many series say comes in section 7.
#
# ## 5 · A plane is not enough
#
# Before the many series, the other rival of the claim. PCA fits a *flat*: a line, a plane, or their like in more dimensions. Where normal data lie on a curve, a flat passes through the middle of nothing.

# %% tags=["explore"]
draw = torch.Generator().manual_seed(0)
angle = 2 * torch.pi * torch.rand(150, generator=draw)
ring = torch.stack([angle.cos(), angle.sin()], dim=1) + 0.12 * torch.randn(150, 2, generator=draw)
ring = ring.double()

# %% [markdown]
# ### Exercise 6 · PCA where you cannot go
# *Difficulty ●●● · importance ●●○ · 20 minutes · 3 points*
#
# A kernel $k(x,y)=\langle\phi(x),\phi(y)\rangle$ is an inner product in a space that nobody visits. Distances in it are still known, and so is
# the squared distance of $\phi(x)$ from the best $d$-dimensional flat through the training points' mean: the reconstruction error of kernel PCA
# (Hoffmann, 2007). Centre, decompose, subtract:
#
# $$\tilde k(x,y) = k(x,y) - \overline{k(x,\cdot)} - \overline{k(\cdot,y)} + \overline{k},\qquad
#   e(x) = \tilde k(x,x) - \sum_{j=1}^{d} \frac{1}{\lambda_j}\Big(\sum_i v_{ij}\,\tilde k(x_i, x)\Big)^2$$
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
def kernel_pca_errors(k_train: Tensor, k_cross: Tensor, k_self: Tensor, components: int) -> Tensor:
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


# %% tags=["explore"]
def kernel_errors(train: Tensor, rows: Tensor, components: int, gamma: float) -> Tensor:
    """Return the errors of kernel PCA with a Gaussian kernel, exp(−γ ‖x − y‖²)."""
    k_train, k_rows = (anomalies.gaussian_kernel(r, train, gamma) for r in (train, rows))
    return kernel_pca_errors(k_train, k_rows, torch.ones(len(rows), dtype=rows.dtype), components)


line = pca.PCA(1).fit(ring)
linear = kernel_pca_errors(ring @ ring.T, ring @ ring.T, ring.square().sum(dim=1), 1)
by_pca = (line.reconstruct(ring) - ring).square().sum(dim=1)
print(f"linear kernel against PCA, largest difference: {(linear - by_pca).abs().max():.1e}")
wide = 4 * anomalies.median_gamma(ring)
plots.score_maps(
    ring,
    {
        "distance from the mean": lambda p: anomalies.mean_distance(ring, p),
        "PCA, 1 axis": lambda p: (line.reconstruct(p) - p).square().sum(dim=1),
        "kernel PCA, 8 axes": lambda p: kernel_errors(ring, p, 8, wide),
    },
    title="Where is it normal? Dark is what each score finds normal",
)

# %% [markdown]
# **Explain.** The mean of a ring lies in its hole, the most normal place of all for the first score and on the axis of the second. Kernel PCA knows the ring. An
# autoencoder with one number in its code could, too (week 3), if its training finds it; kernel PCA needs no training, only a kernel matrix ($M^2$ numbers for $M$ windows) and a width.
#
# On the taxis, with 1,000 windows of the summer and a width from their median distance:

# %% tags=["explore"]
pick = torch.randperm(len(normal), generator=torch.Generator().manual_seed(0))[:1000]
few = normal[pick].double()
of_kernel = kernel_errors(few, every.double(), 4, anomalies.median_gamma(few))
rivals["kernel PCA, 4 numbers"] = point_scores(of_kernel, WIDTH)
auroc, average = ranking_quality(rivals["kernel PCA, 4 numbers"][late], wrong)
found["kernel PCA, 4 numbers"] = {"auroc": auroc, "ap": average}
print(f"kernel PCA: AUROC {auroc:.2f}, average precision {average:.2f}")
print("PCA:        AUROC {auroc:.2f}, average precision {ap:.2f}".format(**found["PCA, 4 numbers"]))

# %% tags=["record"]
record("eb-taxi", found)

# %% [markdown]
# Here the curve does not help: kernel PCA, with this width, is behind PCA. Days are no ring.
#
# ## 6 · Counting points, counting events
#
# An operator does not count half hours. Events do count: was the blizzard found, and how many alarms were for nothing?

# %% [markdown]
# ### Exercise 7 · Counting events, honestly and otherwise
# *Difficulty ●●○ · importance ●●● · 15 minutes · 3 points*
#
# An event is a run of anomalous points; an alarm is a run of flagged ones. An operator wants every event found and every alarm to mean something. So the *recall* of events is the share of
# events that meet an alarm, and their *precision* the share of alarms that meet an event. Many papers did something else: the **point adjustment** declares a whole event found, point by point, as soon as
# a single one of its points was flagged, and then counts points.
#
# <details><summary>Hint 1: runs</summary>
#
# A run begins where a point is True and the one before it is not. `cumsum` of these beginnings numbers the runs.
# </details>
# <details><summary>Hint 2: which runs were hit?</summary>
#
# Look up the numbers of the runs at the points where both are True, and keep each once (`unique`).
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
# **Predict.** A coin that knows nothing gives every half hour a random score. We look for its best F1 over all thresholds, *after* the point adjustment, on our five events of
# about four days each. (1 is perfect. Without the adjustment its best F1 is 0.36, which flagging everything has as well.)

# %% tags=["explore"]
predict("eb-coin", "Best point-adjusted F1 of random scores?", 0, 1, default=0.4)


# %% tags=["explore"]
def f1(flags: Tensor) -> float:
    """Return the harmonic mean of precision and recall of points."""
    return float(2 * (flags & wrong).sum() / (flags.sum() + wrong.sum()).clamp_min(1))


def judge(values: Tensor) -> dict[str, float]:
    """Return the best F1 of 400 thresholds, plain and adjusted, and what four of five events cost."""
    tried = values.double().quantile(torch.linspace(0.9999, 0, 400).double())
    plain = max(f1(values > t) for t in tried)
    adjusted = max(f1(point_adjust(values > t, wrong)) for t in tried)
    for t in tried:  # from the highest down, until four of the five events are found
        precision, recall = event_quality(values > t, wrong)
        if recall >= 0.8:
            break
    alarms = len(anomalies.runs(values > t))
    return {
        "f1": plain,
        "adjusted": adjusted,
        "alarms": alarms,
        "false": round((1 - precision) * alarms),
    }


measured = {name: judge(values[late]) for name, values in rivals.items()}
print(f"{'':<26}{'F1':>6}{'adjusted F1':>13}{'alarms to find 4 of 5':>23}{'of them false':>15}")
for name, row in measured.items():
    print("{:<26}{:>6.2f}{:>13.2f}{:>23}{:>15}".format(name, *row.values()))
reveal("eb-coin", measured["a coin"]["adjusted"])

# %% tags=["record"]
record("eb-events", measured)

# %% [markdown]
# **Explain.** The coin comes first, level with PCA. A coin that flags the share $p$ of all points misses an event of $L$ points only if it misses each of them: it finds it with probability
# $1-(1-p)^L$. Let it flag two points in a hundred:

# %% tags=["explore"]
lengths = [1, 3, 10, 30, 100, 300]
draw = torch.Generator().manual_seed(1)
coin = {"computed": [100 * (1 - 0.98**n) for n in lengths], "2,000 coins": []}
for n in lengths:
    hit = (torch.rand(2000, n, generator=draw) < 0.02).any(dim=1)
    coin["2,000 coins"].append(100 * float(hit.double().mean()))
plots.lines(
    lengths,
    coin,
    title="A coin that flags 2 % finds nearly every long event, and the adjustment pays it in full",
    x_label="points in the event",
    y_label="events found (%)",
    log_x=True,
)

# %% tags=["record"]
record("eb-coins", {"found": dict(zip(lengths, coin["2,000 coins"], strict=True))})

# %% [markdown]
# Events in spacecraft telemetry last hundreds of points. Every table that reports only point-adjusted F1 has to be read with this curve beside it (Kim et al., 2022). In the last
# two columns, which an operator would look at, the nearest window and PCA come first, and the autoencoder next.
#
# ## 7 · "Autoencoders beat PCA and kernel PCA on spacecraft telemetry"
#
# So the slides say from which this course was made. NASA published 82 channels of the satellite SMAP and the rover Curiosity (Hundman et al., 2018); 65 of them can be used here. Their licence
# does not let us ship them. With your own copy in a folder named by `AEUTILS_TELEMETRY` the cell below scores a few of them; all 65, with three seeds, are measured by
# `python -m benchmarks.figures telemetry`, and the lesson shows the table.

# %% tags=["explore"]
import os

if os.environ.get("AEUTILS_TELEMETRY"):
    for channel in data.load_telemetry()[:8]:
        own = anomalies.windows(channel.train, 32), anomalies.windows(channel.test, 32)
        mean, spread = channel.train.mean(), channel.train.std()
        training.seed_everything(1)
        small = WindowAutoencoder(32, 64, 4)
        training.fit(
            small, (own[0] - mean) / spread, epochs=5, batch_size=64, lr=3e-3, progress=False
        )
        axes = pca.PCA(4).fit(own[0])
        ways = {
            "nearest": anomalies.nearest_distance(own[0][::2], own[1]),
            "PCA": (axes.reconstruct(own[1]) - own[1]).square().mean(dim=1),
            "autoencoder": small.errors((own[1] - mean) / spread),
        }
        areas = {
            n: ranking_quality(point_scores(v, 32), channel.anomalous)[1] for n, v in ways.items()
        }
        print(f"{channel.name:<6}" + "".join(f"{n:>13} {a:.2f}" for n, a in areas.items()))
else:
    print("No telemetry here (AEUTILS_TELEMETRY is not set); the lesson has the table.")

# %% [markdown]
# **Explain.** The lesson's table, in three sentences. The autoencoder is clearly ahead of kernel PCA; against PCA it depends on the size of the code: with four numbers both are level, and PCA with
# two is ahead of all. A random score has the honest AUROC of one half, and a point-adjusted F1 of nearly 0.9. And the distance to the nearest training
# window, with no model at all, is close behind.
#
# ## 8 · Anomalies among images
#
# Now images. Train on nine digits, hold out the tenth: it is the anomaly. "The reconstruction error will be bigger with anomalies, exactly because the network has not been
# trained with them", says one of our sources. Ten experiments, one for each digit.
#
# **Predict.** AUROC is ½ for a coin and 1 for a perfect score. What is it for the *ones*?

# %% tags=["explore"]
predict("eb-ones", "AUROC of the error, ones among other digits?", 0, 1, default=0.9)

# %% tags=["explore"]
digits = data.load("mnist")


def sse(model: nn.Module, images: Tensor) -> Tensor:
    """Return the squared error of each image, (N,)."""
    with torch.no_grad():
        return (model(images) - images).square().flatten(1).sum(dim=1)


def without(
    dataset: data.Dataset, held_out: int, mixed_in: int = 0
) -> tuple[nn.Module, Tensor, training.History]:
    """Train on four fifths of the other classes, and some of this one; return also the normal fifth that is left."""
    others = dataset.x_train[dataset.y_train != held_out]
    order = torch.randperm(len(others), generator=torch.Generator().manual_seed(0))
    kept, seen = others[order[: len(others) // 5]], others[order[len(others) // 5 :]]
    stray = dataset.x_train[dataset.y_train == held_out][:mixed_in]
    training.seed_everything(0)
    model = models.Autoencoder(sizes=(784, 128, 16))
    history = training.fit(model, torch.cat([seen, stray]), steps=200, lr=3e-3, progress=False)
    return model, kept, history


plain, detail = {}, {}
for held_out in range(10):
    model, kept, history = without(digits, held_out)
    plain[held_out] = sse(model, digits.x_test), sse(model, kept)
    detail[held_out] = anomalies.fine_detail(digits.x_test), anomalies.fine_detail(kept)
    if held_out == 1:
        net_1, history_1 = model, history
areas = {d: ranking_quality(plain[d][0], digits.y_test == d)[0] for d in range(10)}
print("held out: " + "".join(f"{d:>7}" for d in areas))
print("AUROC:    " + "".join(f"{a:>7.2f}" for a in areas.values()))
reveal("eb-ones", areas[1])

# %% tags=["explore"]
ones, eights = (digits.x_test[digits.y_test == d][:5] for d in (1, 8))
pair = torch.cat([ones, eights])
with torch.no_grad():
    x_hat = net_1(pair)
plots.reconstruction_grid(
    {"test image": pair, "rebuilt": x_hat},
    labels=[1] * 5 + [8] * 5,
    title="A network that never saw a 1 errs less on ones than on eights, which it knows",
)

# %% [markdown]
# **Explain.** The ones score *below* normal digits: as a detector of ones, this network is worse than a coin. Not because it knows ones, but because there is little to get wrong: a short stroke has few pixels
# of ink. Is it the same with other plain images, and with digits for a network that learned garments?

# %% tags=["explore"]
garments = data.load("fashion_mnist")
training.seed_everything(0)
tailor = models.Autoencoder(sizes=(784, 128, 16))
sewn = training.fit(tailor, garments.x_train, steps=200, lr=3e-3, progress=False)
copier = nn.Sequential(  # the code has 16 x 7 x 7 = 784 numbers, as many as the image
    nn.Conv2d(1, 16, 3, stride=2, padding=1),
    nn.ReLU(),
    nn.Conv2d(16, 16, 3, stride=2, padding=1),
    nn.ReLU(),
    nn.ConvTranspose2d(16, 16, 4, stride=2, padding=1),
    nn.ReLU(),
    nn.ConvTranspose2d(16, 1, 4, stride=2, padding=1),
)
copied = training.fit(copier, garments.x_train, steps=100, lr=3e-3, progress=False)
strangers = {
    "test garments": garments.x_test,
    "digits": digits.x_test[:500],
    "ones": digits.x_test[digits.y_test == 1],
    "black": torch.zeros(1, 1, 28, 28),
    "grey": torch.full((1, 1, 28, 28), 0.5),
    "noise": torch.rand(100, 1, 28, 28, generator=torch.Generator().manual_seed(0)),
}
medians = {}
print(f"{'median error':<15}{'code of 16':>12}{'code of 784':>13}")
for name, images in strangers.items():
    medians[name] = [float(sse(model, images).median()) for model in (tailor, copier)]
    print("{:<15}{:>12.1f}{:>13.1f}".format(name, *medians[name]))
both, odd = torch.cat([strangers["digits"], strangers["test garments"]]), torch.arange(1000) < 500
odd_areas = [ranking_quality(sse(model, both), odd)[0] for model in (tailor, copier)]
print("{:<15}{:>12.2f}{:>13.2f}".format("AUROC, digits", *odd_areas))

# %% tags=["record"]
record(
    "eb-strangers",
    {name: {"narrow": a, "wide": b} for name, (a, b) in medians.items()}
    | {"auroc": {"narrow": odd_areas[0], "wide": odd_areas[1]}},
)

# %% [markdown]
# Black costs least, and that is no merit of the network; grey costs the narrow one more than garments do. Digits are strange to a narrow code. To a code as wide as the image, which has learned to
# copy and not what garments are, they hardly are, and ones are rebuilt better than the garments it was trained on.

# %% tags=["explore"]
shown = torch.randperm(len(digits.x_test), generator=torch.Generator().manual_seed(0))[:400]
spot = torch.cat([detail[1][0][shown], plain[1][0][shown, None].log()], dim=1)
plots.latent_scatter(
    spot,
    (digits.y_test[shown] == 1).long(),
    title="More detail, more error, and ones have little detail (1: ones, 0: the other digits)",
    axis_names=("logarithm of the fine detail in the image", "logarithm of the error"),
)

# %% [markdown]
# The cloud rises, if not steeply: more detail, more error. *Fine detail* is what is lost when an image is replaced by the means of its 4 × 4 blocks, the error of a
# code that nobody trained and that knows no digit. For *their* detail the ones lie rather high.

# %% [markdown]
# ### Exercise 8 · What should such an image cost?
# *Difficulty ●●○ · importance ●●○ · 12 minutes · 3 points*
#
# A 1 has little detail, and little detail is rebuilt with a small error whatever it shows. So ask of an image not what its error is, but how
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

# %% tags=["explore"]
corrected = {
    d: corrected_errors(plain[d][0], detail[d][0], plain[d][1], detail[d][1]) for d in range(10)
}
after = {d: ranking_quality(corrected[d], digits.y_test == d)[0] for d in range(10)}
alone = {d: ranking_quality(detail[d][0].squeeze(1), digits.y_test == d)[0] for d in range(10)}
print("held out:    " + "".join(f"{d:>6}" for d in range(10)) + "   least")
for name, of in {"error": areas, "corrected": after, "detail alone": alone}.items():
    print(
        f"{name:<13}" + "".join(f"{of[d]:>6.2f}" for d in range(10)) + f"{min(of.values()):>8.2f}"
    )

# %% tags=["record"]
record(
    "eb-digits",
    {
        name: {str(d): a for d, a in of.items()}
        | {"least": min(of.values()), "mean": sum(of.values()) / 10}
        for name, of in {"error": areas, "corrected": after, "detail": alone}.items()
    },
)

# %% tags=["explore"]
training.compare(
    "eb-digits",
    {
        "nine digits, without the ones": history_1,
        "garments, code of 16": sewn,
        "garments, code of 784": copied,
        "fine detail": "not trained",
    },
    compared=("data", "images seen", "model", "parameters"),
    reasons={"steps": "The wide network copies well enough after half of the steps."},
    rate_chosen="by hand, one for all",
)

# %% [markdown]
# **Explain.** Dividing by what such an image costs lifts the ones above one half, and the zeros pay for it: they had been found by their
# detail. That the correction looks at normal images only is what makes it honest. That it works for all ten classes is luck of this data set as much as
# merit: with the 2,000 garments a shirt among pullovers stays below one half, because a network that knows pullovers knows shirts (the lesson has both tables, on whole sets).
#
# ### And if anomalies were in the training data?
#
# "Trained on normal data only" is easily said. Nobody sorted the data: that was the point. So mix some fours into the training images.

# %% tags=["explore"]
dirt = {}
for stray in (0, 20, 100, 400):
    model, kept, history = without(digits, 4, mixed_in=stray)
    share = stray / (4 * len(kept) + stray)
    area, _ = ranking_quality(sse(model, digits.x_test), digits.y_test == 4)
    dirt[stray] = area
    print(f"{stray:>4} fours, {share:5.1%} of the training images: AUROC {area:.2f}")

# %% tags=["record"]
record("eb-dirt", {str(stray): area for stray, area in dirt.items()})

# %% [markdown]
# **Explain.** Twenty strays hardly matter, because a network spends its code on what is frequent. A hundred do, and with four hundred fours are simply a class: "normal" now means something else.
#
# ## What you can do now

# %% tags=["explore"]
calibration()

# %% [markdown]
# - Score windows and points, and choose a threshold on data that the network did not learn from.
# - Say what "1 % false alarms" promises, and when the promise ends.
# - Report AUROC and average precision next to a coin, the nearest normal window and PCA.
# - Count events, and ask of a point-adjusted F1 what a coin would have.
# - Distrust an error until you know what a plain image costs.
#
# **If you want more.** Load `"machine"`, `"office"` or `"server"` instead of `"taxi"`: on which does the nearest window lose? Let the network see weekday and hour. Or read Wu and Keogh (2021), who found most
# of the events of four benchmarks with one line of code.
