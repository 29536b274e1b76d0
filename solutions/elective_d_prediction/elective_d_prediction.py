# %% [markdown]
# # Elective D · Predicting in latent space, and transfer
#
# **The question of this notebook.** You plan a journey. You do not plan each contraction of each muscle; you plan *turn left after the big green tree*. An autoencoder is asked for every pixel. What if it were asked for the tree only: not for what is
# hidden, but for a *representation* of what is hidden? And what is a representation that was learned without labels worth, once a few labels arrive?
#
# By the end you can
#
# - cut images into patches, hide some, and train a small transformer to predict the rest,
# - predict pixels (a masked autoencoder) and predict features (I-JEPA), with the gradient stopped on the right side,
# - show a network whose loss is perfect and whose features are dead, and say which number sees it,
# - judge frozen features by two probes that differ in nothing but the classifier,
# - ask whether a code finds the ten digits by itself,
# - move an encoder to a new task, frozen or fine-tuned, and say what a table of few draws can show.
#
# | | |
# |---|---|
# | Time | about 2½ hours; the notebook itself runs in about a minute |
# | Needs | weeks 2, 3 and 6, and exercise 7 of week 7 |
# | Graded | 8 exercises, 24 points |
#
# **How to work.** As before: predict, run, explain; hints one rung at a time; tests that explain. The
# grader uses other data and also checks what a docstring promises and the test does not try. Every function owes its
# caller this: arguments and global state (seeds, gradient mode, default dtype) stay as they were, results come from the
# arguments alone, for any values, number of rows and memory layout. Random numbers come from the generator that is given, and from nowhere else.

# %%
import copy
import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aeutils import data, embeddings, losses, models, pca, plots, training, widgets
from aeutils.corruption.affine_jitter import jitter
from aeutils.testing import elective_d as tests
from aeutils.widgets import calibration, predict, reveal

torch.set_num_threads(1)  # steadier on a busy laptop: two threads often wait for each other
training.seed_everything(1)

# %% tags=["explore"]
widgets.checklist()

# %% [markdown]
# The idea in one picture: hide patches, here and there or as a block, and predict them.

# %% tags=["explore"]
from aeutils import drawings

drawings.patches_and_masks()

# %% [markdown]
# ## 1 · Hide a part, and predict it
#
# A widely held view in cognitive science is that brains learn by predicting what their senses will say next. No teacher is needed: the world itself tells, a moment later, whether the prediction was right. The same trick works with images.
# Hide a part, and let the rest predict it.

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
# %% tags=["explore"]
digits = data.load("mnist")
x, x_test = digits.x_train, digits.x_test  # (5000, 1, 28, 28), (1000, 1, 28, 28)
SIZE, GRID = 7, (4, 4)  # 16 patches of 7 × 7
pieces = to_patches(x_test[:1], SIZE)  # (1, 16, 49)
plots.image_row(
    pieces[0].reshape(16, 1, 7, 7),
    titles=[str(i) for i in range(16)],
    title="One digit as a transformer gets it: 16 patches in a row",
    per_row=16,
)

# %% [markdown]
# Could you name the digit from this row? You would first ask where each patch belongs. So does a transformer: to each patch a vector is added that says where it stood.

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
# %% tags=["explore"]
draw = torch.Generator().manual_seed(0)
few = x_test[:12]
whole = to_patches(few, SIZE)
GREY = 0.35


def hide_block(n: int, generator: torch.Generator) -> Tensor:
    """Hide a block of 2 × 4 or of 4 × 2 patches of each image, by lot."""
    flat, tall = (block_mask(n, GRID, shape, generator) for shape in ((2, 4), (4, 2)))
    return torch.where(torch.rand(n, 1, generator=generator) < 0.5, flat, tall)


here_and_there, block = random_mask(12, 16, 8, draw), hide_block(12, draw)


def with_holes(hidden: Tensor) -> Tensor:
    """Return the twelve images with grey patches where `hidden` is True."""
    return from_patches(whole.masked_fill(hidden[:, :, None], GREY), (1, 28, 28), SIZE)


plots.sample_wall(
    {
        "test images": few,
        "8 of 16\nhidden": with_holes(here_and_there),
        "8 in one\nblock": with_holes(block),
    },
    title="What would you say is behind the grey?",
)

# %% [markdown]
# **Think.** In the second row a neighbour often tells where a stroke goes on. In the third you have to know more of the digit. Which of the two is the better teacher? (And why not a block of 3 × 3? In a grid of 4 × 4 there are only four places for it, and all of them cover the four patches in the middle: a network would never see them, and their weights would never move. A mask has to leave every place visible sometimes.)
#
# ## 2 · Predict the pixels
#
# A **masked autoencoder** (He et al., 2022) shows the encoder the visible patches only, and a second, smaller network, the **predictor**, says from its answer what stands in the hidden ones. The loss looks at hidden patches only: what is visible could be copied.

# %% [markdown]
# ### Exercise 3 · The loss of a prediction
# *Difficulty ●●○ · importance ●●● · 10 minutes · 2 points*
#
# The predictor says what stands in the hidden patches, and a *target* says what really does. How far apart are they, and which of the two should move? In this section the target is pixels, which cannot move. In the next it will be what a second encoder says of the whole image, and there the stop matters.
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
        target: what it should have said, (N, P, K): pixels, or features of another encoder.
        hidden: booleans (N, P), True for at least one patch; rows may hide different numbers.

    Returns:
        A scalar: the mean over the hidden patches of the batch and their K numbers. Its gradient
        reaches `predicted` and not `target`.
    """
    ### BEGIN SOLUTION
    return (predicted[hidden] - target.detach()[hidden]).square().mean()
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-prediction_loss", "points": 2}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_d, grade

grade(elective_d.prediction_loss, prediction_loss)
### END HIDDEN TESTS
assert tests.prediction_loss(prediction_loss)
# %% [markdown]
# In the papers encoder and predictor are transformers, trained for days. Ours are two fully connected networks that learn in seconds: the encoder gets all patches, the hidden ones set to 0, and is told which they are; it answers with four numbers for each patch. (`models.PatchEncoder` is a small transformer; the lesson has its figures.)


# %% tags=["explore"]
EPOCHS, BATCH, RATE, FEATURES = 10, 64, 3e-3, 4  # for every network of sections 2 to 4


class ContextEncoder(nn.Module):
    """Images and which of their patches are hidden -> 4 features for each patch."""

    def __init__(self) -> None:
        super().__init__()
        self.net = models.mlp((784 + 16, 256, 256, 16 * FEATURES))
        self.norm = nn.LayerNorm(FEATURES)

    def forward(self, images: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Images (N, 1, 28, 28) to features (N, 16, 4); without a mask all patches are visible."""
        if hidden is None:
            hidden = torch.zeros(len(images), 16, dtype=torch.bool)
        patches = to_patches(images, SIZE).masked_fill(hidden[:, :, None], 0)
        known = torch.cat([patches.flatten(1), hidden.float()], dim=1)
        return self.norm(self.net(known).unflatten(1, (16, FEATURES)))

    def encode(self, images: Tensor) -> Tensor:
        """Images to one row of 64 features each."""
        return self(images).flatten(1)


class Predictor(nn.Module):
    """Features and which patches are hidden -> `outputs` numbers for each patch."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.net = models.mlp((16 * FEATURES + 16, 256, 16 * outputs))

    def forward(self, features: Tensor, hidden: Tensor) -> Tensor:
        """Features (N, 16, 4) to predictions (N, 16, outputs)."""
        known = torch.cat([features.flatten(1), hidden.float()], dim=1)
        return self.net(known).unflatten(1, (16, -1))


def networks(outputs: int) -> tuple[ContextEncoder, Predictor]:
    """Return a new encoder and a new predictor of `outputs` numbers for each patch."""
    training.seed_everything(0)
    return ContextEncoder(), Predictor(outputs)


def hide(n: int, generator: torch.Generator) -> Tensor:
    """Hide 8 of 16 patches of each image."""
    return random_mask(n, 16, 8, generator)


def pixels_of(images: Tensor) -> Tensor:
    """Return what a masked autoencoder predicts, (N, 16, 49)."""
    return to_patches(images, SIZE)


def fit(encoder, predictor, target, hide=hide, loss=prediction_loss, **more) -> training.History:
    """Train both, as the library's loop does it: hide, encode, predict, compare."""
    return training.fit_prediction(
        *(encoder, predictor, x, target, hide),
        loss=loss,
        epochs=EPOCHS,
        batch_size=BATCH,
        lr=RATE,
        **more,
    )


untrained, _ = networks(49)
masked, painter = networks(49)
history_masked = fit(masked, painter, pixels_of)

# %% tags=["explore"]
with torch.no_grad():
    painted = painter(masked(few, here_and_there), here_and_there)
filled = torch.where(here_and_there[:, :, None], painted, whole)
plots.sample_wall(
    {
        "test images": few,
        "what it saw": with_holes(here_and_there),
        "what it says": from_patches(filled, (1, 28, 28), SIZE),
    },
    title="A masked autoencoder paints what is hidden",
)

# %% [markdown]
# Blurred, of course: squared error paints the mean of what is possible (week 2). Half of its effort goes into where exactly an edge runs, which nobody could know.
#
# ## 3 · Predict the features, and fall into a hole
#
# So do not ask for edges. Ask for the *features* of the hidden patch, as an encoder describes it that sees the whole image. The predictor is asked for four numbers for each patch, and the target is the encoder's own answer.
# First the obvious way: one encoder, one loss, and gradients wherever they go.


# %% tags=["explore"]
def both_sides(predicted: Tensor, target: Tensor, hidden: Tensor) -> Tensor:
    """Return the squared error with a gradient on both sides: nothing is stopped."""
    return (predicted - target)[hidden].square().mean()


greedy, guesser = networks(FEATURES)
history_greedy = fit(greedy, guesser, greedy, loss=both_sides)

# %% [markdown]
# **Predict.** At the start the loss is about 1. What is it at the end?

# %% tags=["explore"]
predict(
    "ed-greedy", "Loss of the last 50 steps, one encoder and nothing stopped?", 0, 1, default=0.5
)

# %% tags=["explore"]
greedy_loss = sum(history_greedy.train_loss[-50:]) / 50
reveal("ed-greedy", greedy_loss)
plots.learning_curves(history_greedy, title="A learning curve that anybody would be proud of")

# %% [markdown]
# A loss of nearly nothing. Before you celebrate: what would a network do that wants *its own* features to be predictable, and may choose them?

# %% [markdown]
# ### Exercise 4 · Is anybody there?
# *Difficulty ●●○ · importance ●●● · 12 minutes · 3 points*
#
# A loss of 0 is no proof that anything was learned: features that are the same for every image can be predicted perfectly. Two numbers look at the features themselves. The **spread**, the mean of the units' standard deviations, sees whether they move at all. The **effective rank** asks how many directions they use:
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
# %% tags=["explore"]
with torch.no_grad():
    seen = {
        name: encoder.encode(x_test)
        for name, encoder in {
            "untrained": untrained,
            "predicts pixels": masked,
            "predicts features, nothing stopped": greedy,
        }.items()
    }
print(f"{'':<36}{'spread':>8}{'effective rank':>16}   (of 64)")
for name, z in seen.items():
    print(f"{name:<36}{spread(z):>8.3f}{effective_rank(z):>16.1f}")

# %% [markdown]
# **Explain.** The features hardly move any more from one image to the next: that is **collapse**, as in week 7, where pairs of one class alone put all codes into one point. Equal features are easy to predict, and the loss cannot see that they say nothing. The rank alone would not have told you either: what little movement is left goes into many directions. Look at both.
#
# I-JEPA (Assran et al., 2023) takes two precautions. The gradient is *stopped* at the target: the target cannot make itself easy. And the target encoder is not the trained one, but a slow **moving average** of it.

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


# %% tags=["explore"]
def train_jepa(hide, decay: float = 0.998) -> tuple[ContextEncoder, training.History]:
    """Train an encoder whose target is its own moving average; return the average."""
    encoder, predictor = networks(FEATURES)
    average = copy.deepcopy(encoder).requires_grad_(False)
    history = fit(
        *(encoder, predictor, average, hide),
        after_step=lambda step: ema_update(average, encoder, decay),
    )
    return average, history


jepa, history_jepa = train_jepa(hide)
jepa_block, history_block = train_jepa(hide_block)
stopped, stopped_guesser = networks(FEATURES)
history_stopped = fit(stopped, stopped_guesser, stopped)  # the gradient is stopped, nothing lags
with torch.no_grad():
    seen |= {
        "predicts features, stopped": stopped.encode(x_test),
        "predicts features, JEPA": jepa.encode(x_test),
        "JEPA, blocks hidden": jepa_block.encode(x_test),
    }
last = {
    "predicts pixels": history_masked,
    "predicts features, nothing stopped": history_greedy,
    "predicts features, stopped": history_stopped,
    "predicts features, JEPA": history_jepa,
    "JEPA, blocks hidden": history_block,
}
print(f"{'':<36}{'spread':>8}{'effective rank':>16}{'last loss':>12}")
for name, z in seen.items():
    loss = f"{sum(last[name].train_loss[-50:]) / 50:>12.5f}" if name in last else ""
    print(f"{name:<36}{spread(z):>8.3f}{effective_rank(z):>16.1f}{loss}")
kept = 0.998**history_jepa.recipe.steps
print(
    f"After {history_jepa.recipe.steps} steps {100 * kept:.0f} % of the average are its random start."
)

# %% tags=["record"]
from aeutils._internal.notebook import record

record(
    "ed-collapse",
    {
        name: {"spread": float(spread(z)), "rank": float(effective_rank(z))}
        for name, z in seen.items()
    },
)

# %% [markdown]
# **Explain.** A stopped gradient alone keeps nothing alive here: encoder and target are the same network, and it shrinks all the same. With the moving average the features spread more than the untrained ones. Why it helps is only partly understood (Tian et al., 2021): a target that lags cannot be made easy at once.
#
# ## 4 · Which features are good?

# %% [markdown]
# ### Exercise 6 · Two probes, one protocol
# *Difficulty ●●● · importance ●●● · 18 minutes · 5 points*
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
# Write a helper that takes training and other features, and returns both minus the training mean, divided by the training deviation. A unit that never moves on training images has the deviation 0 *up to rounding*, so compare the rows themselves, as in exercise 4; let it become 0 everywhere, whatever it is on test images.
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


# %% nbgrader={"grade_id": "test-probes", "points": 5}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_d, grade

grade(elective_d.probes, standardise, linear_probe, knn_probe)
### END HIDDEN TESTS
assert tests.probes(standardise, linear_probe, knn_probe)
# %% [markdown]
# **Predict.** The masked autoencoder was asked for pixels, the other one for features. By how many points of the linear probe is JEPA ahead (negative: behind)?

# %% tags=["explore"]
predict(
    "ed-jepa", "JEPA's linear probe minus the masked autoencoder's, in points?", -30, 30, default=5
)

# %% tags=["explore"]
y, y_test = digits.y_train, digits.y_test
axes = pca.PCA(64).fit(x.flatten(1))


def copy_without_start(average: ContextEncoder, steps: int) -> ContextEncoder:
    """Return a copy of a moving average, from which the random start is taken out."""
    start, _ = networks(FEATURES)
    cleaned = copy.deepcopy(average)
    with torch.no_grad():
        for p, first in zip(cleaned.parameters(), start.parameters(), strict=True):
            p.copy_(without_start(p, first, 0.998, steps))
    return cleaned


encoders = {
    "raw pixels": lambda images: images.flatten(1),
    "PCA-64": lambda images: axes.transform(images.flatten(1)),
    "untrained": untrained.encode,
    "predicts pixels": masked.encode,
    "predicts features, nothing stopped": greedy.encode,
    "predicts features, stopped": stopped.encode,
    "predicts features, JEPA": jepa.encode,
    "JEPA, blocks hidden": jepa_block.encode,
    "JEPA, without its random start": copy_without_start(jepa, history_jepa.recipe.steps).encode,
}
judged = {}
print(f"{'% right':<36}{'linear probe':>14}{'kNN-5 probe':>13}")
for name, encode in encoders.items():
    with torch.no_grad():
        z, z_test = encode(x), encode(x_test)
    judged[name] = {
        "linear": 100 * float((linear_probe(z, y, z_test) == y_test).double().mean()),
        "knn": 100 * float((knn_probe(z, y, z_test) == y_test).double().mean()),
    }
    print(f"{name:<36}{judged[name]['linear']:>14.1f}{judged[name]['knn']:>13.1f}")
reveal("ed-jepa", judged["predicts features, JEPA"]["linear"] - judged["predicts pixels"]["linear"])

# %% tags=["explore"]
training.compare(
    "ed-probes",
    {
        "raw pixels": "not trained",
        "PCA-64": "closed form, all images",
        "untrained": "not trained",
        "predicts pixels": history_masked,
        "predicts features, nothing stopped": history_greedy,
        "predicts features, stopped": history_stopped,
        "predicts features, JEPA": history_jepa,
        "JEPA, blocks hidden": history_block,
    },
    compared=("model", "loss", "shown"),
    rate_chosen="by hand, one for all",
    reasons={"parameters": "A predictor of 49 pixels is larger than one of 4 features."},
)

# %% tags=["record"]
record("ed-probes", judged)

# %% [markdown]
# **Explain.** Begin with the control: a few thousand random features are worth something, as the untrained row shows. Where nothing was stopped most of that is destroyed, with the smallest loss of all. Where only the gradient was stopped the features have collapsed in scale as well, and yet both probes find digits in them. A probe that standardises its columns cannot see a scale. What was left over differs in the two rows, and only a probe sees that; the spread sees what the probe cannot.
#
# JEPA gains seventeen points of the linear probe over the untrained network, without any label and without ever being asked for a pixel. Hiding blocks does about as well. The masked autoencoder gains two points more. At this size pixels win: a digit has hardly any detail that it would be wise to ignore. Predicting features was made for photographs, where grass and noise cost a pixel predictor most of its effort, and in the papers it wins there. PCA, with as many numbers and no training loop, is ahead of all of them, and by neighbours so are raw pixels. Say that, too.
#
# A fifth of the moving average is still its random start. Taken out with `without_start`, it changes next to nothing here. (The decay of 0.998 was chosen on 1,000 training images that were held out: of 0.9, 0.99 and 0.998 it had the best probes, and with 0.9 the features collapsed.)
#
# ## 5 · Do the ten digits find themselves?
#
# Nobody told any of these encoders that there are ten kinds of digits. Would they come out if one looked for ten heaps? **k-means** puts ten centres such that every code is near to one. Two numbers compare the heaps with the digits: the **purity** is the share of images that belong to the most frequent digit of their heap, and the **adjusted Rand index** asks of all *pairs* whether they are together both times or apart both times, with 0 for heaps drawn by lot and 1 for the true digits.

# %% [markdown]
# **Predict.** Ten heaps of the masked autoencoder's features: which share of the test images belongs to the most frequent digit of its heap?

# %% tags=["explore"]
predict(
    "ed-purity",
    "Purity of ten heaps of the masked autoencoder's features (%)?",
    10,
    100,
    default=80,
)

# %% tags=["explore"]
heaps = {}
print(f"{'':<36}{'purity':>8}{'adjusted Rand index':>21}")
for name in ("raw pixels", "PCA-64", "untrained", "predicts pixels", "predicts features, JEPA"):
    with torch.no_grad():
        z_test = encoders[name](x_test)
    found = embeddings.k_means(z_test, 10, seed=0)
    heaps[name] = {
        "purity": 100 * embeddings.purity(found, y_test),
        "rand": embeddings.adjusted_rand_index(found, y_test),
    }
    print(f"{name:<36}{heaps[name]['purity']:>6.0f} %{heaps[name]['rand']:>21.2f}")
reveal("ed-purity", heaps["predicts pixels"]["purity"])

# %% tags=["record"]
record("ed-heaps", heaps)

# %% tags=["explore"]
with torch.no_grad():
    found = embeddings.k_means(masked.encode(x_test), 10, seed=0)
counts = F.one_hot(found).T @ F.one_hot(y_test)  # (10 heaps, 10 digits)
counts = counts[counts.argmax(dim=1).argsort()]
print("heap  " + "".join(f"{digit:>5}" for digit in range(10)) + "   (test images of each digit)")
for i, heap in enumerate(counts.tolist()):
    print(f"{i + 1:>4}  " + "".join(f"{n or '':>5}" for n in heap))

# %% [markdown]
# **Explain.** Only partly. Ten heaps of the masked autoencoder's features are purer than those of raw pixels and of PCA, and JEPA's are less pure. But with a third of the images in the wrong heap nobody has "found the ten digits". Read the last table: the ones fill two heaps, the upright and the slanted, while fours, sevens and nines share others, and so do threes, fives and eights. Ten is our number, and nothing told the encoder that a four and a nine differ more than two ways of writing a one.
#
# ## 6 · An encoder moves house
#
# The promise of all this is **transfer**: learn from many images without labels, then need few labels. It is also the promise that the sources make for convolutional layers of an autoencoder, which one may take to begin a classifier. Let us hold them to it, on clothes: 2,000 of Fashion-MNIST, all without labels for the autoencoder, and 1 to 100 labels a class for the classifier.

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
# %% tags=["explore"]
clothes = data.load("fashion_mnist")
c, c_test, kind, kind_test = clothes.x_train, clothes.x_test, clothes.y_train, clothes.y_test


def conv_encoder() -> nn.Sequential:
    """Return a new encoder, images (N, 1, 28, 28) -> features (N, 64)."""
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU()),
        *(nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(32 * 7 * 7, 64), nn.BatchNorm1d(64)),
    )


class ClothesAutoencoder(nn.Module):
    """The encoder, and a decoder of two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = conv_encoder()
        self.decoder = models.mlp((64, 256, 784))

    def forward(self, images: Tensor) -> Tensor:
        """Images to images, (N, 1, 28, 28)."""
        return self.decoder(self.encoder(images)).unflatten(1, (1, 28, 28))


training.seed_everything(1)
fresh = conv_encoder()
training.seed_everything(1)
rebuilds = ClothesAutoencoder()
history_clothes = training.fit(rebuilds, c, epochs=12, batch_size=128, lr=3e-3)

# %% tags=["explore"]
LABELS = [1, 5, 20, 100]  # a class
STEPS = 128


def draw_labels(per_class: int, seed: int) -> Tensor:
    """Return the rows of `per_class` images of each class, drawn by lot."""
    generator = torch.Generator().manual_seed(seed)
    return torch.cat(
        [
            (kind == one).nonzero()[:, 0][torch.randperm(200, generator=generator)[:per_class]]
            for one in range(10)
        ]
    )


def with_labels(encoder: nn.Module, frozen: bool, rows: Tensor) -> tuple[float, training.History]:
    """Train a classifier on the labelled rows; return its test accuracy in %."""
    training.seed_everything(2)
    model = Transferred(encoder, 64, 10, frozen)
    history = training.fit_encoder(
        *(model, c[rows], kind[rows], F.cross_entropy),
        epochs=round(STEPS / math.ceil(len(rows) / 32)),
        batch_size=32,
        lr=0.03 if frozen else 3e-3,  # a layer alone can take larger steps
    )
    with torch.no_grad():
        return 100 * float((model(c_test).argmax(dim=1) == kind_test).double().mean()), history


def over_draws(encoder: nn.Module, frozen: bool, name: str) -> None:
    """Fill a row of the table: the mean accuracy over two draws of labels."""
    for per_class in LABELS:
        runs = [with_labels(encoder, frozen, draw_labels(per_class, seed)) for seed in range(2)]
        moved.setdefault(name, {})[per_class] = sum(right for right, _ in runs) / len(runs)
    histories[name] = runs[-1][1]


# %% [markdown]
# **Predict.** With 5 labels a class, fifty in all: how many points does the *frozen* encoder of the autoencoder, with a linear layer on top, gain over the same network trained from scratch?

# %% tags=["explore"]
predict("ed-gain", "Points gained by the frozen encoder, 5 labels a class?", -20, 40, default=15)

# %% tags=["explore"]
moved, histories = {}, {}
over_draws(fresh, False, "from scratch")
over_draws(rebuilds.encoder, True, "autoencoder, frozen")
over_draws(rebuilds.encoder, False, "autoencoder, fine-tuned")
reveal("ed-gain", moved["autoencoder, frozen"][5] - moved["from scratch"][5])

# %% [markdown]
# ## 7 · Two views instead of a decoder
#
# Week 7's loss pulled images of one class together. Without labels there is one thing of which we are sure: two *views* of one photograph, shifted or mirrored, show the same thing.

# %% [markdown]
# ### Exercise 8 · Two views and no label
# *Difficulty ●●○ · importance ●●● · 10 minutes · 2 points*
#
# Week 7's loss asks every code of a batch to pick out its own class among all others. What if every image were a class of its own, with two views of it as the members (SimCLR; Chen et al., 2020)?
#
# <details><summary>Hint 1: the labels are yours to make</summary>
#
# `losses.supcon_loss(z, labels, temperature)` takes codes (B, K) and integers (B,). Put the codes of the first views above those of the second: which rows belong together?
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


# %% nbgrader={"grade_id": "test-two_view_loss", "points": 2}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_d, grade

grade(elective_d.two_view_loss, two_view_loss)
### END HIDDEN TESTS
assert tests.two_view_loss(two_view_loss)
# %% tags=["explore"]
views = torch.Generator().manual_seed(0)


def one_view(images: Tensor) -> Tensor:
    """Return the images turned, shifted and scaled a little, some of them mirrored."""
    mirrored = torch.rand(len(images), 1, 1, 1, generator=views) < 0.5
    moved_a_little = jitter(images, views)
    return torch.where(mirrored, moved_a_little.flip(3), moved_a_little)


def both_views(batch: Tensor) -> Tensor:
    """Return first views of all images, and second views below them."""
    return torch.cat([one_view(batch), one_view(batch)])


class Projected(nn.Module):
    """The encoder, and a layer behind it that is thrown away afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = conv_encoder()
        self.projection = nn.Linear(64, 32)

    def forward(self, images: Tensor) -> Tensor:
        """Images to codes (N, 32)."""
        return self.projection(self.encoder(images))


def contrast(z: Tensor, number: Tensor) -> Tensor:
    """Return the two-view loss of first and second views, one above the other."""
    first, second = z.chunk(2)
    return two_view_loss(first, second, temperature=0.2)


training.seed_everything(1)
twins = Projected()
history_twins = training.fit_encoder(
    twins,
    c,
    torch.arange(len(c)),  # each image is its own class
    contrast,
    epochs=12,
    batch_size=128,
    lr=3e-3,
    augment=both_views,
)
over_draws(twins.encoder, True, "two views, frozen")
over_draws(twins.encoder, False, "two views, fine-tuned")
print(f"{'% right, labels a class:':<28}" + "".join(f"{n:>8}" for n in LABELS))
for name, row in moved.items():
    print(f"{name:<28}" + "".join(f"{row[n]:>8.1f}" for n in LABELS))

# %% tags=["explore"]
plots.lines(
    LABELS,
    {name: list(row.values()) for name, row in moved.items()},
    title="What an encoder is worth that saw no label",
    x_label="labels a class",
    y_label="right answers (%)",
    log_x=True,
)

# %% tags=["explore"]
training.compare(
    "ed-transfer",
    {
        "from scratch": histories["from scratch"],
        "autoencoder, without labels": history_clothes,
        "two views, without labels": history_twins,
        "autoencoder, frozen": histories["autoencoder, frozen"],
        "autoencoder, fine-tuned": histories["autoencoder, fine-tuned"],
        "two views, frozen": histories["two views, frozen"],
        "two views, fine-tuned": histories["two views, fine-tuned"],
    },
    compared=("model", "loss", "shown", "data", "images seen", "steps", "batch"),
    rate_chosen="by hand, one for each kind",
    reasons={
        "parameters": "A decoder, or a layer that is thrown away; of a frozen encoder none.",
        "learning rate": "A layer alone can take larger steps.",
        "seeds": "One for all that learn without labels, one for all classifiers.",
    },
)

# %% tags=["record"]
record("ed-transfer", {name: {str(n): v for n, v in row.items()} for name, row in moved.items()})

# %% [markdown]
# **Explain.** With five labels a class the frozen encoder is more than six points ahead of the same network from scratch. With a hundred it is behind: by then the labels know better what matters than the pixels did, and a frozen encoder cannot learn it. Fine-tuning is ahead by a few points everywhere, and two views, after as many steps, by less. But look at what the table rests on: two draws of labels and 500 test images, so that two or three points are luck. The promise "pre-train, and you need fewer labels" holds where labels are few, by some points and not by leaps. From how many labels on it stops paying, this table cannot say; the lesson has one that can, with more images, fifteen draws and photographs as well.
#
# ## 8 · Where this leads
#
# | today | what it is | where you built it |
# |---|---|---|
# | masked autoencoder (He et al., 2022) | hide three quarters of the patches, predict pixels | sections 1 and 2 |
# | I-JEPA (Assran et al., 2023) | hide blocks, predict features of a slow copy | section 3 |
# | SimCLR (Chen et al., 2020) | two views find each other among thousands | exercise 8, and week 7's loss |
# | CLIP (Radford et al., 2021) | the second view is a caption | exercise 8 with two encoders |
# | vector search | codes in a store, neighbours in cells | week 7 |
#
# The sources end with a list of limits, and you have met each: features without a meaning of their own (week 5), slow beside a closed form (weeks 1 and 4), hard to design (how many things did you choose by hand today?), little theory (why does the moving average *not* collapse? The question is only partly answered: Tian et al., 2021).
#
# **On an accelerator.** Everything here runs on a GPU: put images *and* models there before training, and nothing else changes.
#
# ```python
# device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
# x, x_test = x.to(device), x_test.to(device)
# encoder = models.PatchEncoder((1, 28, 28), size=7).to(device)
# ```
#
# (On a Mac `"mps"` in the place of `"cuda"`.) Random numbers come from generators of the CPU in our functions; move what they made.
#
# ## What you can do now

# %% tags=["explore"]
calibration()

# %% [markdown]
# - Cut, hide and put together again.
# - Say what is predicted, where the gradient stops, and who the target is.
# - Look at spread and rank before you believe a loss.
# - Judge features by two probes with one protocol, beside raw pixels, PCA and an untrained network.
# - Ask of "pre-training helps": with how many labels, over how many draws, after how many steps?
#
# **If you want more.** Let the decay be 0, so that the target is the encoder itself with a stopped gradient: does it collapse? Hide 12 of 16 patches. Train three times as long: which row of section 4 moves most? Read Assran et al. (2023), section 3, and find the three things that we left out.
