# %% [markdown]
# # Elective D · Predicting in latent space, and transfer
#
# %%
import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aeutils import data, embeddings, losses, models, plots, prediction, training, widgets
from aeutils.testing import elective_d as tests
from aeutils.widgets import calibration, predict, reveal

torch.set_num_threads(1)  # steadier on a busy laptop: two threads often wait for each other
training.seed_everything(1)

# %% [markdown]
# ### Exercise 1 · Patches and back
# *Difficulty ●●○ · importance ●●○ · 12 minutes · 3 points*
#
# A transformer does not see an image, it sees a list of vectors. So cut the image into square patches, each a vector of its pixels, and find the way back.
#
# <details><summary>Hint 1: a view with six dimensions</summary>
#
# An image (C, H, W) is also (C, rows, size, columns, size): which row of patches, which line in the patch, which column of patches, which pixel in the line. `reshape` gives that view; no number moves.
# </details>
# <details><summary>Hint 2: the order of the dimensions</summary>
#
# `permute` brings the two that say *which patch* to the front, and leaves channel, line and pixel behind them, in this order. Then one more `reshape`. The way back is the same three steps in the opposite order.
# </details>


# %% nbgrader={"grade_id": "patches", "solution": true}
def to_patches(images: Tensor, size: int) -> Tensor:
    """Cut every image into square patches.

    Args:
        images: (N, C, H, W), floats; H and W are multiples of `size`, and need not be equal.
        size: height and width of a patch in pixels.

    Returns:
        (N, P, C · size · size) with P = (H / size) · (W / size): patches from left to right and
        from top to bottom; the numbers of a patch by channel, then line, then pixel.
    """
    ### BEGIN SOLUTION
    n, c, h, w = images.shape
    cut = images.reshape(n, c, h // size, size, w // size, size)
    return cut.permute(0, 2, 4, 1, 3, 5).reshape(n, -1, c * size * size)
    ### END SOLUTION


def from_patches(patches: Tensor, image_shape: tuple[int, int, int], size: int) -> Tensor:
    """Put patches together again: the inverse of `to_patches`.

    Args:
        patches: (N, P, C · size · size), as `to_patches` orders them.
        image_shape: (C, H, W) of an image.
        size: height and width of a patch in pixels.

    Returns:
        Images (N, C, H, W).
    """
    ### BEGIN SOLUTION
    c, h, w = image_shape
    cut = patches.reshape(len(patches), h // size, w // size, c, size, size)
    return cut.permute(0, 3, 1, 4, 2, 5).reshape(-1, c, h, w)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-patches", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_d, grade

grade(elective_d.patches, to_patches, from_patches)
### END HIDDEN TESTS
assert tests.patches(to_patches, from_patches)
# %% [markdown]
# ### Exercise 2 · What to hide
# *Difficulty ●●○ · importance ●●○ · 15 minutes · 3 points*
#
# A masked autoencoder hides patches here and there (He et al., 2022); I-JEPA hides whole blocks (Assran et al., 2023). A block cannot be guessed from its neighbours' edges.
# Both masks hide the same number of patches in every image, so that a batch stays a rectangle.
#
# <details><summary>Hint 1: a random subset of a fixed size</summary>
#
# Give every patch a random number. Which patches of a row have the `n_hidden` smallest?
# </details>
# <details><summary>Hint 2: a rectangle</summary>
#
# A block of `height` rows fits into `rows` rows at `rows − height + 1` places. `torch.randint` draws from 0 up to its upper limit, *without* it.
# </details>
# <details><summary>Hint 3: from a corner to a mask</summary>
#
# With the row of each patch (`torch.arange(rows)`) and the upper edges as a column: `(row >= top) & (row < top + height)` is (n, rows). The same for columns, and a patch is hidden where both hold.
# </details>


# %% nbgrader={"grade_id": "masks", "solution": true}
def random_mask(n: int, n_patches: int, n_hidden: int, generator: torch.Generator) -> Tensor:
    """Hide patches here and there.

    Args:
        n: how many images.
        n_patches: P, patches of an image.
        n_hidden: how many of them are hidden, from 0 to P.
        generator: where all random numbers come from.

    Returns:
        Booleans (n, P), True where a patch is hidden: exactly `n_hidden` in every row, every subset
        as likely as any other, and each row drawn independently of the others.
    """
    ### BEGIN SOLUTION
    order = torch.rand(n, n_patches, generator=generator).argsort(dim=1)
    return order.argsort(dim=1) < n_hidden
    ### END SOLUTION


def block_mask(
    n: int, grid: tuple[int, int], block: tuple[int, int], generator: torch.Generator
) -> Tensor:
    """Hide one rectangle of patches in every image.

    Args:
        n: how many images.
        grid: rows and columns of patches.
        block: rows and columns of the rectangle; it fits into the grid.
        generator: where all random numbers come from.

    Returns:
        Booleans (n, rows · columns), True where a patch is hidden, patches in the order of
        `to_patches`. Every position of the rectangle is as likely as any other, and each row drawn
        independently of the others.
    """
    ### BEGIN SOLUTION
    inside = []
    for length, covered in zip(grid, block, strict=True):
        first = torch.randint(length - covered + 1, (n, 1), generator=generator)
        place = torch.arange(length)
        inside.append((place >= first) & (place < first + covered))
    in_row, in_column = inside
    return (in_row[:, :, None] & in_column[:, None, :]).flatten(1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-masks", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_d, grade

grade(elective_d.masks, random_mask, block_mask)
### END HIDDEN TESTS
assert tests.masks(random_mask, block_mask)
# %% [markdown]
# ### Exercise 3 · The loss of a prediction
# *Difficulty ●●○ · importance ●●● · 10 minutes · 3 points*
#
# The predictor says what the *features* of the hidden patches will be. A second encoder, which sees the whole image, says what they are. How far apart are they, and which of the two should move?
#
# $$L=\frac1{|H|\,K}\sum_{(n,p)\in H}\lVert\hat s_{np}-\mathrm{sg}(s_{np})\rVert^2$$
#
# $H$ is the set of hidden patches of the batch, and sg, *stop gradient*, is the identity on the way forward and 0 on the way back.
#
# <details><summary>Hint 1: only what was hidden</summary>
#
# A boolean (N, P) tensor indexes a (N, P, K) tensor: what comes out is (number of hidden patches, K).
# </details>
# <details><summary>Hint 2: stop</summary>
#
# `target.detach()`. On the other side the gradient must pass: that is where the learning happens.
# </details>


# %% nbgrader={"grade_id": "prediction_loss", "solution": true}
def prediction_loss(predicted: Tensor, target: Tensor, hidden: Tensor) -> Tensor:
    """The mean squared error of predicted features, over hidden patches only.

    Args:
        predicted: what the predictor says of every patch, floats (N, P, K).
        target: what the target encoder says, (N, P, K).
        hidden: booleans (N, P), True for at least one patch; rows may hide different numbers.

    Returns:
        A scalar: the mean over the hidden patches of the batch and their K numbers. Its gradient
        reaches `predicted` and not `target`.
    """
    ### BEGIN SOLUTION
    return (predicted[hidden] - target.detach()[hidden]).square().mean()
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-prediction_loss", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_d, grade

grade(elective_d.prediction_loss, prediction_loss)
### END HIDDEN TESTS
assert tests.prediction_loss(prediction_loss)
# %% [markdown]
# ### Exercise 4 · Is anybody there?
# *Difficulty ●●○ · importance ●●● · 12 minutes · 3 points*
#
# A loss of 0 is no proof that anything was learned: features that are the same for every image can be predicted perfectly. Two numbers see it. The **spread** is the mean of the units' standard deviations. The **effective rank** asks how many directions the features use:
# with the singular values $\sigma_i$ of the centred features, $p_i=\sigma_i/\sum_j\sigma_j$, it is the exponential of their entropy (Roy and Vetterli, 2007),
#
# $$\mathrm{rank}_\text{eff}=\exp\Big(-\sum_i p_i\log p_i\Big)$$
#
# <details><summary>Hint 1: before anything else</summary>
#
# Subtract the mean of every column. A large mean would be a direction of its own.
# </details>
# <details><summary>Hint 2: zero times a logarithm</summary>
#
# $p\log p$ is 0 for $p=0$, but `0 * log(0)` is NaN. `torch.special.entr` knows; so does leaving out what is 0. Rows that are all equal have only singular values of 0, up to rounding: compare the rows themselves, and return 0.
# </details>


# %% nbgrader={"grade_id": "collapse", "solution": true}
def spread(features: Tensor) -> Tensor:
    """The mean over the units of their standard deviation over the images.

    Args:
        features: floats (N, K), N >= 2.

    Returns:
        A scalar, 0 or more. The standard deviation may divide by N or by N − 1.
    """
    ### BEGIN SOLUTION
    return features.std(dim=0).mean()
    ### END SOLUTION


def effective_rank(features: Tensor) -> Tensor:
    """How many directions the features use: exp of the entropy of their singular values' shares.

    Args:
        features: floats (N, K), N >= 2; they are centred here, unit by unit. There may be more
            units than images, and units may be constant.

    Returns:
        A scalar from 1 to min(N − 1, K), up to rounding; 0 if all rows are exactly equal.
    """
    ### BEGIN SOLUTION
    values = torch.linalg.svdvals(features - features.mean(dim=0))
    if (features == features[0]).all():
        return features.new_zeros(())
    return torch.special.entr(values / values.sum()).sum().exp()
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-collapse", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_d, grade

grade(elective_d.collapse, spread, effective_rank)
### END HIDDEN TESTS
assert tests.collapse(spread, effective_rank)
# %% [markdown]
# ### Exercise 5 · A teacher that lags behind
# *Difficulty ●●○ · importance ●●● · 12 minutes · 3 points*
#
# The target encoder of I-JEPA is not trained. Its weights are a moving average of the trained encoder's: after every step
#
# $$\bar\theta_t=d\,\bar\theta_{t-1}+(1-d)\,\theta_t$$
#
# with a decay $d$ near 1. Unrolled, the average still contains its starting value with the weight $d^t$: with $d=0.99$, 37 % of it after a hundred steps. Where that is not wanted, it can be taken out, as Adam does (Kingma and Ba, 2015).
#
# <details><summary>Hint 1: two modules side by side</summary>
#
# `zip(average.parameters(), model.parameters())` pairs them; `with torch.no_grad():` and operations that end in an underscore (`lerp_`, `mul_`, `copy_`) change a parameter in place. Buffers are numbers that are not learned (the running means of batch normalisation): copy them.
# </details>
# <details><summary>Hint 2: what the start still contributes</summary>
#
# After $t$ updates the weights of everything but the start add up to $1-d^t$. Subtract the start's part, then divide by that.
# </details>


# %% nbgrader={"grade_id": "moving_average", "solution": true}
def ema_update(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the weights of `average` a little towards those of `model`, in place.

    Args:
        average: changed: every parameter becomes decay · its own + (1 − decay) · the model's, every
            buffer the model's.
        model: a module of the same architecture; unchanged.
        decay: from 0 to 1.
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        for old, new in zip(average.parameters(), model.parameters(), strict=True):
            old.mul_(decay).add_(new, alpha=1 - decay)
        for old, new in zip(average.buffers(), model.buffers(), strict=True):
            old.copy_(new)
    ### END SOLUTION


def without_start(average: Tensor, start: Tensor, decay: float, steps: int) -> Tensor:
    """What the moving average of `steps` values would be without its starting value.

    Args:
        average: after `steps` updates, floats of any shape.
        start: what it was before the first, of the same shape.
        decay: of the updates, from 0 up to, but not including, 1.
        steps: how many updates there were, at least 1.

    Returns:
        A weighted mean of the values that the updates brought in: their weights add up to 1.
    """
    ### BEGIN SOLUTION
    left = decay**steps
    return (average - left * start) / (1 - left)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-moving_average", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_d, grade

grade(elective_d.moving_average, ema_update, without_start)
### END HIDDEN TESTS
assert tests.moving_average(ema_update, without_start)
# %% [markdown]
# ### Exercise 6 · Two probes, one protocol
# *Difficulty ●●● · importance ●●● · 18 minutes · 3 points*
#
# Frozen features are judged by a weak classifier. Two of them are usual, and they must not differ in anything but the classifier: both see features standardised by the *training* features' means and deviations, and nothing of the test features.
#
# - The **linear probe** here is ridge regression to one-hot labels: with $Z$ the standardised training features, $Y$ the (N, C) table with a 1 for each label, $\bar y$ its column means,
# $$W=(Z^\top Z+\rho\,I)^{-1}Z^\top Y,\qquad \text{scores}=Z_\text{test}W+\bar y$$
# It has a closed form, so nobody has to ask how long it was trained.
# - The **kNN probe** lets the k nearest training features vote.
#
# <details><summary>Hint 1: standardise once</summary>
#
# Write a helper that takes training and other features, and returns both minus the training mean, divided by the training deviation. A unit that never moves on training images has the deviation 0: let it become 0 everywhere, whatever it is on test images.
# </details>
# <details><summary>Hint 2: the linear probe</summary>
#
# `F.one_hot(labels, n_classes)` is integer; make it the features' dtype. `torch.linalg.solve(A, B)` solves A W = B. `argmax(dim=1)` gives the class.
# </details>
# <details><summary>Hint 3: the vote</summary>
#
# `torch.cdist(test, train).topk(k, largest=False).indices` are the neighbours (M, k); add up their one-hot labels.
# </details>


# %% nbgrader={"grade_id": "probes", "solution": true}
def standardise(train: Tensor, other: Tensor) -> Tensor:
    """Shift and scale the columns of `other` by the means and deviations of `train`.

    Args:
        train: features of training images, floats (N, K), N >= 2.
        other: features of any images, (M, K).

    Returns:
        (M, K). A column that is constant in `train` is 0. The deviation may divide by N or N − 1.
    """
    ### BEGIN SOLUTION
    mean, deviation = train.mean(dim=0), train.std(dim=0)
    constant = (train == train[0]).all(dim=0)
    scaled = (other - mean) / deviation.masked_fill(constant, 1)
    return scaled.masked_fill(constant, 0)
    ### END SOLUTION


def linear_probe(train: Tensor, labels: Tensor, test: Tensor, ridge: float = 1.0) -> Tensor:
    """Classes of test features by ridge regression to one-hot labels of the training features.

    Args:
        train: floats (N, K), standardised here.
        labels: integers (N,), from 0 to C − 1; each class occurs.
        test: (M, K), standardised here by the training features.
        ridge: ρ > 0.

    Returns:
        Integers (M,), the class of the largest score.
    """
    ### BEGIN SOLUTION
    z, z_test = standardise(train, train), standardise(train, test)
    y = F.one_hot(labels).to(z.dtype)
    weights = torch.linalg.solve(z.T @ z + ridge * torch.eye(z.shape[1], dtype=z.dtype), z.T @ y)
    return (z_test @ weights + y.mean(dim=0)).argmax(dim=1)
    ### END SOLUTION


def knn_probe(train: Tensor, labels: Tensor, test: Tensor, k: int = 5) -> Tensor:
    """Classes of test features by the vote of the k nearest training features.

    Args:
        train: floats (N, K), standardised here.
        labels: integers (N,), from 0 to C − 1.
        test: (M, K), standardised here by the training features.
        k: from 1 to N. Distances are Euclidean.

    Returns:
        Integers (M,), the class with most votes; of equally many any of them.
    """
    ### BEGIN SOLUTION
    apart = torch.cdist(standardise(train, test), standardise(train, train))
    nearest = apart.topk(k, largest=False).indices  # (M, k)
    return F.one_hot(labels)[nearest].sum(dim=1).argmax(dim=1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-probes", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_d, grade

grade(elective_d.probes, standardise, linear_probe, knn_probe)
### END HIDDEN TESTS
assert tests.probes(standardise, linear_probe, knn_probe)
# %% [markdown]
# ### Exercise 7 · An encoder moves house
# *Difficulty ●●○ · importance ●●● · 12 minutes · 3 points*
#
# An encoder learned from images without labels. Now there are a few labels. Put a linear layer on top and train: only that layer (*frozen* features), or everything (*fine-tuning*). Three things go wrong in practice: the original is trained along, "frozen" layers still move, and batch normalisation keeps counting.
#
# <details><summary>Hint 1: a copy that shares nothing</summary>
#
# `copy.deepcopy(encoder)`. An encoder that is put into `nn.Sequential` without it is the *same* encoder.
# </details>
# <details><summary>Hint 2: frozen</summary>
#
# `requires_grad_(False)` on the copy stops the learning; the optimiser then gets only what requires a gradient. It does not stop batch normalisation: that follows `train()` and `eval()`, which the training loop calls for the whole classifier. So `train` of your module has to see to it that a frozen encoder stays in eval mode.
# </details>


# %% nbgrader={"grade_id": "transfer", "solution": true}
class Transferred(nn.Module):
    """A copy of an encoder with a new linear layer on top.

    Args:
        encoder: images -> features (N, K). It stays as it is: its weights, its mode, and which of
            its parameters require gradients.
        n_features: K.
        n_classes: C.
        frozen: whether the copy stays as it is for good: its parameters require no gradient, and it
            remains in eval mode, also after `train()`. Otherwise all its parameters require one.

    Attributes:
        encoder: the copy.
        head: `nn.Linear` from K features to C logits.
    """

    def __init__(self, encoder: nn.Module, n_features: int, n_classes: int, frozen: bool) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.encoder = copy.deepcopy(encoder).requires_grad_(not frozen)
        self.head = nn.Linear(n_features, n_classes)
        self.frozen = frozen
        self.train()
        ### END SOLUTION

    def train(self, mode: bool = True) -> "Transferred":
        """Set the mode of everything but a frozen encoder, and return the module itself."""
        ### BEGIN SOLUTION
        super().train(mode)
        if self.frozen:
            self.encoder.eval()
        return self
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Images to logits (N, C)."""
        ### BEGIN SOLUTION
        return self.head(self.encoder(x))
        ### END SOLUTION


# %% nbgrader={"grade_id": "test-transfer", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_d, grade

grade(elective_d.transfer, Transferred)
### END HIDDEN TESTS
assert tests.transfer(Transferred)
# %% [markdown]
# ### Exercise 8 · Two views and no label
# *Difficulty ●●○ · importance ●●● · 10 minutes · 3 points*
#
# Week 7's loss asks every code of a batch to pick out its own class among all others. What if every image were a class of its own, with two views of it as the members (SimCLR; Chen et al., 2020)?
#
# <details><summary>Hint 1: the labels are yours to make</summary>
#
# `supcon_loss(z, labels, temperature)` takes codes (B, K) and integers (B,). Put the codes of the first views above those of the second: which rows belong together?
# </details>


# %% nbgrader={"grade_id": "two_view_loss", "solution": true}
def two_view_loss(z: Tensor, z_other: Tensor, temperature: float = 0.5) -> Tensor:
    """The contrastive loss of two views of every image (SimCLR), in nats.

    Args:
        z: codes of the first views, floats (N, K), N >= 2; no row is 0.
        z_other: codes of the second views; row i is of the same image as row i of `z`.
        temperature: τ > 0.

    Returns:
        A scalar, the mean over all 2N views of −log of the share that the softmax over the other
        2N − 1 views (of cosines / τ) gives to the view's partner.
    """
    ### BEGIN SOLUTION
    image = torch.arange(len(z)).repeat(2)
    return losses.supcon_loss(torch.cat([z, z_other]), image, temperature)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-two_view_loss", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_d, grade

grade(elective_d.two_view_loss, two_view_loss)
### END HIDDEN TESTS
assert tests.two_view_loss(two_view_loss)
