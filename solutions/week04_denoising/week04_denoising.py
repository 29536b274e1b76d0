# %% [markdown]
# # Week 4 · The denoising autoencoder
#
# **The question of this week.** A network sees damaged digits and is asked for the undamaged ones. What
# does it have to know in order to do that? And is it better than a formula?
#
# By the end you can
#
# - damage images in four ways, correctly, and say what each of them destroys,
# - train on pairs (damaged, clean) without the usual mistakes: damage in the target, damage drawn once,
# - measure a repair in decibels, and say which mean was taken,
# - compare with honest rivals: filters, PCA, and the best of all linear repairs, in closed form,
# - say what happens when the test noise is not the training noise,
# - explain where the arrow from a damaged point to its repair points, and why.
#
# | | |
# |---|---|
# | Time | about 2½ hours; the notebook itself runs in under a minute |
# | Needs | weeks 1 and 2; mean and variance, Bayes' rule |
# | Graded | 8 exercises, 24 points |
#
# **How to work.** As before: predict, run, explain; hints one rung at a time; tests that explain. The
# grader uses other data and also checks what a docstring promises and the test does not try. Every function owes its
# caller this: arguments and global state (seeds, gradient mode, default dtype) stay as they were, results come from the
# arguments alone, whatever their numbers, rows and layout, and losses keep their gradient.

# %%
from collections.abc import Callable

import torch
from torch import Tensor, nn

from aeutils import data, losses, models, plots, training, widgets
from aeutils.testing import week04 as tests
from aeutils.widgets import calibration, predict, reveal

torch.set_num_threads(1)  # steadier on a busy laptop: two threads often wait for each other
training.seed_everything(4)
digits = data.load("mnist")
x_all, x_test = digits.x_train.flatten(1), digits.x_test.flatten(1)  # (N, 784)
order = torch.randperm(len(x_all), generator=torch.Generator().manual_seed(4))
x_val, x_train = x_all[order[:1000]], x_all[order[1000:]]  # every choice is made on x_val
digits

# %% tags=["explore"]
widgets.checklist()

# %% [markdown]
# The whole week in one picture: damage pushes images off the curve where they live, and a repair leads back.

# %% tags=["explore"]
from aeutils import drawings

drawings.corruption_arrows()

# %% [markdown]
# ## 1 · Four ways to damage an image
#
# The autoencoder of week 2 was trained with $L(x, g(f(x)))$. Now something is done to $x$ on the way in,
#
# $$ L\big(x,\; g(f(\tilde x))\big), \qquad \tilde x \text{ drawn at random, given } x, $$
#
# and the target stays **clean**. You will meet it written as $L(x, g(f(x + \epsilon)))$. That is one of
# many ways:
#
# | damage | a pixel $x$ becomes | what is lost |
# |---|---|---|
# | Gaussian | $x + \sigma n$, with $n$ standard normal | every pixel a little |
# | salt and pepper | 0 or 1, in a share $p$ of the pixels | some pixels wholly; which, nobody says |
# | speckle | $x\,(1 + \sigma n)$ | bright pixels, paper stays clean |
# | mask | 0, in a share $p$ of the pixels | some pixels wholly |
#
# The random numbers come from a `torch.Generator` that the caller makes. Then two runs can see the
# same damage, and whoever compares two denoisers can show both the same noisy images.
#
# ### Exercise 1 · Gaussian noise
# *Difficulty ●○○ · importance ●●● · 10 minutes · 3 points*
#
# Do not clip the result to [0, 1]. Clipped noise is no longer Gaussian and no longer has mean 0; we
# clamp when an image is shown, or measured.
#
# <details><summary>Hint 1: one number for every pixel</summary>
#
# `torch.randn` takes a shape. Which one gives every pixel of every image a number of its own?
# </details>
# <details><summary>Hint 2: the generator</summary>
#
# `torch.randn_like` takes no generator, `torch.randn` does, by the keyword `generator`.
# </details>
# <details><summary>Hint 3: σ or σ²?</summary>
#
# If $n$ has standard deviation 1, then $\sigma n$ has standard deviation $\sigma$.
# </details>


# %% nbgrader={"grade_id": "gaussian", "solution": true}
def gaussian(x: Tensor, sigma: float, generator: torch.Generator) -> Tensor:
    """Add Gaussian noise.

    Args:
        x: images of any shape (N, ...), any real values. Left unchanged.
        sigma: standard deviation of the noise.
        generator: source of all random numbers.

    Returns:
        The noisy images, in the shape of x, not clipped.
    """
    ### BEGIN SOLUTION
    return x + sigma * torch.randn(x.shape, generator=generator)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-gaussian", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week04

grade(week04.gaussian, gaussian)
### END HIDDEN TESTS
assert tests.gaussian(gaussian)

# %% [markdown]
# ### Exercise 2 · Salt and pepper
# *Difficulty ●●○ · importance ●●○ · 15 minutes · 3 points*
#
# A share $p$ of all pixels is damaged, each pixel by its own throw. Half of the damaged ones turn into
# pepper (0), the other half into salt (1).
#
# <details><summary>Hint 1: one throw for each pixel</summary>
#
# `torch.rand` gives numbers between 0 and 1. A share $p$ of them lies below $p$.
# </details>
# <details><summary>Hint 2: three cases from one throw</summary>
#
# Cut the interval from 0 to 1 into three pieces: pepper, salt, untouched. How long must they be? Two
# separate throws would let salt fall on pepper.
# </details>
# <details><summary>Hint 3: a new tensor</summary>
#
# `torch.where(condition, a, b)` and `x.masked_fill(condition, value)` make new tensors;
# `x[condition] = 0` writes into the caller's.
# </details>


# %% nbgrader={"grade_id": "salt_and_pepper", "solution": true}
def salt_and_pepper(x: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Replace a share of the pixels by black or white.

    Args:
        x: images of any shape (N, ...). Left unchanged.
        share: probability that a pixel is damaged: it becomes 0 or 1, equally likely.
        generator: source of all random numbers.

    Returns:
        The damaged images, in the shape of x.
    """
    ### BEGIN SOLUTION
    u = torch.rand(x.shape, generator=generator)
    return x.masked_fill(u < share, 1.0).masked_fill(u < share / 2, 0.0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-salt_and_pepper", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week04

grade(week04.salt_and_pepper, salt_and_pepper)
### END HIDDEN TESTS
assert tests.salt_and_pepper(salt_and_pepper)

# %% [markdown]
# ### Exercise 3 · Speckle
# *Difficulty ●○○ · importance ●○○ · 5 minutes · 2 points*
#
# Radar and ultrasound images have noise that *multiplies*: the brighter, the noisier.
#
# <details><summary>Hint: what is multiplied by what?</summary>
#
# The factor of a pixel is 1 on average. With a factor of mean 0 the image would be gone.
# </details>


# %% nbgrader={"grade_id": "speckle", "solution": true}
def speckle(x: Tensor, sigma: float, generator: torch.Generator) -> Tensor:
    """Multiply every pixel by a random factor of mean 1.

    Args:
        x: images of any shape (N, ...). Left unchanged.
        sigma: standard deviation of the factor, which is normally distributed.
        generator: source of all random numbers.

    Returns:
        The noisy images, in the shape of x, not clipped.
    """
    ### BEGIN SOLUTION
    factor = 1 + sigma * torch.randn(x.shape, generator=generator)
    return x * factor
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-speckle", "points": 2}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week04

grade(week04.speckle, speckle)
### END HIDDEN TESTS
assert tests.speckle(speckle)

# %% [markdown]
# ### Exercise 4 · Masking
# *Difficulty ●○○ · importance ●●○ · 5 minutes · 2 points*
#
# It looks like dropout, but dropout also divides what is left by $1 - p$. A mask does not.
#
# <details><summary>Hint: lost or kept?</summary>
#
# `share` is the part that is lost. With `share = 0` nothing happens.
# </details>


# %% nbgrader={"grade_id": "mask", "solution": true}
def mask(x: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Set a share of the pixels to 0.

    Args:
        x: images of any shape (N, ...). Left unchanged.
        share: probability that a pixel is lost.
        generator: source of all random numbers.

    Returns:
        The damaged images, in the shape of x; pixels that are not lost keep their value.
    """
    ### BEGIN SOLUTION
    lost = torch.rand(x.shape, generator=generator) < share
    return x.masked_fill(lost, 0.0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-mask", "points": 2}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week04

grade(week04.mask, mask)
### END HIDDEN TESTS
assert tests.mask(mask)


# %% tags=["explore"]
def seeded(seed: int) -> torch.Generator:
    """Return a new generator."""
    return torch.Generator().manual_seed(seed)


seven = x_test[digits.y_test == 7][:1]
kinds = {"Gaussian\nσ": gaussian, "salt and pepper\np": salt_and_pepper}
kinds |= {"speckle\nσ": speckle, "mask\np": mask}
gallery = {
    f"{name} = {level}": damage(seven, level, seeded(1))[0].clamp(0, 1)
    for name, damage in kinds.items()
    for level in (0.1, 0.3, 0.6)
}
plots.image_row(
    list(gallery.values()), list(gallery), title="One seven, damaged in four ways", per_row=6
)

# %% [markdown]
# **Think.** Speckle hardly hurts a digit, and a mask leaves its paper alone. Which of the four could you
# repair pixel by pixel, without looking at the neighbours? For which do you *know* which pixels are
# damaged?
#
# ## 2 · How good is a repair?
#
# The **peak signal-to-noise ratio** puts the mean squared error of an image on a logarithmic scale:
#
# $$ \mathrm{PSNR} = 10 \log_{10} \frac{\text{peak}^2}{\text{MSE}} \ \text{dB}, \qquad
#    \text{MSE} = \frac{1}{D} \sum_d (\hat x_d - x_d)^2 , $$
#
# with peak the largest possible intensity, here 1. Ten times less squared error is 10 dB more. For
# several images there are two ways to go on, and they differ: the mean of the images' PSNRs, or the PSNR of
# the mean error. This course takes the **mean of the images' PSNRs**.
#
# ### Exercise 5 · PSNR
# *Difficulty ●○○ · importance ●●● · 10 minutes · 3 points*
#
# <details><summary>Hint 1: one MSE for each image</summary>
#
# `flatten(1)` turns images of any shape into rows; then there is one dimension to average over.
# </details>
# <details><summary>Hint 2: the order</summary>
#
# First the logarithm of each image, then the mean over images.
# </details>


# %% nbgrader={"grade_id": "psnr", "solution": true}
def psnr(x_hat: Tensor, x: Tensor, peak: float = 1.0) -> Tensor:
    """Peak signal-to-noise ratio in decibels.

    Args:
        x_hat: repaired images, shape (N, ...).
        x: clean images, same shape.
        peak: the largest possible intensity, for example 255 for bytes.

    Returns:
        A scalar: the mean over images of each image's PSNR.
    """
    ### BEGIN SOLUTION
    mse = ((x_hat - x) ** 2).flatten(1).mean(dim=1)
    return (10 * torch.log10(peak**2 / mse)).mean()
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-psnr", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week04

grade(week04.psnr, psnr)
### END HIDDEN TESTS
assert tests.psnr(psnr)

# %% [markdown]
# From here on the damage is Gaussian with $\sigma = 0.5$ unless said otherwise. One noisy copy of the
# validation and the test images is made and kept: every method must repair the *same* damage. Whatever
# a method returns is clamped to [0, 1] before it is measured, because no pixel lies outside. That alone
# is a repair:

# %% tags=["explore"]
SIGMA = 0.5
noisy_val, noisy_test = gaussian(x_val, SIGMA, seeded(2)), gaussian(x_test, SIGMA, seeded(3))


def quality(x_hat: Tensor, clean: Tensor) -> float:
    """Return the PSNR after a clamp to [0, 1]."""
    return float(psnr(x_hat.flatten(1).clamp(0, 1), clean))


print(f"noisy test images, as they are  {float(psnr(noisy_test, x_test)):5.2f} dB")
print(f"10 log10(1 / 0.5²)              {10 * torch.log10(torch.tensor(4.0)):5.2f} dB")
print(f"clamped to [0, 1]               {quality(noisy_test, x_test):5.2f} dB")

# %% tags=["record"]
from aeutils._internal.notebook import record

record("w4-noise", 10 * torch.log10(torch.tensor(4.0)))

# %% [markdown]
# ## 3 · Honest rivals
#
# A network that takes minutes to train must be compared with what takes none.
#
# - **Filters** look at one image only. The Gaussian filter takes a weighted mean of the neighbours, the
#   median filter their median. **Non-local means** averages pixels whose *surroundings* look alike,
#   wherever they are.
# - **PCA** (week 1) projects on the axes of clean digits. It keeps $K/D$ of the white noise, and loses the
#   signal outside its $K$ axes.
# - **Linear least squares** is the best of all functions $\hat x = \tilde x W + b$. It knows the digits *and*
#   the noise, because it is fitted to pairs. It is what a network has to beat to justify its bends.
#
# ### Exercise 6 · The best linear repair
# *Difficulty ●●● · importance ●●● · 20 minutes · 4 points*
#
# Rows $\tilde x_i$ (noisy) and $x_i$ (clean). Find $W$, shape $(D, D)$, and $b$, shape $(D)$, that make
#
# $$ \sum_i \lVert \tilde x_i W + b - x_i \rVert^2 + \text{ridge} \cdot \lVert W \rVert_F^2 $$
#
# as small as possible. The ridge keeps $W$ finite where a pixel never varies. The bias is not penalised.
#
# <details><summary>Hint 1: get rid of b</summary>
#
# Set the derivative with respect to $b$ to zero: at the best $b$ the mean repaired image is the mean
# clean image. Insert that, and only *centred* rows remain.
# </details>
# <details><summary>Hint 2: the normal equations</summary>
#
# With centred matrices $A$ (noisy) and $Y$ (clean), both $(N, D)$:
# $(A^\top A + \text{ridge}\cdot I)\, W = A^\top Y$.
# </details>
# <details><summary>Hint 3: solving</summary>
#
# `torch.linalg.solve(M, R)` solves $M W = R$. float64 (`.double()`) is worth its time here.
# </details>
# <details><summary>Hint 4: back to b</summary>
#
# Hint 1 says $\bar{\tilde x} W + b = \bar x$. Solve for $b$.
# </details>


# %% nbgrader={"grade_id": "linear_least_squares", "solution": true}
def linear_least_squares(noisy: Tensor, clean: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    """Fit the best linear repair in closed form.

    Args:
        noisy: damaged images as rows, shape (N, D).
        clean: the same images undamaged, shape (N, D).
        ridge: penalty on the squared entries of the weights, not on the bias; 0 or more.

    Returns:
        The weights, shape (D, D), and the bias, shape (D,), both float32, for x_hat = noisy @ W + b.
    """
    ### BEGIN SOLUTION
    a, y = noisy.double(), clean.double()
    mean_in, mean_out = a.mean(dim=0), y.mean(dim=0)
    a, y = a - mean_in, y - mean_out
    penalty = ridge * torch.eye(a.shape[1], dtype=torch.float64)
    weight = torch.linalg.solve(a.T @ a + penalty, a.T @ y)
    bias = mean_out - mean_in @ weight
    return weight.float(), bias.float()
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-linear_least_squares", "points": 4}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week04

grade(week04.linear_least_squares, linear_least_squares)
### END HIDDEN TESTS
assert tests.linear_least_squares(linear_least_squares)

# %% [markdown]
# **Predict.** The clamped noisy test images have about 9.4 dB. What will the best linear repair reach?

# %% tags=["explore"]
predict("w4-linear", "PSNR of the linear least squares on test images?", 9, 30, "dB", default=15)

# %% [markdown]
# Each rival may choose its strength on the 1,000 validation images. The linear repair is fitted to three
# noisy copies of every training image, because one copy is little for $784^2$ weights.

# %% tags=["explore"]
from aeutils import pca
from aeutils.corruption import filters

copies = x_train.repeat(3, 1) if len(x_train) < 10_000 else x_train
noisy_copies = gaussian(copies, SIGMA, seeded(5))


def as_images(x: Tensor) -> Tensor:
    return x.reshape(-1, 1, 28, 28)


def linear_repair(ridge: float) -> Callable[[Tensor], Tensor]:
    weight, bias = linear_least_squares(noisy_copies, copies, ridge)
    return lambda x: x @ weight + bias


rivals = {
    "Gaussian filter": {
        w: lambda x, w=w: filters.gaussian_filter(as_images(x), w) for w in (0.7, 1.0, 1.3)
    },
    "median filter": {s: lambda x, s=s: filters.median_filter(as_images(x), s) for s in (3, 5)},
    "non-local means": {
        h: lambda x, h=h: filters.non_local_means(as_images(x), SIGMA, h, search=7)
        for h in (0.4, 0.5, 0.6)
    },
    "PCA": {k: pca.PCA(k).fit(x_train).reconstruct for k in (20, 40, 60)},
    "linear least squares": {r: linear_repair(r) for r in (30.0, 300.0)},
}
repairs, table = {}, {"noisy, clamped": quality(noisy_test, x_test)}
for name, choices in rivals.items():
    few = 200 if name == "non-local means" else len(x_val)
    scores = {s: quality(f(noisy_val[:few]), x_val[:few]) for s, f in choices.items()}
    strength = max(scores, key=scores.get)
    repairs[name] = choices[strength]
    table[name] = quality(repairs[name](noisy_test), x_test)
    print(f"{name:<22} chosen strength {strength:>5}   test PSNR {table[name]:5.2f} dB")

# %% tags=["explore"]
reveal("w4-linear", table["linear least squares"])
examples = torch.stack([torch.nonzero(digits.y_test == c)[3, 0] for c in range(10)])
rows = {"clean": x_test, "noisy": noisy_test} | {
    name.replace(" ", "\n", 1): repairs[name](noisy_test).flatten(1)
    for name in ("Gaussian filter", "PCA", "linear least squares")
}
plots.reconstruction_grid(
    {name: x[examples].clamp(0, 1) for name, x in rows.items()},
    n=10,
    labels=digits.y_test[examples],
    title="What needs no training",
)

# %% [markdown]
# **Explain.** The filters know nothing about digits: they remove noise and edges alike. PCA knows the
# digits. The linear repair knows both, and it is a small step beyond PCA: along an axis with variance
# $\lambda$ the best factor is close to $\lambda / (\lambda + \sigma^2)$ (Wiener, 1949), where PCA has only
# the choice between 1 and 0. What remains is a grey haze: on paper its output wavers about 0, the clamp mends
# what lies below, and half of the pixels stay a little grey.
#
# ## 4 · The denoising autoencoder
#
# ### Exercise 7 · The loop
# *Difficulty ●●○ · importance ●●● · 20 minutes · 4 points*
#
# It is week 2's loop with one more line. Four things go wrong in that line: the *target* gets damaged
# as well; clean and damaged are swapped; the damage is drawn *once*, so that the network can learn that
# one draw by heart; nothing is damaged at all. None of them raises an error.
#
# <details><summary>Hint 1: two tensors for each batch</summary>
#
# Keep the clean batch. Make the damaged one from it, inside the loop over batches.
# </details>
# <details><summary>Hint 2: which goes where?</summary>
#
# The model sees the damaged one. `loss(output, target)` compares its output with the clean one.
# </details>
# <details><summary>Hint 3: the list</summary>
#
# For each epoch, as in week 2: add up the loss of a batch times its number of images, and divide by the
# number of all images at the end of the epoch.
# </details>


# %% nbgrader={"grade_id": "train_denoiser", "solution": true}
def train_denoiser(
    model: nn.Module,
    x: Tensor,
    corrupt: Callable[[Tensor], Tensor],
    loss: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    epochs: int,
    batch_size: int,
    generator: torch.Generator,
) -> list[float]:
    """Train a model to return clean images for damaged ones.

    Args:
        model: maps rows (B, D) to rows (B, D).
        x: clean images as rows, shape (N, D). Left unchanged.
        corrupt: returns a damaged copy of a batch, another one at every call.
        loss: loss(output, target), a scalar, the mean over the images of a batch.
        optimizer: holds the model's parameters.
        epochs: how often every image is shown.
        batch_size: images per step; the last batch of an epoch may be shorter.
        generator: source of the order, torch.randperm(N, generator=generator) anew in every epoch.

    Returns:
        For each epoch, the mean loss over all N images as seen during the epoch.
    """
    ### BEGIN SOLUTION
    history = []
    for _ in range(epochs):
        total = 0.0
        for piece in torch.randperm(len(x), generator=generator).split(batch_size):
            clean = x[piece]
            value = loss(model(corrupt(clean)), clean)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            total += value.item() * len(piece)
        history.append(total / len(x))
    return history
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-train_denoiser", "points": 4}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week04

grade(week04.train_denoiser, train_denoiser)
### END HIDDEN TESTS
assert tests.train_denoiser(train_denoiser)

# %% [markdown]
# The network is 784-512-784 with a GELU between its two matrices. Its code of 512 numbers is hardly a
# compression, and need not be: copying the input is no good answer any more. New beside the bend is the
# loss: the squared error, except that an output below 0 where the pixel is 0, or above 1 where it is 1,
# costs nothing: the clamp will mend it (`losses.hinge_mse`).
#
# Bend and loss both differ from the linear repair. So each of them is also left out once: the same network
# without the GELU, which is a linear map again, and the same network with plain squared error.
#
# **Predict.** By how many decibels will it beat the linear repair, from 4,000 digits?

# %% tags=["explore"]
predict(
    "w4-dae-gain",
    "Decibels of the autoencoder beyond linear least squares?",
    -3,
    6,
    "dB",
    default=1,
)


# %% tags=["explore"]
from dataclasses import replace


def bent() -> nn.Module:
    """Return 784-512-784 with a GELU between its matrices."""
    return models.mlp((784, 512, 784), nn.GELU)


def straight() -> nn.Module:
    """Return the same without the GELU: a linear map, made of two matrices."""
    return nn.Sequential(nn.Linear(784, 512), nn.Linear(512, 784))


def joined(first: training.Recipe, second: training.Recipe) -> training.Recipe:
    """Return the recipe of a training in two parts, the second at a smaller rate."""
    return replace(
        first,
        images_seen=first.images_seen + second.images_seen,
        steps=first.steps + second.steps,
        optimiser=f"Adam, the rate falls to {second.lr:g} at the end",
        cpu_seconds=first.cpu_seconds + second.cpu_seconds,
    )


def new(network: Callable[[], nn.Module]) -> nn.Module:
    """Return a network with first weights from seed 4."""
    training.seed_everything(4)
    return network()


def learn(
    model: nn.Module,
    corrupt: Callable[[Tensor], Tensor],
    epochs: int,
    loss: Callable[[Tensor, Tensor], Tensor] = losses.hinge_mse,
) -> nn.Module:
    """Train a network with your loop, the learning rate falling for the last third."""
    order, did = seeded(0), []
    for share, lr in ((0.7, 2e-3), (0.3, 3e-4)):
        optimizer = torch.optim.Adam(model.parameters(), lr=lr, fused=True)
        with training.RecipeRecorder(
            model, x_train, optimizer, loss=loss, shown=corrupt
        ) as recorder:
            train_denoiser(
                *(model, x_train, corrupt, loss, optimizer, round(share * epochs), 100, order)
            )
        did.append(recorder.recipe)
    model.recipe = joined(*did)
    return model.requires_grad_(False)


def learn_each(runs: dict[str, tuple]) -> dict[str, nn.Module]:
    """Train several networks: a loop, with one of them on each free processor."""
    return training.side_by_side(lambda name: learn(*runs[name]), runs)


def with_noise(sigma: float, seed: int) -> Callable[[Tensor], Tensor]:
    """Return a damage: noise of this σ, another draw at every call."""
    noise = seeded(seed)

    def damage(batch: Tensor) -> Tensor:
        return gaussian(batch, sigma, noise)

    damage.__name__ = f"σ = {sigma:g}"
    return damage


named = learn_each(
    {
        "autoencoder, no bend": (new(straight), with_noise(SIGMA, 6), 8),
        "autoencoder, plain loss": (new(bent), with_noise(SIGMA, 6), 8, losses.mse),
        "autoencoder": (new(bent), with_noise(SIGMA, 6), 8),
    }
)
denoiser, no_bend = named["autoencoder"], named["autoencoder, no bend"]
table |= {name: quality(model(noisy_test), x_test) for name, model in named.items()}
reveal("w4-dae-gain", table["autoencoder"] - table["linear least squares"])
repairs |= named
paper = {"noisy, clamped": noisy_test} | {
    name: repair(noisy_test).flatten(1) for name, repair in repairs.items()
}
paper = {name: 100 * float((x <= 0).float().mean()) for name, x in paper.items()}
print(f"{'':<26}{'PSNR':>9}{'pixels that are paper after the clamp':>40}")
for name, value in table.items():
    print(f"{name:<26}{value:6.2f} dB{paper[name]:>38.0f} %")
print(f"{'(the clean digits)':<26}{'':>9}{100 * float((x_test <= 0).float().mean()):>38.0f} %")

# %% tags=["explore"]
one_rate = "by hand, one for all networks of this week"
training.compare(
    "w4-repair",
    {
        "filters": "nothing fitted, strength chosen on the held-out images",
        "PCA": "closed form, 4,000 images, axes chosen on the held-out images",
        "linear least squares": "closed form, three noisy copies of 4,000 images, ridge as above",
    }
    | {name: model.recipe for name, model in named.items()},
    compared=("model", "loss"),
    rate_chosen=one_rate,
)

# %% tags=["record"]
record("w4-repair", table)
record("w4-paper", paper)
weak, fair = table["median filter"], table["linear least squares"]
record("w4-weak-baseline", (table["autoencoder"] - weak) / (table["autoencoder"] - fair))

# %% tags=["explore"]
rows |= {"no bend,\nsame loss": no_bend(noisy_test), "autoencoder": denoiser(noisy_test)}
keep = ("clean", "noisy", "linear\nleast squares", "no bend,\nsame loss", "autoencoder")
plots.reconstruction_grid(
    {name: rows[name][examples].clamp(0, 1) for name in keep},
    n=10,
    labels=digits.y_test[examples],
    title="The haze is gone: a loss that knows of the clamp leaves paper white",
)

# %% [markdown]
# Damage an image yourself, with another kind of noise or more of it than the network ever saw.

# %% tags=["explore"]
widgets.noise_painter(lambda x: denoiser(x).clamp(0, 1), x_test)

# %% [markdown]
# **Explain.** Read the four last lines of the table as a square: with and without the bend, with and without
# the loss. The *loss* takes the haze away, with a bend or without: where there is paper an output far below 0
# costs nothing, so the network aims there, and the clamp makes it white. The *bend* brings decibels with
# either loss. Together they bring the most, and neither is the whole gain.
#
# Look for strokes that the network has *invented*: its answer is about the mean of all digits that could lie
# behind the noise, and where these agree, a stroke appears that no pixel of the noisy image shows.
#
# The gain over a formula is real, and with 4,000 digits it is modest. Will it grow with more data? Run the
# notebook with `AEUTILS_SCALE=full` and see.
#
# **Think.** You may read that an autoencoder removes noise *because its latent space is small*. Next cell: a
# network 784-256-K-256-784 with K = 256 and with K = 32, trained on the same noise, and the latter trained on
# clean digits only, as in week 2. All else is equal.


# %% tags=["explore"]
def with_code(k: int) -> Callable[[], nn.Module]:
    """Return a function that makes the autoencoder 784-256-k-256-784."""

    def network() -> nn.Module:
        return models.Autoencoder((784, 256, k), activation=nn.GELU)

    return network


def as_they_are(batch: Tensor) -> Tensor:
    return batch


three = learn_each(
    {
        "code of 256, trained on noisy digits": (new(with_code(256)), with_noise(SIGMA, 7), 8),
        "code of  32, trained on noisy digits": (new(with_code(32)), with_noise(SIGMA, 7), 8),
        "code of  32, trained on clean digits": (new(with_code(32)), as_they_are, 8),
    }
)
bottleneck = {name: quality(model(noisy_test), x_test) for name, model in three.items()}
for name, decibels in bottleneck.items():
    print(f"{name} {decibels:6.2f} dB")
training.compare(
    "w4-bottleneck",
    {name: model.recipe for name, model in three.items()},
    compared=("shown", "parameters"),
    rate_chosen=one_rate,
)

# %% tags=["record"]
record("w4-bottleneck", bottleneck)

# %% [markdown]
# **Explain.** Compare the last two lines. Same bottleneck, same number of weights: what makes the
# difference is having been *trained* on noise. Then the first two: the wider code is the *better* one. A
# narrow code limits what can be said about a digit, so it removes signal together with the noise.
#
# ## 5 · Training noise and test noise
#
# A denoiser is trained for one σ. What does it do with another? Three networks for σ = 0.25, 0.5 and 1,
# and one that saw a different σ between 0 and 1 for every image.
#
# **Predict.** Give the network trained at σ = 1 images with hardly any noise, σ = 0.1. They have
# 20 dB as they are and almost 23 dB clamped. What PSNR will its "repair" have?

# %% tags=["explore"]
predict(
    "w4-sigma", "PSNR of the σ = 1 network's output on σ = 0.1 images?", 8, 30, "dB", default=25
)


# %% tags=["explore"]
def any_sigma(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Add noise of another σ, between 0 and 1, to every image."""
    sigma = torch.rand(len(batch), 1, generator=generator)
    return batch + sigma * (gaussian(batch, 1.0, generator) - batch)


noise = seeded(8)


def any_noise(batch: Tensor) -> Tensor:
    return any_sigma(batch, noise)


runs = {f"trained at σ = {s}": (new(bent), with_noise(s, 8), 6) for s in (0.25, 0.5, 1.0)}
trained = learn_each(runs | {"trained at 0 to 1": (new(bent), any_noise, 6)})
test_sigmas = [0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 1.0, 1.25]
curves = {name: [] for name in [*trained, "not repaired"]}
for s in test_sigmas:
    noisy = gaussian(x_test, s, seeded(9))
    for name, model in trained.items():
        curves[name].append(quality(model(noisy), x_test))
    curves["not repaired"].append(quality(noisy, x_test))
reveal("w4-sigma", curves["trained at σ = 1.0"][0])
training.compare(
    "w4-sigmas",
    {name: model.recipe for name, model in trained.items()},
    compared="shown",
    rate_chosen=one_rate,
)
plots.lines(
    test_sigmas,
    curves,
    title="Each denoiser is best at its own noise",
    x_label="σ of the test noise",
    y_label="PSNR (dB)",
)

# %% [markdown]
# **Explain.** A network trained at one σ assumes that σ. With less noise it still "repairs" what is not
# broken: at σ = 0.1 the networks of σ = 0.5 and 1 make the images *worse* than leaving them alone. With more
# noise it takes noise for ink. The network of many σ has to read the noise level off the image. In this
# short training it finds a compromise, and reaches neither specialist at the ends.
#
# ## 6 · Holes and coarse pixels
#
# Nothing so far needed the damage to be *noise*. Cut out a square, and the repair is called
# **inpainting**; average cells of 4 × 4 pixels, and it is called **super-resolution**. Same loop, another
# `corrupt`, and one more layer, because what belongs into a hole depends on strokes far away. All four
# experts have it, the one for noise as well.

# %% tags=["explore"]
from aeutils import corruption
from aeutils.corruption import denoising

damages = {
    "Gaussian\nσ = 0.5": lambda x, g: gaussian(x, 0.5, g),
    "salt, pepper\np = 0.3": lambda x, g: salt_and_pepper(x, 0.3, g),
    "hole\n12 × 12": lambda x, g: corruption.block(x, 12, g),
    "cells of\n4 × 4": lambda x, g: corruption.downsample(x, 4, g),
}


def deeper() -> nn.Module:
    return models.Autoencoder((784, 512, 256), activation=nn.GELU)


def of_kind(name: str) -> Callable[[Tensor], Tensor]:
    """Return one of the damages, another draw at every call."""
    noise = seeded(10)

    def damage(batch: Tensor) -> Tensor:
        return damages[name](batch, noise)

    damage.__name__ = name.replace("\n", " ")
    return damage


experts = learn_each({name: (new(deeper), of_kind(name), 6) for name in damages})
shown, rows = examples[:8], {"clean": x_test[examples[:8]]}
for name in [*damages][1:]:
    damaged = damages[name](x_test, seeded(11))[shown]
    rows[name] = damaged
    rows[name.split()[0].rstrip(",") + ",\nrepaired"] = experts[name](damaged).clamp(0, 1)
plots.reconstruction_grid(rows, n=8, title="Three other damages, each with its own repair")

# %% [markdown]
# **Explain.** The holes are filled, but look at the pixels *around* them: they have become softer, too. The
# network redraws the whole image from its code. Whoever knows where the hole is should keep the other
# pixels as they were.
#
# Now let every expert repair the others' damage. One trap: some holes fall on blank paper. Such an image
# is not damaged at all, its PSNR is infinite, and so would be the mean. So this table shows the other
# kind: the PSNR of the mean squared error of all test images.

# %% tags=["explore"]
names = [*damages]
damaged = {name: d(x_test, seeded(12)) for name, d in damages.items()}


def of_mean(x_hat: Tensor) -> float:
    return float(denoising.psnr_of_mean(x_hat.clamp(0, 1), x_test))


scores = torch.tensor(
    [[of_mean(damaged[kind]) for kind in names]]
    + [[of_mean(experts[own](damaged[kind])) for kind in names] for own in names]
)
plots.value_table(
    scores,
    ["not repaired", *names],
    names,
    title="An expert for one damage can be worse than no repair for another",
    row_label="trained on",
    column_label="tested on",
    unit="PSNR of the mean error (dB)",
)

# %% tags=["explore"]
training.compare(
    "w4-experts",
    {name.replace("\n", " "): model.recipe for name, model in experts.items()},
    compared="shown",
    rate_chosen=one_rate,
)

# %% [markdown]
# **Explain.** Read the columns: the expert for a damage is the best at it, every time. And compare with the
# first row: for a hole, most of the image is *untouched*, so doing nothing scores well, and the
# expert for coarse cells, which redraws what was fine, does harm. "A denoising autoencoder removes noise" is not a property of the network; it
# is a property of the pair (network, damage it was trained on).
#
# ## 7 · What the residual points at
#
# Suppose the clean data are known points $x_1, \dots, x_N$, all equally likely, and the noise is Gaussian.
# Then the best repair of $\tilde x$ (smallest mean squared error) needs no network. It is the mean of what
# could have been, $\mathrm{E}[x \mid \tilde x]$, and Bayes' rule gives its weights:
#
# $$ \hat x = \sum_i w_i x_i, \qquad
#    w_i = \frac{e^{-\lVert \tilde x - x_i \rVert^2 / 2\sigma^2}}{\sum_j e^{-\lVert \tilde x - x_j \rVert^2 / 2\sigma^2}} . $$
#
# ### Exercise 8 · The ideal denoiser
# *Difficulty ●●○ · importance ●●● · 15 minutes · 3 points*
#
# Far from all points every exponential rounds to 0, and 0/0 is not a number. Your answer must stay finite.
#
# <details><summary>Hint 1: all distances at once</summary>
#
# `torch.cdist(noisy, points)` is the table of distances, shape (M, N). Not squared.
# </details>
# <details><summary>Hint 2: you know this function</summary>
#
# Exponentials divided by their sum are a softmax, and `torch.softmax` never overflows. Of which
# numbers, along which dimension?
# </details>
# <details><summary>Hint 3: the weighted mean</summary>
#
# Weights (M, N) times points (N, D): a matrix product.
# </details>


# %% nbgrader={"grade_id": "ideal_denoiser", "solution": true}
def ideal_denoiser(noisy: Tensor, points: Tensor, sigma: float) -> Tensor:
    """Return the mean of the clean points, given the noisy ones.

    Args:
        noisy: rows to repair, shape (M, D).
        points: all possible clean rows, equally likely, shape (N, D).
        sigma: standard deviation of the Gaussian noise.

    Returns:
        The repaired rows, shape (M, D); finite for every distance.
    """
    ### BEGIN SOLUTION
    squared = torch.cdist(noisy, points) ** 2
    weights = torch.softmax(-squared / (2 * sigma**2), dim=1)
    return weights @ points
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-ideal_denoiser", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week04

grade(week04.ideal_denoiser, ideal_denoiser)
### END HIDDEN TESTS
assert tests.ideal_denoiser(ideal_denoiser)

# %% [markdown]
# The arrow from a noisy point to its best repair has a meaning. Let $p_\sigma$ be the density of the
# *noisy* points. Then (Robbins, 1956; Vincent, 2011)
#
# $$ \frac{\hat x - \tilde x}{\sigma^2} = \nabla \log p_\sigma(\tilde x) : $$
#
# the residual points uphill, to where data are dense. If the data lie on a curve, it points at the curve.
# A trained denoising autoencoder knows no density and no formula. It has only seen pairs.
#
# **Predict.** Train a small network on noisy points around a spiral. How well do its arrows agree with
# the ideal ones? Give the mean cosine of the angle between them (1: the same direction, 0: no relation).

# %% tags=["explore"]
predict(
    "w4-cosine", "Mean cosine between the network's arrows and the ideal ones?", -1, 1, default=0.5
)

# %% tags=["explore"]
t = torch.linspace(0, 1, 400) ** 0.7
angle, radius = 1.0 + 8.5 * t, 0.15 + 0.85 * t
spiral = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)  # (400, 2)
width, noise = 0.12, seeded(13)


def beside(batch: Tensor) -> Tensor:
    return gaussian(batch, width, noise)


training.seed_everything(4)
small, points, did = models.mlp([2, 128, 128, 2], nn.ReLU), spiral.repeat(4, 1), []
for lr in (1e-2, 1e-3):
    optimizer = torch.optim.Adam(small.parameters(), lr=lr, fused=True)
    how = {"loss": losses.mse, "shown": beside}
    with training.RecipeRecorder(small, points, optimizer, **how) as recorder:
        train_denoiser(small, points, beside, losses.mse, optimizer, 200, 400, seeded(0))
    did.append(recorder.recipe)
small.requires_grad_(False)

grid = torch.cartesian_prod(*(torch.linspace(-1.25, 1.25, 24),) * 2)
near = torch.cdist(grid, spiral).amin(dim=1) < 2 * width  # where training points fall
places = grid[near]
ideal, learned = ideal_denoiser(places, spiral, width) - places, small(places) - places
cosine = torch.cosine_similarity(ideal, learned).mean()
reveal("w4-cosine", float(cosine))
plots.vector_fields(
    places,
    {"ideal: mean given the noisy point": ideal, "learned: 2-128-128-2 network": learned},
    spiral,
    title="The residual points at the data",
)

# %% tags=["explore"]
training.compare(
    "w4-arrows",
    {"ideal": "a formula that knows the points", "learned": joined(*did)},
    compared="model",
    rate_chosen="by hand",
)

# %% [markdown]
# **Explain.** Nobody told the network about the spiral. Repairing noise has taught it where the data are:
# the arrows are short on the curve, longer beside it, and point at it from both sides. It is least sure
# around the inner end. This is why a denoiser is more than a filter. Follow the arrows in small steps,
# adding a little noise each time, and you walk from noise to data: that is how diffusion models draw
# pictures.
#
# **Think.** Use your `ideal_denoiser` on digits, with the 4,000 training images as its points, and
# measure it on the *test* images.

# %% tags=["explore"]
own = ideal_denoiser(noisy_val[:200], torch.cat([x_train, x_val]), SIGMA)
other = ideal_denoiser(noisy_val[:200], x_train, SIGMA)
print(f"the clean digits are among its points     {quality(own, x_val[:200]):6.2f} dB")
print(f"they are not                              {quality(other, x_val[:200]):6.2f} dB")
print(
    f"autoencoder, which never saw them either  {quality(denoiser(noisy_val[:200]), x_val[:200]):6.2f} dB"
)

# %% [markdown]
# **Explain.** "Ideal" holds for data that consist of *exactly these points*. New digits lie between them,
# and there the formula returns an old digit, or a mean of a few. It memorises; the network generalises.
#
# ## Your embedding passport
#
# Two encoders with a code of 32, alike but for what they were trained on: noisy digits and clean ones.

# %% tags=["explore"]
from aeutils import passport


def row_of(model: nn.Module, name: str) -> passport.PassportRow:
    return passport.measure(
        lambda x: model.encode(x.flatten(1)),
        digits,
        name=name,
        decode=lambda z: model.decode(z).clamp(0, 1).reshape(-1, 1, 28, 28),
        trained=model.recipe,
        rate_chosen=one_rate,
    )


row = row_of(three["code of  32, trained on noisy digits"], "Denoising AE-32")
plain_row = row_of(three["code of  32, trained on clean digits"], "same, clean input")
passport.add_row(row)
passport.show([*passport.baselines(digits), plain_row, row])

# %% [markdown]
# **Think.** The images measured here are clean. The denoiser pays in reconstruction error for a skill that
# is not asked for. Did the neighbours gain from it?
#
# Your predictions so far:

# %% tags=["explore"]
calibration()

# %% [markdown]
# ## What you can do now
#
# - Damage images on purpose, with the right size, in the right places, reproducibly.
# - Name the four silent mistakes of training a denoiser, and test for them.
# - Quote a PSNR together with the peak, the clamp and the kind of mean.
# - Refuse a result that was not compared with the closed-form linear repair.
# - Say what a denoiser assumes about the noise, and draw what it has learned about the data.
#
# **If you want more.** Train on *two different noisy copies*, one as input and one as target: with
# squared error it works almost as well, and no clean image is needed (Lehtinen et al., 2018). Why does
# it, and why did exercise 7 still call it a mistake? Repair a hole twice in a row. Run
# on `"fashion_mnist"`. Read Vincent et al. (2008) for the idea, Alain and Bengio (2014) for the arrows.
