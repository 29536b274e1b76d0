# %% [markdown]
# # Week 5 · Contractive and other regularisers
#
# **The question of this week.** A loss says what a reconstruction must be. What can you ask of the
# *code* or of the *weights*, how do you compute it, and do you get what you asked for?
#
# By the end you can
#
# - add L1 and L2 penalties to a loss without touching the biases, and say what they do *not* do,
# - make a code sparse, with the divergence of each unit's mean activity from a low target,
# - compute the contractive penalty in five ways, exactly, fast, or as an estimate with its error,
# - measure whether a code reacts to a shifted digit more than to noise,
# - say what contractive and denoising autoencoders have in common,
# - train on data in which some pixels are simply wrong,
# - say whether a figure compares models or recipes, and choose how long to train on held-out images.
#
# | | |
# |---|---|
# | Time | about 3 hours; the notebook itself runs in about a minute |
# | Needs | weeks 2 and 4; the chain rule for vectors, `torch.autograd.grad` |
# | Graded | 9 exercises, 24 points |
#
# **How to work.** As before: predict, run, explain; hints one rung at a time; tests that explain. The
# grader uses other data and also checks what a docstring promises and the test does not try. Every function owes its
# caller this: arguments and global state (seeds, gradient mode, default dtype) stay as they were, results come from the
# arguments alone, whatever their numbers, rows and layout, and losses keep their gradient.

# %%
from collections.abc import Callable

import torch
from torch import Tensor, nn

from aeutils import data, losses, plots, training, widgets
from aeutils.testing import week05 as tests
from aeutils.widgets import calibration, predict, reveal

torch.set_num_threads(1)  # steadier on a busy laptop: two threads often wait for each other
training.seed_everything(5)
digits = data.load("mnist")
x_train, x_test = digits.x_train.flatten(1), digits.x_test.flatten(1)  # (N, 784)
digits

# %% tags=["explore"]
widgets.checklist()

# %% [markdown]
# What the middle of this week is about, in one picture: move the image a little in every direction, and see how the code moves.

# %% tags=["explore"]
from aeutils import drawings

drawings.jacobian_ellipse()

# %% [markdown]
# ## 1 · Penalties on the weights
#
# A regulariser is a second wish, added to the first with an exchange rate:
#
# $$ L = \underbrace{\tfrac1N \textstyle\sum_i L(x_i, \hat x_i)}_{\text{rebuild}} + \lambda \, R . $$
#
# The oldest wishes are small weights: **L2**, $R = \sum w^2$, and **L1**, $R = \sum |w|$. The slope of
# $w^2$ is $2w$: large weights are pulled hard, small ones hardly. The slope of $|w|$ is ±1: small
# weights are pulled as hard as large ones, and end at or near 0.
#
# *Biases* are left out. They say where a unit switches on, not how steeply; pulling them to 0 buys no
# smoothness.
#
# ### Exercise 1 · L1 and L2
# *Difficulty ●○○ · importance ●●○ · 10 minutes · 3 points*
#
# <details><summary>Hint 1: which parameters?</summary>
#
# `model.parameters()` gives all of them. A weight matrix has two dimensions, a kernel of a convolution
# four. How many has a bias?
# </details>
# <details><summary>Hint 2: names mislead</summary>
#
# The scale of an `nn.LayerNorm` is called `weight` too, but it has one dimension.
# </details>
# <details><summary>Hint 3: keep the graph</summary>
#
# The penalty is differentiated during training. `.item()`, `float()` and `.data` cut it off.
# </details>


# %% nbgrader={"grade_id": "weight_penalty", "solution": true}
def weight_penalty(model: nn.Module, power: int) -> Tensor:
    """Sum |w|^power over the weights of a model.

    Args:
        model: any module. Its weights are the parameters with two or more dimensions; biases and
            the scales of normalisation layers, with one dimension, are left out.
        power: 1 for L1, 2 for L2.

    Returns:
        A scalar with a gradient: the sum over all weights, not the mean, and not a root.
    """
    ### BEGIN SOLUTION
    weights = [w for w in model.parameters() if w.ndim >= 2]
    return sum(w.abs().pow(power).sum() for w in weights)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-weight_penalty", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week05

grade(week05.weight_penalty, weight_penalty)
### END HIDDEN TESTS
assert tests.weight_penalty(weight_penalty)

# %% [markdown]
# ## 2 · A sparse code
#
# You may read that "L1 drives weights to zero and so makes the representation sparse". Two things are
# mixed up there. A unit that looks at few pixels can still be on for every image. If you want that few
# units are *on* for each image, the penalty must look at the activations.
#
# Let $h_{ij}$ in [0, 1] be unit $j$'s answer to image $i$ (after a sigmoid). Its **mean activity** is
# $\hat\rho_j = \frac1N\sum_i h_{ij}$, over the images of the batch. We want it low, at $\rho = 0.1$ say.
# Read both as the chance of a coin, and penalise the divergence between the coins, summed over units:
#
# $$ \mathrm{KL}(\rho \,\|\, \hat\rho_j) = \rho \log\frac{\rho}{\hat\rho_j}
#    + (1-\rho) \log\frac{1-\rho}{1-\hat\rho_j} . $$

# %% tags=["explore"]
activity = torch.linspace(0.005, 0.995, 199)
first = 0.1 * (0.1 / activity).log()
second = 0.9 * (0.9 / (1 - activity)).log()
plots.lines(
    activity,
    {"KL from 0.1": first + second, "first term alone": first, "(ρ̂ − 0.1)²": (activity - 0.1) ** 2},
    title="The divergence is 0 at the target only, and steep at both ends",
    x_label="mean activity ρ̂ of a unit",
    y_label="penalty (nats)",
)

# %% [markdown]
# **Think.** With the first term alone, which mean activity would be best? And which of the two
# orders, KL(ρ‖ρ̂) or KL(ρ̂‖ρ), stays finite when a unit dies (ρ̂ = 0)? Which one would you rather have?
#
# ### Exercise 2 · Sparsity by divergence
# *Difficulty ●●○ · importance ●●● · 15 minutes · 3 points*
#
# <details><summary>Hint 1: which dimension?</summary>
#
# `h` has one row per image and one column per unit. The mean of a *unit* runs down its column.
# </details>
# <details><summary>Hint 2: in which order?</summary>
#
# Average first, compare with the target second, sum over units last.
# </details>
# <details><summary>Hint 3: dead units</summary>
#
# `tensor.clamp(low, high)` keeps the means away from 0 and 1; do it before any logarithm.
# </details>


# %% nbgrader={"grade_id": "kl_sparsity", "solution": true}
def kl_sparsity(h: Tensor, target: float) -> Tensor:
    """Sum over units the divergence KL(target ‖ mean activity), in nats.

    Args:
        h: activations in [0, 1], shape (N, K), one row per image.
        target: the wanted mean activity ρ, between 0 and 1.

    Returns:
        A scalar with a gradient. Mean activities are clamped to [1e-6, 1 - 1e-6] first, so that it
        is finite for units that are always 0 or always 1.
    """
    ### BEGIN SOLUTION
    mean = h.mean(dim=0).clamp(1e-6, 1 - 1e-6)
    on = target * (target / mean).log()
    off = (1 - target) * ((1 - target) / (1 - mean)).log()
    return (on + off).sum()
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-kl_sparsity", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week05

grade(week05.kl_sparsity, kl_sparsity)
### END HIDDEN TESTS
assert tests.kl_sparsity(kl_sparsity)

# %% [markdown]
# Now compare. The model of this week has one sigmoid layer and **tied** weights (why tied: section 3).
# Its 144 code numbers make a picture of 12 × 12, and its output is a logit (cross-entropy, week 2).

# %% tags=["explore"]
from aeutils.losses import regularizers


class SigmoidAutoencoder(nn.Module):
    """h = sigmoid(W x + b), logits W' h + c, with one matrix W (K, D) for both."""

    def __init__(self, d: int = 784, k: int = 144) -> None:
        super().__init__()
        self.layer = nn.Linear(d, k)
        self.image_bias = nn.Parameter(torch.zeros(d))

    def encode(self, x: Tensor) -> Tensor:
        return self.layer(x).sigmoid()

    def decode(self, h: Tensor) -> Tensor:
        return h @ self.layer.weight + self.image_bias

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


def new() -> SigmoidAutoencoder:
    """Return an autoencoder with first weights from seed 5."""
    training.seed_everything(5)
    return SigmoidAutoencoder()


def learn(
    model: SigmoidAutoencoder,
    penalty: Callable | None = None,
    corrupt: Callable | None = None,
    loss: Callable = losses.bernoulli_nll,
) -> SigmoidAutoencoder:
    """Train for 8 epochs on loss + penalty(model, x)."""

    def total(logits: Tensor, x: Tensor) -> Tensor:
        return loss(logits, x) + (0.0 if penalty is None else penalty(model, x))

    total.__name__ = loss.__name__ if penalty is None else f"{loss.__name__} + {penalty.__name__}"
    model.history = training.fit(
        model, x_train, epochs=8, batch_size=100, lr=8e-3, loss=total, corrupt=corrupt,
        progress=False,
    )  # fmt: skip
    return model


def learn_each(runs: dict[str, tuple]) -> dict[str, SigmoidAutoencoder]:
    """Train several models: a loop, with one of them on each free processor."""
    return training.side_by_side(lambda name: learn(*runs[name]), runs)


predict(
    "w5-l1-on",
    "Plain, about 60 of 100 code entries are on (h > 0.1). And with L1 on the weights?",
    0,
    100,
    default=30,
)


# %% tags=["explore"]
def l2(model: SigmoidAutoencoder, x: Tensor) -> Tensor:
    return 0.01 * weight_penalty(model, 2)


def l1(model: SigmoidAutoencoder, x: Tensor) -> Tensor:
    return 0.01 * weight_penalty(model, 1)


def divergence(model: SigmoidAutoencoder, x: Tensor) -> Tensor:
    return 1.0 * kl_sparsity(model.encode(x), 0.1)


wishes = {"plain": None, "L2": l2, "L1": l1, "sparse (KL)": divergence}
models_by_name = learn_each({name: (new(), wish) for name, wish in wishes.items()})

print(
    f"{'':<14}{'test SSE':>9}{'|w| < 0.01':>12}{'mean h':>9}{'on':>7}{'dead':>7}{'always on':>11}"
)
sparsity = {}
for name, model in models_by_name.items():
    with torch.no_grad():
        found = regularizers.activity(model.encode(x_test))
        error = (model(x_test).sigmoid() - x_test).square().sum(1).mean()
        small = (model.layer.weight.abs() < 0.01).float().mean()
    sparsity[name] = found | {"error": error, "small": small}
    print(
        f"{name:<14}{error:>9.2f}{small:>11.0%} {found['mean']:>9.2f}{found['on']:>7.0%}"
        f"{found['dead']:>7.0%}{found['always on']:>11.0%}"
    )
reveal("w5-l1-on", 100 * sparsity["L1"]["on"])
by_hand = "by hand, one for all rows"
training.compare(
    "w5-wishes",
    {name: model.history for name, model in models_by_name.items()},
    compared="loss",
    rate_chosen=by_hand,
)

# %% tags=["record"]
from aeutils._internal.notebook import record

record(
    "w5-wishes",
    {
        name: {"error": row["error"], "small": 100 * row["small"], "on": 100 * row["on"]}
        for name, row in sparsity.items()
    },
)

# %% [markdown]
# **Explain.** L1 did what its formula says, and not what you may read. Half of the *weights* are below
# 0.01 (plain: 3 %; L2 shrinks all and leaves few so small). The *code* is not sparse at all: more entries
# are on than without L1, because weak weights leave the sigmoids nearer to ½. The divergence does make
# the code sparse, 40 % on, and no unit had to die for it. Its mean stays at 0.25, above the target of
# 0.1: at this λ the reconstruction outbids it. Each wish costs reconstruction. The λ's here were set so
# that L1, the divergence and, below, contraction cost about the same.
#
# **Think.** Does three times the λ bring the mean to 0.1, and what does the reconstruction say? Try it.
#
# ## 3 · The contractive penalty
#
# Move the image a little, $x \to x + \delta$, and the code moves by $J(x)\,\delta$ with the **Jacobian**
# $J(x) = \partial h / \partial x$, shape (K, D): row $k$ is the gradient of code number $k$. The
# contractive autoencoder (Rifai et al., 2011) asks that the code moves little:
#
# $$ \Omega = \frac1N \sum_{i=1}^N \lVert J(x_i) \rVert_F^2
#    = \frac1N \sum_i \sum_k \sum_d \Big(\frac{\partial h_k}{\partial x_d}(x_i)\Big)^2 . $$
#
# Alone, it wants a code that never moves. The reconstruction wants to tell digits apart. So the code
# stays alive only in the directions in which digits differ.
#
# Four details are easily lost: it is the *encoder's* Jacobian; the norm is *squared*; it is *averaged*
# over images like the loss (summed, λ would depend on the batch size); and it must be *differentiated
# once more*, for the weights. A fifth one bites with batch normalisation: in training mode it uses the
# mean of the batch, so the code of one image depends on all the others, and ∂h/∂x of one image no
# longer says what the code does. In `eval` mode it uses fixed numbers.
#
# ### Exercise 3 · One code number at a time
# *Difficulty ●●● · importance ●●● · 25 minutes · 3 points*
#
# <details><summary>Hint 1: one backward pass for the whole batch</summary>
#
# The code of image $i$ depends on image $i$ only. So the gradient of `h[:, k].sum()` with respect to
# all of `x` holds, in row $i$, the gradient of $h_{ik}$.
# </details>
# <details><summary>Hint 2: the images need a gradient</summary>
#
# Autograd follows a tensor after `.requires_grad_()`. Do that to a tensor of your own, made with
# `.detach()` or `.clone()`, so that the caller's stays as it was.
# </details>
# <details><summary>Hint 3: twice differentiable</summary>
#
# `torch.autograd.grad(..., create_graph=True)` records the backward pass itself. Without it the numbers
# are right and nothing is learned.
# </details>
# <details><summary>Hint 4: the mode</summary>
#
# `model.training` says which mode it is in; `model.eval()` and `model.train(mode)` set it. Only the
# call of `encode` needs the other mode: the backward pass uses what the forward pass wrote down.
# </details>


# %% nbgrader={"grade_id": "contractive_loop", "solution": true}
def contractive_loop(model: nn.Module, x: Tensor) -> Tensor:
    """Compute the contractive penalty of any encoder, by one backward pass per code number.

    Args:
        model: has `encode`, from rows (N, D) to codes (N, K), and `decode`.
        x: images as rows, shape (N, D).

    Returns:
        A scalar: the mean over images of the squared Frobenius norm of the encoder's Jacobian,
        with a gradient for the weights. The encoder is used as in `eval` mode, in which no image
        depends on another. The model's mode and the `.grad` of its parameters are left as they were.
    """
    ### BEGIN SOLUTION
    x = x.detach().requires_grad_()
    training_mode = model.training
    model.eval()
    h = model.encode(x)
    model.train(training_mode)
    total = x.new_zeros(())
    for k in range(h.shape[1]):
        (row,) = torch.autograd.grad(h[:, k].sum(), x, create_graph=True)
        total = total + row.square().sum()
    return total / len(x)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-contractive_loop", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week05

grade(week05.contractive_loop, contractive_loop)
### END HIDDEN TESTS
assert tests.contractive_loop(contractive_loop)

# %% [markdown]
# How much does batch normalisation spoil? Here is the slope of the code of an image with respect to
# that image, and with respect to the *other* images of its batch.

# %% tags=["explore"]
training.seed_everything(5)
normed = nn.Sequential(nn.Linear(784, 32), nn.BatchNorm1d(32), nn.Sigmoid())
normed.encode = normed.forward
with torch.no_grad():
    for _ in range(100):
        normed(x_train[:1000])  # lets the layer learn its fixed numbers


def all_pairs(n: int) -> Tensor:
    """Return ‖∂h_i/∂x_j‖² for every pair of n images, in training mode, shape (n, n)."""
    j = torch.autograd.functional.jacobian(normed.train(), x_test[:n], vectorize=True)
    return j.square().sum((1, 3))  # (n, K, n, D) -> (n, n)


print(f"{'images a batch':>15}{'own image':>13}{'other images':>15}{'eval mode, Ω':>20}")
for n in (4, 16, 32):
    pairs = all_pairs(n)
    own, others = pairs.diagonal().mean(), (pairs.sum() - pairs.trace()) / n
    fixed = contractive_loop(normed, x_test[:n]).detach()
    print(f"{n:>15}{own:>13.2f}{others:>15.2f}{fixed:>20.2f}")

# %% [markdown]
# **Explain.** With four images in a batch, a third of the slope goes through the other three: move one
# digit, and the codes of its neighbours change. The own slope is too small by the same mechanism (part of
# the movement is subtracted with the mean). Both effects shrink as the batch grows. The hint's trick,
# "row i of the gradient belongs to code i", is false here: it adds up what crosses over, without a word.
# In eval mode nothing crosses over, and Ω does not depend on the batch size (it changes a little in the
# table only because the images do).
#
# For one sigmoid layer no autograd is needed. With $a = Wx + b$ and $h = s(a)$, the chain rule gives
# row $k$ of $J$: the slope of the sigmoid at $a_k$, times row $k$ of $W$. The slope is $s'(a) = h(1-h)$,
# so that
#
# $$ \lVert J(x) \rVert_F^2 = \sum_k \big(h_k (1 - h_k)\big)^2 \sum_d W_{kd}^2 . $$
#
# ### Exercise 4 · One sigmoid layer, exactly
# *Difficulty ●●○ · importance ●●● · 15 minutes · 3 points*
#
# <details><summary>Hint 1: two factors</summary>
#
# The second sum does not depend on the image: one number for each unit, from its row of the matrix.
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Slopes are (N, K), squared row norms (K,). A matrix times a vector sums over k and leaves (N,).
# </details>


# %% nbgrader={"grade_id": "contractive_sigmoid", "solution": true}
def contractive_sigmoid(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Compute the contractive penalty of h = sigmoid(W x + b) in closed form.

    Args:
        x: images as rows, shape (N, D).
        weight: W, shape (K, D), as in `nn.Linear`.
        bias: b, shape (K,).

    Returns:
        A scalar: the mean over images of the squared Frobenius norm, with a gradient for W and b.
    """
    ### BEGIN SOLUTION
    h = torch.sigmoid(x @ weight.T + bias)
    slope = h * (1 - h)
    row_norms = weight.square().sum(dim=1)
    return (slope.square() @ row_norms).mean()
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-contractive_sigmoid", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week05

grade(week05.contractive_sigmoid, contractive_sigmoid)
### END HIDDEN TESTS
assert tests.contractive_sigmoid(contractive_sigmoid)

# %% [markdown]
# Some texts write the penalty as $\lambda \lVert J \rVert_F$, *without the square*. Is that the same wish
# with another λ? By the chain rule, $\nabla \lVert J \rVert = \nabla \lVert J \rVert^2 / (2 \lVert J
# \rVert)$.

# %% tags=["explore"]
layer = models_by_name["plain"].layer
one_by_one = [contractive_sigmoid(x[None], layer.weight, layer.bias) for x in x_test]
norms = torch.stack(one_by_one).detach().sqrt()
print(f"mean of ‖J‖² = {norms.square().mean():.2f}, mean of ‖J‖ = {norms.mean():.2f}")
print(f"‖J‖ of single images: from {norms.min():.2f} to {norms.max():.2f}")
pulls = 1 / (2 * norms)
print(f"weight of an image's ‖J‖² in the gradient: from {pulls.min():.3f} to {pulls.max():.3f}")

# %% tags=["record"]
record("w5-norm", {"smallest": norms.min(), "largest": norms.max()})
record("w5-weights", pulls.max() / pulls.min())

# %% [markdown]
# **Explain.** It is another wish. Squared, every image pulls with the same weight; with the bare norm, the
# image that is contracted best pulls 2.4 times as hard as the one that is contracted worst. And what makes
# this week's methods work is lost: a sum of squares can be taken apart, by code numbers, by images, and by
# chance; a root of a sum cannot. λ also means something else: on average the bare norm needs one about
# eleven times as large, $2 \lVert J \rVert$. When you copy a λ from a paper, look for the square.
#
# **A trap before you train.** Take a network with a *linear* code and separate weights. Divide the
# code by ten, multiply the decoder's first layer by ten:

# %% tags=["explore"]
training.seed_everything(5)
free = nn.ModuleDict({"encoder": nn.Linear(784, 32), "decoder": nn.Linear(32, 784)})
free.encode = lambda x: free["encoder"](x)  # what your loop asks for
few = x_test[:100]
rebuilt_before, penalty_before = free["decoder"](free.encode(few)), contractive_loop(free, few)
with torch.no_grad():
    for p in free["encoder"].parameters():
        p /= 10
    free["decoder"].weight *= 10
rebuilt_after, penalty_after = free["decoder"](free.encode(few)), contractive_loop(free, few)
print(f"largest change of a pixel: {(rebuilt_after - rebuilt_before).detach().abs().max():.1e}")
print(f"penalty: {penalty_before.detach():.4f} before, {penalty_after.detach():.4f} after")

# %% [markdown]
# The penalty is a hundredth, and nothing has become more robust: the code was written in other units.
# A penalty on the *size* of a code can be paid by rescaling. Tied weights shut that door (a small
# $W$ draws a faint image), and so does anything else that fixes the decoder's scale. And when you
# *compare* encoders, compare ratios: section 5.
#
# Train the contractive autoencoder, and beside it last week's denoising one, with stronger noise than
# then (σ = 1): this small model averages weak noise away without being asked.

# %% tags=["explore"]
from aeutils import corruption

noise = torch.Generator().manual_seed(5)


def contraction(model: SigmoidAutoencoder, x: Tensor) -> Tensor:
    return 2.0 * contractive_sigmoid(x, model.layer.weight, model.layer.bias)


def noisy(x: Tensor) -> Tensor:
    return corruption.gaussian(x, 1.0, noise)


models_by_name |= learn_each(
    {"contractive": (new(), contraction), "denoising": (new(), None, noisy)}
)

# %% [markdown]
# ## 4 · Faster, and an estimate
#
# A deeper encoder has no such simple formula, and the loop needs K backward passes. Three ways out.
#
# **Let `torch.func` write the loop.** `torch.func.jacrev(f)` is a function that returns the Jacobian of
# $f$ at one point, and `torch.func.vmap(g)` runs a function of one image over a batch.
#
# ### Exercise 5 · All Jacobians in one call
# *Difficulty ●●○ · importance ●●○ · 10 minutes · 2 points*
#
# <details><summary>Hint 1: not the whole batch</summary>
#
# The Jacobian of the whole batch is (N, K, N, D): how every image moves every code. All but N of the
# N × N blocks are zero. Differentiate the code of *one* image.
# </details>
# <details><summary>Hint 2: one image as a batch</summary>
#
# `encode` wants rows. `row[None]` makes a batch of one, and `[0]` undoes it.
# </details>


# %% nbgrader={"grade_id": "jacobians", "solution": true}
def jacobians(encode: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return the Jacobian of an encoder at every image.

    Args:
        encode: from rows (N, D) to codes (N, K); every code depends on its own row only.
        x: images as rows, shape (N, D).

    Returns:
        J, shape (N, K, D), with J[i, k, d] = ∂h_k/∂x_d at image i, and a gradient for the weights.
    """

    ### BEGIN SOLUTION
    def of_one(row: Tensor) -> Tensor:
        return encode(row[None])[0]

    return torch.func.vmap(torch.func.jacrev(of_one))(x)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-jacobians", "points": 2}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week05

grade(week05.jacobians, jacobians)
### END HIDDEN TESTS
assert tests.jacobians(jacobians)

# %% [markdown]
# Short to write; but the work is that of the loop, and N·K·D numbers are stored.
#
# **Never build the Jacobian.** A hidden sigmoid layer with a linear code, $z = W_2\, s(W_1 x + b_1) +
# b_2$, has $J = W_2 \,\mathrm{diag}(d)\, W_1$ with $d = s'(W_1 x + b_1)$, shape (H,). Write the squared
# norm as a sum over *two* hidden units $m$ and $n$, and move the sums over pixels and code numbers
# inside:
#
# $$ \lVert J \rVert_F^2
#  = \sum_{k,d} \Big(\sum_m W_{2,km}\, d_m\, W_{1,md}\Big)^2
#  = \sum_{m,n} d_m \underbrace{\Big(\sum_d W_{1,md} W_{1,nd}\Big)}_{(W_1 W_1^\top)_{mn}}
#    \underbrace{\Big(\sum_k W_{2,km} W_{2,kn}\Big)}_{(W_2^\top W_2)_{mn}} d_n . $$
#
# Both Gram matrices are H × H and know nothing of the images: computed once, multiplied entry by
# entry to $M = (W_1W_1^\top) \circ (W_2^\top W_2)$, they leave $d^\top M d$ for each image.
#
# ### Exercise 6 · A hidden layer, exactly and fast
# *Difficulty ●●● · importance ●●○ · 20 minutes · 3 points*
#
# <details><summary>Hint 1: three steps</summary>
#
# Slopes (N, H); the matrix M (H, H); then one quadratic form for each row of slopes.
# </details>
# <details><summary>Hint 2: many quadratic forms</summary>
#
# Row i of `d @ M` is $d_i^\top M$. Multiply it entry by entry with row i of `d` and sum.
# </details>
# <details><summary>Hint 3: entry by entry</summary>
#
# `*` multiplies entries, `@` multiplies matrices. ∘ is the first.
# </details>


# %% nbgrader={"grade_id": "contractive_two_layers", "solution": true}
def contractive_two_layers(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor) -> Tensor:
    """Compute the contractive penalty of W₂ sigmoid(W₁ x + b₁) + b₂ without any Jacobian.

    Args:
        x: images as rows, shape (N, D).
        w1: shape (H, D).
        b1: shape (H,).
        w2: shape (K, H).

    Returns:
        A scalar: the mean over images of the squared Frobenius norm, with a gradient for the
        weights. Nothing of the size of N Jacobians is computed on the way.
    """
    ### BEGIN SOLUTION
    hidden = torch.sigmoid(x @ w1.T + b1)
    d = hidden * (1 - hidden)
    m = (w1 @ w1.T) * (w2.T @ w2)
    return ((d @ m) * d).sum(dim=1).mean()
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-contractive_two_layers", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week05

grade(week05.contractive_two_layers, contractive_two_layers)
### END HIDDEN TESTS
assert tests.contractive_two_layers(contractive_two_layers)

# %% [markdown]
# **Estimate it.** For any encoder at all: draw a random vector $v$ of K signs ±1, with
# $\mathrm{E}[v v^\top] = I$. One backward pass gives $v^\top J$, and
#
# $$ \mathrm{E}\,\lVert v^\top J \rVert^2 = \mathrm{E}[v^\top J J^\top v] = \mathrm{tr}(J J^\top)
#    = \lVert J \rVert_F^2 . $$
#
# This is Hutchinson's estimator (1990). It is right *on average*; a single probe is not. For signs, the
# variance of one probe at one image is $2\,(\lVert A \rVert_F^2 - \sum_k A_{kk}^2)$ with $A = JJ^\top$:
# zero if the rows of $J$ are at right angles. So an estimate without its **standard error** is half an
# answer.
#
# ### Exercise 7 · Hutchinson's estimate
# *Difficulty ●●● · importance ●●○ · 25 minutes · 3 points*
#
# <details><summary>Hint 1: signs</summary>
#
# `torch.randint(2, h.shape, generator=generator)` draws 0 and 1 with equal chance, new ones for each
# image. Two more operations make −1 and 1 of them.
# </details>
# <details><summary>Hint 2: vᵀJ</summary>
#
# `torch.autograd.grad` takes `v` as a third argument, `grad_outputs`, of the shape of `h`.
# </details>
# <details><summary>Hint 3: in which order?</summary>
#
# Square, sum over pixels, average over images: one number for each probe. The estimate is their mean.
# </details>
# <details><summary>Hint 4: the error of a mean</summary>
#
# S numbers with standard deviation s have a mean whose standard error is $s / \sqrt S$. Images
# differ from each other as well, but that is no error: average over them first.
# </details>


# %% nbgrader={"grade_id": "hutchinson", "solution": true}
def hutchinson(
    encode: Callable[[Tensor], Tensor], x: Tensor, probes: int, generator: torch.Generator
) -> tuple[Tensor, float]:
    """Estimate the contractive penalty of any encoder with random probes.

    Args:
        encode: from rows (N, D) to codes (N, K).
        x: images as rows, shape (N, D).
        probes: how many random vectors for each image, at least 2.
        generator: source of all randomness.

    Returns:
        The estimate: a scalar with a gradient for the weights, unbiased, the mean over probes and
        images; every image has probes of its own. And its standard error, a number: the standard
        deviation over probes of the batch means, divided by the square root of `probes`.
    """
    ### BEGIN SOLUTION
    x = x.detach().requires_grad_()
    h = encode(x)
    means = []
    for _ in range(probes):
        v = 2.0 * torch.randint(2, h.shape, generator=generator) - 1
        (vj,) = torch.autograd.grad(h, x, v.to(h.dtype), create_graph=True)
        means.append(vj.square().sum(dim=1).mean())
    means = torch.stack(means)
    return means.mean(), float(means.detach().std()) / probes**0.5
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-hutchinson", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week05

grade(week05.hutchinson, hutchinson)
### END HIDDEN TESTS
assert tests.hutchinson(hutchinson)

# %% tags=["explore"]
predict(
    "w5-speed",
    "784-256-32, batch of 256, value and gradient: how many times faster than the loop is exercise 6?",
    1,
    60,
    default=8,
)

# %% tags=["explore"]
import time

training.seed_everything(5)
deep = nn.Sequential(nn.Linear(784, 256), nn.Sigmoid(), nn.Linear(256, 32))
deep.encode = deep.forward  # for exercise 3
w1, b1, w2 = deep[0].weight, deep[0].bias, deep[2].weight
batch, probe_source = x_train[:256], torch.Generator().manual_seed(0)


def by_jacobians() -> Tensor:
    """Return the penalty from exercise 5's Jacobians."""
    return jacobians(deep, batch).square().flatten(1).sum(1).mean()


ways = {
    "loop": lambda: contractive_loop(deep, batch),
    "torch.func": by_jacobians,
    "closed form": lambda: contractive_two_layers(batch, w1, b1, w2),
    "Hutchinson, 2 probes": lambda: hutchinson(deep, batch, 2, probe_source)[0],
}


def once(way: Callable[[], Tensor]) -> tuple[float, float, Tensor]:
    """Return milliseconds, the value and the gradient for the first layer of one evaluation."""
    deep.zero_grad()
    start = time.perf_counter()
    value = way()
    value.backward()
    return 1000 * (time.perf_counter() - start), value.item(), w1.grad.clone()


timings, right = {}, once(ways["loop"])[2]
for name, way in ways.items():
    runs = [once(way) for _ in range(4 if name in ("loop", "torch.func") else 40)]
    timings[name] = min(ms for ms, _, _ in runs)
    off = float((runs[0][2] - right).norm() / right.norm())
    print(
        f"{name:<22}{timings[name]:>8.1f} ms   value {runs[0][1]:.4f}   gradient off by {off:.1e}"
    )
reveal("w5-speed", timings["loop"] / timings["closed form"])

# %% [markdown]
# **Explain.** All exact ways give the same number, and gradients equal up to float32 rounding.
# `torch.func` saves typing, not work: it is no faster than the loop. The closed form is ten to thirty
# times faster, depending on the machine and what else it does (the lesson names a command that measures
# it carefully). Two probes are nearly as fast and hit the value within a percent, but their *gradient* is
# off by a quarter: the value is one average over 256 images, the gradient has 200,000 entries, each with
# its own error. In training this is one more source of noise, beside the choice of the batch. Where the
# closed form exists nobody would take it. For a convolutional encoder, where none exists, it is what you
# have.
#
# How far off is an estimate, and does it know? The next cell repeats it and compares the error that it
# really makes with the one that it states.

# %% tags=["explore"]
encode = models_by_name["plain"].encode
few = x_test[:20]
exact = contractive_loop(models_by_name["plain"], few).item()
probe_source = torch.Generator().manual_seed(5)
numbers, actual, stated = [2, 4, 8, 16, 32], [], []
for probes in numbers:
    found = [hutchinson(encode, few, probes, probe_source) for _ in range(25)]
    errors = torch.tensor([(value.item() - exact) / exact for value, _ in found])
    actual.append(100 * float(errors.square().mean().sqrt()))
    stated.append(100 * float(torch.tensor([e / exact for _, e in found]).square().mean().sqrt()))
plots.lines(
    numbers,
    {"error made": actual, "error stated": stated},
    title="The estimate knows how wrong it is: the error falls with √probes",
    x_label="probes per image",
    y_label="error (% of Ω), 25 repetitions",
    log_x=True,
    log_y=True,
)

# %% [markdown]
# ## 5 · Along and across the manifold
#
# A small penalty is no end in itself. What matters is *which* movements the code ignores. A digit that
# is shifted, turned, stretched or slanted a little is still the same digit: such moves lead along the
# **manifold** of digits. Most other changes, white noise above all, lead away from it.

# %% tags=["explore"]
from aeutils.corruption import tangents

three = digits.x_test[digits.y_test == 3][:1]
shown = [three[0], *(tangents.moved(three, name, 2.0)[0] for name in tangents.MOVES)]
white = 0.5 * torch.randn(three[0].shape, generator=torch.Generator().manual_seed(0))
plots.image_row(
    [*shown, three[0] + white],
    ["a three", *tangents.MOVES, "white noise"],
    title="Five moves along the manifold, and one away from it",
)

# %% [markdown]
# The **singular values** of $J$ say by which factors the encoder stretches the directions that it sees.
# Their squares add up to $\lVert J \rVert_F^2$. To compare encoders with codes in different units,
# each curve is divided by its largest value.

# %% tags=["explore"]
predict(
    "w5-ratio",
    "How many times more does the contractive code move along the manifold than across it?",
    1,
    20,
    default=10,
)

# %% tags=["explore"]
from aeutils import pca
from aeutils.embeddings.paired import mcnemar
from aeutils.losses import contractive
from aeutils.neighbours.knn import classify

images = digits.x_test[:100]
tangent_space = tangents.affine_tangents(images)  # (100, 784, 5), orthonormal
training.seed_everything(5)
encoders = {"untrained": SigmoidAutoencoder().encode}
for k in (144, 32):
    axes = pca.PCA(k).fit(x_train)
    encoders[f"PCA-{k}"] = lambda x, a=axes: (x - a.mean_) @ a.components_.T
encoders |= {name: model.encode for name, model in models_by_name.items()}

spectra, ratios, table, correct = {}, {}, {}, {}
print(f"{'':<14}{'Ω':>8}{'Ω / variance':>14}{'along':>9}{'across':>9}{'ratio':>8}{'kNN':>8}")
for name, encode in encoders.items():
    with torch.no_grad():
        z_train, z_test = encode(x_train), encode(x_test)
        j = jacobians(encode, images.flatten(1))
    along, across = contractive.gains(j, tangent_space)
    ratios[name] = float((along / across).mean())
    omega, variance = j.square().sum((1, 2)).mean(), z_test.var(0).sum()
    correct[name] = classify(z_train, digits.y_train, z_test, k=5) == digits.y_test
    knn = float(correct[name].double().mean())
    print(
        f"{name:<14}{omega:>8.2f}{omega / variance:>14.2f}{along.mean():>9.3f}"
        f"{across.mean():>9.3f}{ratios[name]:>8.1f}{knn:>8.3f}"
    )
    table[name] = {"share": omega / variance, "ratio": ratios[name], "knn": knn}
    if name in ("untrained", "plain", "contractive", "denoising"):
        values = contractive.singular_values(j).mean(0)
        spectra[name] = (values / values[0])[:100]
reveal("w5-ratio", ratios["contractive"])
# all encoders were asked for the same images: who alone is right, and could a fair coin do that?
against = {n: mcnemar(correct["contractive"], c) for n, c in correct.items() if n != "contractive"}
print("\nimages whose neighbours are right for one of the two only; p of a fair coin (McNemar)")
for name, pair in against.items():
    print(
        f"contractive alone {pair.only_first:>3}, {name:<12} alone {pair.only_second:>3}"
        f"   p {pair.p:.3f}"
    )
closed = "closed form, all images"
training.compare(
    "w5-gains",
    {"untrained": "not trained", "PCA-144": closed, "PCA-32": closed}
    | {name: model.history for name, model in models_by_name.items()},
    compared=("loss", "shown"),
    rate_chosen=by_hand,
)

# %% tags=["record"]
record("w5-gains", table)
record("w5-gains-p", {name: pair.p for name, pair in against.items()})

# %% tags=["explore"]
plots.lines(
    range(1, 101),
    spectra,
    title="The contractive code follows fewer directions",
    x_label="singular value of J, from the largest (mean over 100 test images)",
    y_label="relative to the largest",
    log_y=True,
)

# %% [markdown]
# Which pixels move which number of the code? Each picture below is one row of the Jacobian.

# %% tags=["explore"]
widgets.jacobian_viewer(models_by_name["contractive"].encode, x_test)

# %% [markdown]
# **Explain.** Untrained, a code moves as far across the manifold as along it: ratio 1. Every fitted
# encoder prefers the digits' own movements two to four times, PCA included. Contraction prefers them
# most, but 3.9 instead of 3.2 is no miracle: most of the preference comes from the *reconstruction*. What
# the penalty did is to halve Ω relative to the code's variance, and of the four curves its singular
# values fall fastest: it follows fewer directions. (Look at the first column alone, and the untrained
# encoder is "the most robust": smaller units, nothing else.)
#
# The last column is a warning: contraction did not make neighbours better. All encoders answered for the
# same 1,000 images, so the lines under the table count those that only one of two has right; *p* says how
# often a fair coin would be as uneven (McNemar, 1947; more in week 7). The contractive code is behind L1, L2
# and PCA-32 by more than luck, behind the plain one probably (with eight such lines, one p of 0.02 is no
# proof), and cannot be told from the *untrained* encoder. Ignoring directions is useful only if they do not
# matter for what you do next, and Ω does not know what that is.
#
# ## 6 · Contractive and denoising compared
#
# Denoising (week 4) asks that the *reconstruction* $r(x) = g(f(x))$ of a noisy image be the clean image.
# For little noise, $r(x + \sigma\varepsilon) \approx r(x) + \sigma J_r(x)\,\varepsilon$, and the mean over
# the noise of the squared error is
#
# $$ \mathrm{E}\,\lVert r(x + \sigma\varepsilon) - x \rVert^2
#    \approx \lVert r(x) - x \rVert^2 + \sigma^2 \lVert J_r(x) \rVert_F^2 : $$
#
# a contractive penalty on the whole autoencoder, with $\lambda = \sigma^2$ (Alain and Bengio, 2014; a
# term with the curvature of $r$, times $r(x) - x$, is left out). The contractive autoencoder penalises
# the encoder's half only, exactly, and without any noise. Your estimator takes any function, so it takes
# $r$ as well. The last columns compare the mean of $\lVert r(x + \sigma\varepsilon) - r(x) \rVert^2$ with
# $\sigma^2\lVert J_r\rVert_F^2$.

# %% tags=["explore"]
few = x_test[:50]
source = torch.Generator().manual_seed(5)
steps = torch.randn(40, *few.shape, generator=source)  # 40 draws of white noise for each image
levels = (0.01, 0.1, 1.0)
compared = {}
print(f"{'':<13}{'error':>7}{'error at σ = 1':>18}{'‖J_r‖²':>15}   change / (σ²‖J_r‖²) at σ =")
print(f"{'':<13}{'clean':>7}{'':>18}{'':>15}" + "".join(f"{s:>9}" for s in levels))
for name in ("plain", "L2", "sparse (KL)", "contractive", "denoising"):
    model = models_by_name[name]

    def rebuild(x: Tensor, model: nn.Module = model) -> Tensor:
        return model(x).sigmoid()

    norm, error = hutchinson(rebuild, few, 30, source)
    with torch.no_grad():
        clean = (rebuild(x_test) - x_test).square().sum(1).mean()
        noisy = corruption.gaussian(x_test, 1.0, torch.Generator().manual_seed(7))
        damaged = (rebuild(noisy) - x_test).square().sum(1).mean()
        changes = [
            (rebuild(few + s * steps) - rebuild(few)).square().sum(2).mean() / (s**2 * norm)
            for s in levels
        ]
    compared[name] = (clean, damaged, norm, changes)
    print(
        f"{name:<13}{clean:>7.1f}{damaged:>18.1f}{norm:>9.1f} ± {error:.1f}"
        + "".join(f"{c:>9.2f}" for c in changes)
    )

# %% tags=["record"]
columns = ("clean", "noisy", "jacobian")
record(
    "w5-jacobian",
    {name: dict(zip(columns, values, strict=False)) for name, values in compared.items()},
)
little, much = (
    [c for *_, changes in compared.values() for c in changes[part]]
    for part in (slice(0, 2), slice(2, 3))
)
record("w5-agrees", 100 * max(abs(c - 1) for c in little))
record("w5-disagrees", 100 * max(abs(c - 1) for c in much))

# %% [markdown]
# **Explain.** Up to σ = 0.1 the change of the reconstruction is σ²‖J_r‖² within a few percent. At σ = 1
# it is off by up to 30 %, because a step that long does not see the slope at its start. So "denoising is
# a contractive penalty" holds for little noise.
#
# Two roads led to the same place. The contractive model never saw noise, the denoising one (trained with
# σ = 1) never saw a penalty; both have about half of the plain model's ‖J_r‖² or less, and both rebuild
# noisy digits better than it does, though clean ones worse. The sparse model shows that a regulariser is
# no charm: asked for something else, it rebuilds noisy digits *worse*.
#
# ## 7 · When pixels are simply wrong
#
# Last week the clean image was known and the damage was ours. Now the *training data* are damaged, a
# fifth of the pixels at random black or white, and nobody has a clean copy. An autoencoder that
# minimises squared error has to predict the mean of what it may see, and the mean listens to every
# outlier. What if a pixel that is far off just counted as "wrong", and not as "wrong by so much"?
#
# **Correntropy** (Liu, Pokharel and Príncipe, 2007) measures how alike two variables are by a Gaussian
# kernel of their difference, $\mathrm{E}[\exp(-e^2/2\sigma^2)]$. Training to make it large gives the
# **robust autoencoder** (Qi et al., 2014). As a loss, shifted and scaled so that it starts like half
# the squared error:
#
# $$ L(x, \hat x) = \sum_d \sigma^2 \Big(1 - e^{-e_d^2 / 2\sigma^2}\Big), \qquad e = \hat x - x . $$
#
# Its slope is $e\,e^{-e^2/2\sigma^2}$: like the squared error's for $|e| \ll \sigma$, largest at
# $|e| = \sigma$, nearly nothing beyond $3\sigma$.
#
# ### Exercise 8 · The correntropy loss
# *Difficulty ●●○ · importance ●●○ · 15 minutes · 2 points*
#
# <details><summary>Hint 1: the width</summary>
#
# σ has the unit of an error. In the exponent an error is squared, so σ must be, too.
# </details>
# <details><summary>Hint 2: a kernel for each pixel</summary>
#
# The exponential belongs inside the sum over pixels. One kernel of the whole image's error would let a
# single wild pixel silence all the others.
# </details>
# <details><summary>Hint 3: the reduction</summary>
#
# As always in this course: sum what belongs to one image, average over the images.
# </details>


# %% nbgrader={"grade_id": "correntropy_loss", "solution": true}
def correntropy_loss(x_hat: Tensor, x: Tensor, sigma: float) -> Tensor:
    """Robust reconstruction loss from the correntropy of pixels and reconstruction.

    Args:
        x_hat: reconstructions, shape (N, D) or (N, C, H, W).
        x: images, same shape.
        sigma: width σ of the kernel, in units of intensity.

    Returns:
        A scalar: the mean over images of the sum over pixels of σ² (1 − exp(−e²/2σ²)).
    """
    ### BEGIN SOLUTION
    similarity = torch.exp(-(x_hat - x).square() / (2 * sigma**2))
    return (sigma**2 * (1 - similarity)).flatten(1).sum(dim=1).mean()
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-correntropy_loss", "points": 2}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week05

grade(week05.correntropy_loss, correntropy_loss)
### END HIDDEN TESTS
assert tests.correntropy_loss(correntropy_loss)

# %% tags=["explore"]
damaged_train = corruption.salt_and_pepper(x_train, 0.2, torch.Generator().manual_seed(5))
first_of_each = torch.stack([torch.nonzero(digits.y_train == c)[0, 0] for c in range(10)])
plots.image_row(damaged_train[first_of_each], title="All that the next networks ever see")

# %% tags=["explore"]
predict(
    "w5-background",
    "Squared error, a fifth of the training pixels wrong: how dark is empty paper painted, in %?",
    0,
    50,
    default=5,
)

# %% tags=["explore"]
from aeutils import models
from aeutils.losses import correntropy


def half_square(x_hat: Tensor, x: Tensor) -> Tensor:
    """Return half the squared error per image, the limit of a wide kernel."""
    return 0.5 * (x_hat - x).square().sum(1).mean()


def correntropy_of(sigma: float) -> Callable[[Tensor, Tensor], Tensor]:
    """Return your loss for one width of the kernel."""

    def loss(x_hat: Tensor, x: Tensor) -> Tensor:
        return correntropy_loss(x_hat, x, sigma)

    loss.__name__ = f"correntropy, σ = {sigma}"
    return loss


beliefs = {
    "squared error": half_square,
    "absolute error": correntropy.absolute_error,
    "correntropy, σ = 0.5": correntropy_of(0.5),
    "correntropy, σ = 0.2": correntropy_of(0.2),
}
networks = {}
for name in beliefs:
    training.seed_everything(5)
    networks[name] = models.Autoencoder((784, 256, 32), activation=nn.GELU)


def believe(name: str) -> training.History:
    """Train one autoencoder by its loss on the damaged digits; return how."""
    settings = {"epochs": 8, "batch_size": 64, "lr": 2e-3, "progress": False}
    return training.fit(networks[name], damaged_train, loss=beliefs[name], **settings)


learned = training.side_by_side(believe, beliefs)
shown, outcome = {"test digits": x_test}, {}
print(f"{'trained on damaged digits with':<32}{'test SSE':>9}{'empty paper':>13}{'full ink':>10}")
for name, model in networks.items():
    with torch.no_grad():
        rebuilt = model(x_test)
    shown[name.replace(", ", ",\n")] = rebuilt
    error = (rebuilt - x_test).square().sum(1).mean()
    paper, ink = rebuilt[x_test == 0].mean(), rebuilt[x_test > 0.9].mean()
    outcome[name] = {"error": error, "paper": paper, "ink": ink}
    print(f"{name:<32}{error:>9.1f}{paper:>13.3f}{ink:>10.3f}")
    if name == "squared error":
        grey_paper = float(paper)
reveal("w5-background", 100 * grey_paper)
training.compare("w5-dirty", learned, compared="loss", rate_chosen=by_hand)

# %% tags=["record"]
record("w5-dirty", outcome)

# %% tags=["explore"]
examples = torch.stack([torch.nonzero(digits.y_test == c)[1, 0] for c in range(10)])
plots.reconstruction_grid(
    {name: x[examples] for name, x in shown.items()},
    labels=digits.y_test[examples],
    error_against="test digits",
    title="Trained on dirty digits: one loss paints paper grey, one gives up on ink",
)

# %% [markdown]
# **Explain.** Empty paper was black in one training image of ten. Squared error predicts the *mean*, 0.1,
# and paints all paper grey. Absolute error predicts the *median*: white paper, but wherever ink is less
# likely than paper, no stroke either; so its strokes are thin and its error is the largest of the first
# three. Correntropy with σ = 0.5 looks for the *mode*, the most likely value: nearly white paper, the
# darkest ink, the smallest error, from data of which nobody had a clean copy.
#
# With σ = 0.2 it learned paper, and a ghost of the digits. An untrained network says 0 everywhere. At a
# pixel of ink the error is then 1, five widths, and the slope is $e^{-12.5}$, four millionths: the ink
# itself was taken for an outlier. A loss that can give up can give up too early. So start wide and
# anneal, or start from a network trained with squared error.
#
# ## 8 · Do you compare models, or recipes?
#
# Week 2 drew four rows of a well-known figure (Charte et al., 2018): test digits, PCA, linear
# autoencoder, tanh with cross-entropy. The fifth is the robust autoencoder. Before you draw it, one
# question. A row of such a figure is a *recipe*: a network, a loss, and also images, steps and a
# learning rate. Who says that the rows would keep their order if everybody trained longer?
#
# Take two of them, 784-256-32-256-784 both, the same images, batches and learning rate: tanh with
# cross-entropy, and GELU with squared error. After 2 epochs the first has an error of about 26, the second
# 16.
#
# **Predict.** After 8 epochs GELU has about 11. What has tanh?

# %% tags=["explore"]
predict("w5-places", "SSE of the tanh network after 8 epochs (GELU: about 11)?", 0, 25, default=13)

# %% [markdown]
# An answer needs three kinds of images. Some to fit. Some held out, on which the *number of epochs* is
# chosen. And test images, which meet the chosen model only, once: whoever looks at them for every budget
# and then reports the best has chosen on them.
#
# And it needs the whole **curve**. "A beats B" at one budget may be a remark about the budget.
#
# ### Exercise 9 · Choose the budget, report the curve
# *Difficulty ●●○ · importance ●●● · 15 minutes · 2 points*
#
# <details><summary>Hint 1: how many trainings?</summary>
#
# One for each budget. Keep the models: the chosen one is needed again, and training it once more costs
# as much as before.
# </details>
# <details><summary>Hint 2: the error</summary>
#
# As always: squared differences summed over pixels, averaged over images.
# </details>
# <details><summary>Hint 3: equal errors</summary>
#
# `curve.index(min(curve))` is the *first* place of the smallest error. It is a place, and not yet a
# budget.
# </details>


# %% nbgrader={"grade_id": "choose_budget", "solution": true}
def choose_budget(
    train: Callable[[Tensor, int], Callable[[Tensor], Tensor]],
    budgets: list[int],
    x_fit: Tensor,
    x_val: Tensor,
    x_test: Tensor,
) -> tuple[list[float], int, float]:
    """Train for each budget; choose on held-out images, and measure the chosen model on test images.

    Args:
        train: train(x, budget) trains a new model on rows x for so many epochs, and returns it: a
            function from rows to reconstructions of the same shape.
        budgets: numbers of epochs, in increasing order.
        x_fit: images to train on, as rows, shape (N, D).
        x_val: held-out images, shape (V, D). They choose, and are not trained on.
        x_test: test images, shape (M, D). Only the chosen model sees them.

    Returns:
        The error of x_val for every budget, in their order; the budget of the smallest of them, of
        equal ones the smaller budget; and the error of x_test of the very model that was chosen. An
        error is the mean over images of the squared error summed over pixels.
    """

    ### BEGIN SOLUTION
    def error(model: Callable[[Tensor], Tensor], x: Tensor) -> float:
        return float((model(x) - x).square().sum(dim=1).mean())

    models = {budget: train(x_fit, budget) for budget in budgets}
    curve = [error(model, x_val) for model in models.values()]
    best = budgets[curve.index(min(curve))]
    return curve, best, error(models[best], x_test)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-choose_budget", "points": 2}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week05

grade(week05.choose_budget, choose_budget)
### END HIDDEN TESTS
assert tests.choose_budget(choose_budget)


# %% tags=["explore"]
def as_they_are(outputs: Tensor) -> Tensor:
    return outputs


def to_intensity(outputs: Tensor) -> Tensor:
    return (1 + torch.tanh(outputs)) / 2


recipes = {  # activation, loss, and what makes an image of the output
    "basic: tanh, cross-entropy": (nn.Tanh, losses.tanh_cross_entropy, to_intensity),
    "GELU, squared error": (nn.GELU, half_square, as_they_are),
    "robust: GELU, correntropy": (nn.GELU, correntropy_of(0.5), as_they_are),
}
runs, trained = {}, {}


def trainer(name: str) -> Callable[[Tensor, int], Callable[[Tensor], Tensor]]:
    """Return a function that trains one of the recipes, 784-256-32-256-784."""
    activation, loss, finish = recipes[name]

    def train(x: Tensor, epochs: int) -> Callable[[Tensor], Tensor]:
        training.seed_everything(5)
        model = models.Autoencoder((784, 256, 32), activation=activation)
        how = {"epochs": epochs, "batch_size": 32, "lr": 4e-3, "loss": loss, "progress": False}
        runs[name, epochs] = training.fit(model, x, **how)
        model.requires_grad_(False)
        trained[name, epochs] = lambda rows: finish(model(rows))
        return trained[name, epochs]

    return train


order = torch.randperm(len(x_train), generator=torch.Generator().manual_seed(5))
x_val, x_fit = x_train[order[:1000]], x_train[order[1000:]]
budgets, curves, outcomes = [2, 4, 8], {}, {}
for name in list(recipes)[:2]:
    found = choose_budget(trainer(name), budgets, x_fit, x_val, x_test)
    curves[name], outcomes[name] = found[0], found[1:]
    print(f"{name:<28} chosen {found[1]} epochs, test SSE {found[2]:.2f}")
reveal("w5-places", curves["basic: tanh, cross-entropy"][-1])
plots.lines(
    budgets,
    curves,
    title="The same two networks change places with the number of epochs",
    x_label="epochs of 4,000 images, each point a training of its own",
    y_label="SSE per held-out image",
    log_x=True,
)

# %% tags=["record"]
record(
    "w5-places-curve",
    {name: dict(zip(budgets, curve, strict=True)) for name, curve in curves.items()},
)

# %% tags=["explore"]
training.compare(
    "w5-places",
    {f"{name}, {epochs} epochs": run for (name, epochs), run in runs.items()},
    compared=("model", "loss", "images seen", "steps"),
    rate_chosen="by hand, one for both networks and all budgets",
)

# %% [markdown]
# **Explain.** Stop after 2 or 4 epochs, and GELU with squared error is clearly the better network. Go on
# to 8, and tanh with cross-entropy has passed it. Neither sentence is about the networks alone. The
# chosen budget is the longest for both: the curves still fall, so even "best" means "best of what was
# tried". Report the curve.
#
# Now the figure, every network with the same widths, images and steps.

# %% tags=["explore"]
robust = "robust: GELU, correntropy"
trainer(robust)(x_fit, 8)
training.seed_everything(5)
linear = models.LinearAutoencoder(784, 32)
how_linear = training.fit(linear, x_fit, epochs=8, batch_size=32, lr=4e-3, progress=False)
linear.requires_grad_(False)
control = "GELU, squared error"
five = {
    "test digits": x_test,
    "PCA-32": pca.PCA(32).fit(x_fit).reconstruct(x_test),
    "linear\nautoencoder": linear(x_test),
    "basic: tanh,\ncross-entropy": trained["basic: tanh, cross-entropy", 8](x_test),
    "robust: GELU,\ncorrentropy": trained[robust, 8](x_test),
    "control: GELU,\nsquared error": trained[control, 8](x_test),
}
each = {name: (x - x_test).square().sum(1) for name, x in list(five.items())[1:]}
for name, errors in each.items():
    print(f"{name.replace(chr(10), ' '):<30} test SSE {errors.mean():6.2f}")
gain = each["control: GELU,\nsquared error"] - each["robust: GELU,\ncorrentropy"]
standard_error = float(gain.std()) / len(gain) ** 0.5
print(
    f"robust beside its control: smaller by {gain.mean():.2f} ± {standard_error:.2f}, image by image"
)
plots.reconstruction_grid(
    {name: x[examples] for name, x in five.items()},
    labels=digits.y_test[examples],
    title="Five rows and a control: the same ten digits, each from 32 numbers",
)

# %% tags=["explore"]
training.compare(
    "w5-rows",
    {"PCA-32": "closed form, the same images", "linear autoencoder": how_linear}
    | {name: runs[name, 8] for name in recipes},
    compared=("model", "loss"),
    rate_chosen=by_hand,
    reasons={"parameters": "The linear one has no hidden layer."},
)

# %% tags=["record"]
record("w5-rows", {name.replace("\n", " "): errors.mean() for name, errors in each.items()})
record("w5-robust-gain", {"mean": gain.mean(), "standard error": standard_error})

# %% [markdown]
# **Explain.** The tanh row is the best of the networks now, and after two epochs it was far behind PCA. The
# robust row is level with its control: on clean data the loss buys nothing that these images could show.
# What robustness is for, you saw in the figure of section 7. And tanh with cross-entropy still differs
# from the control in three things, activation, output and loss; no figure of whole rows says which of
# them it was. When you read "model A beats model B", unfold how both were trained, and ask for the curve.
#
# ## 9 · What the codes look like
#
# One more well-known figure: test digits, the code of each drawn as a small image from −1 (black) to 1
# (white), and the reconstruction, for each kind of autoencoder. A sigmoid's $h$ becomes $2h - 1$, which
# is $\tanh(a/2)$. The 144 numbers have no order: a pattern in the picture means nothing, its *contrast*
# means a lot.


# %% tags=["explore"]
def correntropy_of_logits(logits: Tensor, x: Tensor) -> Tensor:
    return correntropy_loss(logits.sigmoid(), x, 0.5)


models_by_name["robust"] = learn(new(), loss=correntropy_of_logits)
with torch.no_grad():
    gallery = {
        name: (2 * model.encode(x_test[examples]) - 1, model(x_test[examples]).sigmoid())
        for name, model in models_by_name.items()
        if name not in ("L1", "L2")
    }
    stuck = (models_by_name["robust"](x_test).sigmoid() > 0.9).all(0).sum()
for name in gallery:
    z = 2 * models_by_name[name].encode(x_test).detach() - 1
    print(
        f"{name:<12} mean {z.mean():5.2f}   black (below −0.9) {(z < -0.9).float().mean():4.0%}"
        f"   white (above 0.9) {(z > 0.9).float().mean():4.0%}"
        f"   grey (from −0.5 to 0.5) {(z.abs() < 0.5).float().mean():4.0%}"
    )
print(f"robust: {stuck} of 784 pixels are ink in all 1,000 reconstructions")
plots.code_gallery(
    x_test[examples], gallery, title="Sparse codes are dark, contractive ones have little grey"
)

# %% tags=["explore"]
training.compare(
    "w5-codes",
    {name: models_by_name[name].history for name in gallery},
    compared=("loss", "shown"),
    rate_chosen=by_hand,
)

# %% tags=["record"]
with torch.no_grad():
    grey = {name: (2 * models_by_name[name].encode(x_test) - 1).abs() < 0.5 for name in gallery}
record("w5-grey", {name: 100 * share.float().mean() for name, share in grey.items()})
record("w5-always-ink", stuck)

# %% [markdown]
# **Explain.** The sparse codes are mostly black, as asked. The contractive codes have fewer grey fields
# than the plain ones: a sigmoid near 0 or 1 is flat, its slope $h(1-h)$ is nearly 0, and saturating is a
# cheap way to contract. The code comes closer to a pattern of bits.
#
# In the robust row a few pixels are ink in *every* image. Probably they said 1 early in training. An error
# of 1 is two widths, where the loss is nearly flat, and the sigmoid of a large logit is flat as well: two
# small slopes, multiplied. Nothing pulls these pixels back. This is what a loss that is not convex looks
# like.
#
# ## Your embedding passport

# %% tags=["explore"]
from aeutils import passport

contractive_model = models_by_name["contractive"]
row = passport.measure(
    lambda x: contractive_model.encode(x.flatten(1)),
    digits,
    name="Contractive-144",
    decode=lambda z: contractive_model.decode(z).sigmoid().reshape(-1, 1, 28, 28),
    trained=contractive_model.history,
    rate_chosen=by_hand,
)
passport.add_row(row)
passport.show([*passport.baselines(digits), row])

# %% tags=["record"]
record("w5-cost-contractive", row.test_sse)

# %% [markdown]
# **Think.** By the centred class ratio and by pair AUC this code is the best of the four rows; by its five
# nearest neighbours it is no better than raw pixels. Both can be true. What does a mean over *all*
# pairs see that five neighbours do not, and which would you ask before you build a search?
#
# Your predictions so far:

# %% tags=["explore"]
calibration()

# %% [markdown]
# ## What you can do now
#
# - Say which of weights, code and Jacobian a penalty looks at, and which wish that serves.
# - Average in the right order: over the batch for a mean activity, over images for a penalty.
# - Compute ‖∂h/∂x‖² by a loop, by `torch.func`, in closed form, or as an estimate that states its error.
# - Ask of a code *along what* it moves, and use a ratio where units differ.
# - Choose a loss that gives up on a pixel, and say when that stops learning altogether.
#
# **If you want more.** Replace the sigmoid in exercise 6 by tanh: which line changes? Penalise $J_r$
# instead of $J$ with your estimator and compare it with denoising. Anneal σ from 2 to 0.2. Read Rifai et
# al. (2011) for the contractive penalty, Ng (2011) for sparsity by divergence, Alain and Bengio (2014)
# for what denoising estimates, Qi et al. (2014) for the robust autoencoder.
