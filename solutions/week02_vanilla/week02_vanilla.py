# %% [markdown]
# # Week 2 · The vanilla autoencoder
#
# **The question of this week.** Last week 32 straight axes were the best that any straight code of 32
# numbers can do. What do you gain, and what do you give up, when encoder and decoder may bend?
#
# By the end you can
#
# - build an encoder and its mirror image from layers, and say what the latent space is,
# - derive a reconstruction loss from what you believe about pixels: squared error, cross-entropy,
#   Poisson,
# - write a training loop and the test that goes with it, without the usual four mistakes,
# - read a row of reconstructions: what was blurred, what was cleaned up, what was changed,
# - say what tied weights are, and why "the decoder is the inverse of the encoder" is wrong.
#
# | | |
# |---|---|
# | Time | about 2½ hours; the notebook itself runs in under a minute |
# | Needs | week 1; `nn.Module`, an optimizer, the chain rule |
# | Graded | 8 exercises, 24 points |
#
# **How to work.** As in week 1: predict, run, explain; hints one rung at a time; tests that explain. The
# grader uses other data and also checks what a docstring promises and the test does not try. Every function owes its
# caller this: arguments and global state (seeds, gradient mode, default dtype) stay as they were, results come from the
# arguments alone, whatever their numbers, rows and layout, and losses keep their gradient.

# %%
import torch
from torch import Tensor, nn

from aeutils import data, plots, training, widgets
from aeutils.training.progress_bar import progress
from aeutils.testing import week02 as tests
from aeutils.widgets import calibration, predict, reveal

torch.set_num_threads(1)  # steadier on a busy laptop: two threads often wait for each other
training.seed_everything(2)
digits = data.load("mnist")
x_train, x_test = digits.x_train.flatten(1), digits.x_test.flatten(1)  # (N, 784)
digits

# %% tags=["explore"]
widgets.checklist()

# %% [markdown]
# The whole week in one picture. Everything that the decoder will know of the digit has to pass through the waist.

# %% tags=["explore"]
from aeutils import drawings

drawings.hourglass()

# %% [markdown]
# ## 1 · Encoder, latent space, decoder
#
# An autoencoder is two functions in a row, $\hat x = g(f(x))$:
#
# | part | maps | in this week's network |
# |---|---|---|
# | **encoder** $f$ | image → code | 784 → 512 → 256 → 32 |
# | **latent space** | where the codes live | $\mathbb{R}^{32}$ |
# | **decoder** $g$ | code → image | 32 → 256 → 512 → 784, the mirror image |
#
# Each arrow is a linear layer, $h \mapsto W h + b$. Between two of them stands a function that bends,
# here GELU, a smooth relative of $\max(0, h)$. Leave it out and the stack collapses: a linear function
# of a linear function is linear, and you are back in week 1 with more parameters.
#
# Nothing bends after the *last* layer. A code must be free to be negative, and what the decoder's
# output means (a pixel? a logit? a log rate?) is decided by the loss in section 2.
#
# ### Exercise 1 · A stack of layers
# *Difficulty ●○○ · importance ●●● · 10 minutes · 3 points*
#
# <details><summary>Hint 1: how many layers?</summary>
#
# Widths 784, 256, 32 are two layers: one from 784 to 256, one from 256 to 32.
# </details>
# <details><summary>Hint 2: pairs</summary>
#
# `zip(sizes[:-1], sizes[1:])` walks over the pairs of neighbouring widths.
# </details>
# <details><summary>Hint 3: the last one</summary>
#
# Collect modules in a list, adding `nn.GELU()` before every layer except the first; then unpack the
# list into one `nn.Sequential`.
# </details>


# %% nbgrader={"grade_id": "mlp", "solution": true}
def mlp(sizes: list[int]) -> nn.Module:
    """Stack linear layers with a GELU between them.

    Args:
        sizes: widths, input first; two or more.

    Returns:
        A module from (N, sizes[0]) to (N, sizes[-1]) with len(sizes) - 1 linear layers, a GELU
        between every two of them, and none after the last.
    """
    ### BEGIN SOLUTION
    layers: list[nn.Module] = []
    for width_in, width_out in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [nn.Linear(width_in, width_out), nn.GELU()]
    return nn.Sequential(*layers[:-1])
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-mlp", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week02

grade(week02.mlp, mlp)
### END HIDDEN TESTS
assert tests.mlp(mlp)

# %% [markdown]
# ### Exercise 2 · The autoencoder
# *Difficulty ●○○ · importance ●●● · 10 minutes · 3 points*
#
# <details><summary>Hint 1: reuse</summary>
#
# You have just written the function that makes both halves.
# </details>
# <details><summary>Hint 2: the mirror</summary>
#
# `sizes[::-1]` is the list backwards.
# </details>


# %% nbgrader={"grade_id": "autoencoder", "solution": true}
class Autoencoder(nn.Module):
    """A multilayer encoder and its mirror image as decoder.

    Args:
        sizes: widths from the image to the code, for example [784, 512, 256, 32].
    """

    def __init__(self, sizes: list[int]) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.encoder = mlp(sizes)
        self.decoder = mlp(sizes[::-1])
        ### END SOLUTION

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes, shape (N, sizes[-1]), of rows x, shape (N, sizes[0])."""
        ### BEGIN SOLUTION
        return self.encoder(x)
        ### END SOLUTION

    def decode(self, z: Tensor) -> Tensor:
        """Return rows, shape (N, sizes[0]), for codes z, shape (N, sizes[-1])."""
        ### BEGIN SOLUTION
        return self.decoder(z)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Encode and decode rows x, shape (N, sizes[0])."""
        ### BEGIN SOLUTION
        return self.decode(self.encode(x))
        ### END SOLUTION


# %% nbgrader={"grade_id": "test-autoencoder", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week02

grade(week02.autoencoder, Autoencoder)
### END HIDDEN TESTS
assert tests.autoencoder(Autoencoder)

# %% [markdown]
# ## 2 · A loss is a belief about pixels
#
# Training makes $L(x, \hat x)$ small. Which $L$? Say how likely the true pixel $x$ is once the
# decoder has spoken, take minus the logarithm, and add up the pixels (given the decoder's output, they
# are taken as independent). Three beliefs, three losses:
#
# | you believe a pixel is | the decoder's output $a$ is | $-\log p(x \mid a)$ |
# |---|---|---|
# | $a$ plus Gaussian noise | the pixel itself | $\frac{1}{2\sigma^2}(x - a)^2$ + constant |
# | ink with probability $p = \mathrm{sigmoid}(a)$ | a logit | $-x \log p - (1-x) \log (1-p)$ |
# | a count with mean $e^a$ | a log rate | $e^a - x a$ + constant |
#
# The first is the squared error of week 1: a constant factor moves no minimum. (You may meet the
# formula $\frac{1}{N}\sum_i (x_i - \hat x_i)^2$ with $x_i$ called "the i-th sample". But a sample has
# 784 pixels, so the square of what? Write down over what you sum and over what you average.) In this course a loss is the **mean over images of the
# sum over pixels**.
#
# The second is the **binary cross-entropy**. Pixels of a scanned digit are not 0 or 1 but grey; the
# formula still makes sense for $x$ between, and its minimum is still at $p = x$. But at that minimum
# it is not zero.

# %% tags=["explore"]
p = torch.linspace(0.01, 0.99, 99)
curves = {}
for pixel in (0.0, 0.5, 1.0):
    curves[f"cross-entropy, pixel {pixel:g}"] = -(pixel * p.log() + (1 - pixel) * (1 - p).log())
    curves[f"squared error, pixel {pixel:g}"] = (p - pixel) ** 2
plots.lines(
    p,
    curves,
    title="What a wrong pixel costs",
    x_label="predicted intensity p",
    y_label="loss of one pixel",
)

# %% [markdown]
# **Think.** For a pixel that is ink (1) and predicted 0.01, cross-entropy charges 4.6 and squared
# error not even 1: which of the two hates a confident mistake? And if a pixel is ink in 3 of 10 images
# that look alike to the encoder, which p is best under each of the two? (Work it out. The answers are
# equal, so neither loss is to blame for grey.)
#
# ### Exercise 3 · Binary cross-entropy, from logits
# *Difficulty ●●○ · importance ●●● · 15 minutes · 3 points*
#
# Computing $p$ first and then $\log p$ breaks: at a logit of −200, $p$ rounds to 0 and the logarithm
# to −∞. Work on the logit instead.
#
# <details><summary>Hint 1: two logarithms</summary>
#
# $\log \mathrm{sigmoid}(a) = -\log(1 + e^{-a})$, and $1 - \mathrm{sigmoid}(a) = \mathrm{sigmoid}(-a)$.
# </details>
# <details><summary>Hint 2: one safe function</summary>
#
# `nn.functional.softplus(a)` is $\log(1 + e^{a})$ without overflow. Put both logarithms in the
# formula and simplify: two terms remain.
# </details>
# <details><summary>Hint 3: or look it up</summary>
#
# PyTorch has this loss, "with logits"; its default reduction is not ours.
# </details>
# <details><summary>Hint 4: the reduction</summary>
#
# Keep the loss of every pixel, sum what belongs to one image, average over the images.
# </details>


# %% nbgrader={"grade_id": "bernoulli_nll", "solution": true}
def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """Binary cross-entropy between images and predicted logits.

    Args:
        logits: any real numbers, shape (N, D) or (N, C, H, W).
        x: pixels in [0, 1], same shape.

    Returns:
        A scalar: the mean over images of the sum over pixels. Finite for logits of ±1000.
    """
    ### BEGIN SOLUTION
    per_pixel = nn.functional.softplus(logits) - x * logits
    return per_pixel.flatten(1).sum(dim=1).mean()
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-bernoulli_nll", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week02

grade(week02.bernoulli_nll, bernoulli_nll)
### END HIDDEN TESTS
assert tests.bernoulli_nll(bernoulli_nll)

# %% [markdown]
# The third belief is for *counts*: photons on a sensor, words in a document. In the dark a pixel that
# should receive 3 photons receives 1, or 6. The noise grows with the signal (the variance of a
# Poisson variable is its mean), which is neither Gaussian with one σ nor a coin flip.

# %% tags=["explore"]
generator = torch.Generator().manual_seed(0)
eight = digits.x_test[digits.y_test == 8][0]
photons = [2, 5, 20, 100]
counts = [torch.poisson(eight * n, generator=generator) / n for n in photons]
plots.image_row(
    [eight, *(c.clamp(max=1) for c in counts)],
    ["the scene", *(f"on average up to\n{n} photons a pixel" for n in photons)],
)

# %% [markdown]
# ### Exercise 4 · The Poisson loss
# *Difficulty ●●○ · importance ●●○ · 10 minutes · 2 points*
#
# For a count $x$ with mean $\lambda = e^{a}$, $p(x) = \lambda^x e^{-\lambda} / x!$. Take minus the
# logarithm and drop the term that does not depend on $a$: it moves no minimum.
#
# <details><summary>Hint 1: what is dropped?</summary>
#
# $\log x!$ stays the same whatever the decoder says.
# </details>
# <details><summary>Hint 2: what is given?</summary>
#
# The *log* of the rate is given, so one of the two terms needs an exponential and the other needs
# nothing.
# </details>


# %% nbgrader={"grade_id": "poisson_nll", "solution": true}
def poisson_nll(log_rate: Tensor, x: Tensor) -> Tensor:
    """Minus the Poisson log-likelihood of counts, without the constant log x!.

    Args:
        log_rate: logarithm of the predicted mean count, shape (N, D).
        x: counts (0, 1, 2, …), same shape.

    Returns:
        A scalar: the mean over images of the sum over pixels.
    """
    ### BEGIN SOLUTION
    per_pixel = log_rate.exp() - x * log_rate
    return per_pixel.flatten(1).sum(dim=1).mean()
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-poisson_nll", "points": 2}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week02

grade(week02.poisson_nll, poisson_nll)
### END HIDDEN TESTS
assert tests.poisson_nll(poisson_nll)

# %% [markdown]
# A well-known figure of this field, which you will redraw below, uses an autoencoder "with tanh
# activation and cross-entropy". Stop there. A tanh lives between −1 and 1, and cross-entropy wants a
# probability: the logarithm of a negative number is not a loss. What is meant is that the output
# $y = \tanh a$ is *read* as the probability $p = (1 + y)/2$ of ink.
#
# ### Exercise 5 · tanh with cross-entropy
# *Difficulty ●●● · importance ●●○ · 15 minutes · 2 points*
#
# <details><summary>Hint 1: a hyperbolic identity</summary>
#
# Write $\tanh a$ with exponentials and simplify $(1 + \tanh a)/2$. You know the function you get.
# </details>
# <details><summary>Hint 2: check yourself at one point</summary>
#
# At $a = 1$, tanh is 0.7616, so $p$ is 0.8808. Which logit has that sigmoid?
# </details>
# <details><summary>Hint 3: no new formula</summary>
#
# Once you know the logit, exercise 3 does the rest, and stays finite.
# </details>


# %% nbgrader={"grade_id": "tanh_cross_entropy", "solution": true}
def tanh_cross_entropy(a: Tensor, x: Tensor) -> Tensor:
    """Cross-entropy of a decoder whose output y = tanh(a) stands for the probability (1 + y) / 2.

    Args:
        a: the decoder's last layer *before* the tanh, shape (N, D).
        x: pixels in [0, 1], same shape.

    Returns:
        A scalar: the mean over images of the sum over pixels. Finite for a = ±1000.
    """
    ### BEGIN SOLUTION
    return bernoulli_nll(2 * a, x)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-tanh_cross_entropy", "points": 2}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week02

grade(week02.tanh_cross_entropy, tanh_cross_entropy)
### END HIDDEN TESTS
assert tests.tanh_cross_entropy(tanh_cross_entropy)

# %% [markdown]
# ## 3 · The training loop
#
# One **epoch** shows every training image once, in a new random order, a batch at a time. For each
# batch: clear the old gradients, compute the loss, compute its gradients, take a step. That is all
# there is; libraries only wrap it.
#
# ### Exercise 6 · One epoch
# *Difficulty ●●○ · importance ●●● · 20 minutes · 4 points*
#
# The loss is the squared error summed over pixels and averaged over the batch. The order is
# `torch.randperm(len(x), generator=generator)`, cut into batches; the last one may be shorter.
#
# <details><summary>Hint 1: batches of indices</summary>
#
# `order.split(batch_size)` gives pieces of the shuffled indices, the last one as short as need be;
# `x[piece]` is the batch.
# </details>
# <details><summary>Hint 2: the four lines</summary>
#
# The optimizer clears gradients with `zero_grad()` and moves with `step()`; the loss computes
# gradients with `backward()`. In which order?
# </details>
# <details><summary>Hint 3: what to return</summary>
#
# A short batch must not count as much as a full one. Add up the error of *images* and divide by
# their number at the very end. `float(loss)` or `loss.item()` keeps the number and frees the graph.
# </details>


# %% nbgrader={"grade_id": "train_epoch", "solution": true}
def train_epoch(
    model: nn.Module,
    x: Tensor,
    optimizer: torch.optim.Optimizer,
    batch_size: int,
    generator: torch.Generator,
) -> float:
    """Train on every image once.

    Args:
        model: maps rows (B, D) to reconstructions (B, D).
        x: training images as rows, shape (N, D).
        optimizer: holds the model's parameters.
        batch_size: images per step.
        generator: source of the random order.

    Train or eval mode is the caller's business and stays as it is.

    Returns:
        The mean over all N images of the squared error per image, as seen during the epoch.
    """
    ### BEGIN SOLUTION
    total = 0.0
    for piece in torch.randperm(len(x), generator=generator).split(batch_size):
        batch = x[piece]
        loss = ((model(batch) - batch) ** 2).sum(dim=1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    return total / len(x)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-train_epoch", "points": 4}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week02

grade(week02.train_epoch, train_epoch)
### END HIDDEN TESTS
assert tests.train_epoch(train_epoch)

# %% [markdown]
# ### Exercise 7 · The error on images it has never seen
# *Difficulty ●●○ · importance ●●● · 15 minutes · 3 points*
#
# Measuring is not training: no gradients, layers such as dropout switched off (`model.eval()`), and
# the model handed back in the mode in which it came.
#
# <details><summary>Hint 1: no gradients</summary>
#
# `with torch.no_grad():` around the loop, or as a decorator.
# </details>
# <details><summary>Hint 2: the mode</summary>
#
# `model.training` is True or False; `model.train(mode)` sets it.
# </details>
# <details><summary>Hint 3: batches of different length</summary>
#
# The same trap as in exercise 6: sum over images, divide once.
# </details>


# %% nbgrader={"grade_id": "reconstruction_error", "solution": true}
def reconstruction_error(model: nn.Module, x: Tensor, batch_size: int = 500) -> float:
    """Measure the mean squared error per image, without training.

    Args:
        model: maps rows (B, D) to reconstructions (B, D); left in the mode it came in.
        x: images as rows, shape (N, D).
        batch_size: images at a time; it must not change the result.

    Returns:
        The mean over all N images of the squared error summed over pixels.
    """
    ### BEGIN SOLUTION
    was_training = model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for batch in x.split(batch_size):
            total += ((model(batch) - batch) ** 2).sum().item()
    model.train(was_training)
    return total / len(x)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-reconstruction_error", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week02

grade(week02.reconstruction_error, reconstruction_error)
### END HIDDEN TESTS
assert tests.reconstruction_error(reconstruction_error)

# %% [markdown]
# Now let it learn. **Predict** first: PCA with 32 axes leaves an error of about 13 per test image.
# What will the autoencoder 784-512-256-32 leave after 16 epochs on the same 5,000 images?

# %% tags=["explore"]
predict(
    "w2-ae-sse", "Mean SSE per test image of the autoencoder with a code of 32?", 0, 30, default=5
)


# %% tags=["explore"]
def learn(model: nn.Module, epochs: int = 16, lr: float = 1e-3) -> training.History:
    """Train with your epoch and measure with your error."""
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    history = training.History()
    with training.RecipeRecorder(model, x_train, optimizer, loss="sse") as recorder:
        for epoch in progress(range(1, epochs + 1), "epochs"):
            history.step.append(epoch)
            history.train_loss.append(train_epoch(model, x_train, optimizer, 64, generator))
            history.val_step.append(epoch)
            history.val_loss.append(reconstruction_error(model, x_test))
    history.recipe = recorder.recipe  # what the loop did, for tables that compare models
    return history


training.seed_everything(2)
autoencoder = Autoencoder([784, 512, 256, 32])
history = learn(autoencoder)
sse = reconstruction_error(autoencoder, x_test)
reveal("w2-ae-sse", sse)


# %% tags=["explore"]
def learning(histories: dict[str, training.History], title: str) -> object:
    """Draw the error per epoch of one or more runs."""
    curves = {}
    for name, h in histories.items():
        curves[f"{name}, training"], curves[f"{name}, test"] = h.train_loss, h.val_loss
    return plots.lines(
        h.step, curves, title=title, x_label="epoch", y_label="mean SSE per image", log_y=True
    )


learning({"autoencoder": history}, "Learning from 5,000 digits")

# %% [markdown]
# **Explain.** At first the test error is the smaller one. Nothing is wrong: the training error is
# averaged *during* the epoch, while the weights still improve, and the test error is measured after it.
# Later the training error keeps falling, the test error slows down and a gap opens: with more than a
# million parameters and 5,000 images, the network starts to remember. More
# images (`AEUTILS_SCALE=full` brings all 60,000) close the gap far better than more epochs. Here the
# test images are only watched; as soon as you *choose* anything by looking at them, set a part of the
# training set aside and choose on that (the callback `training.Validation(x_val, patience=3)` keeps the
# best weights).
#
# ## 4 · Reading reconstructions
#
# The figure everyone draws: the test digits, and below them what each model makes of them. The linear
# autoencoder and the one with tanh and cross-entropy are trained in the next cell with this course's
# `training.fit`: your loop, with AdamW and a learning rate that rises and falls.

# %% tags=["explore"]
from aeutils import losses, models, pca

training.seed_everything(2)
pca32 = pca.PCA(32).fit(x_train)
linear = models.LinearAutoencoder(784, 32)
tanh_model = models.Autoencoder((784, 512, 256, 32), activation=nn.Tanh)
runs = {"linear": (linear, losses.mse), "basic": (tanh_model, losses.tanh_cross_entropy)}


def train(name: str) -> training.History:
    """Train one of the two; return how."""
    model, loss = runs[name]
    settings = {"epochs": 16, "batch_size": 64, "lr": 2e-3, "progress": False}
    return training.fit(model, x_train, loss=loss, **settings)


# A loop over the two, at the same time where two processors are free. The numbers are the same.
how_linear, how_tanh = training.side_by_side(train, runs).values()

with torch.no_grad():
    rebuilt = {
        "test digits": x_test,
        "PCA-32": pca32.reconstruct(x_test),
        "linear\nautoencoder": linear(x_test),
        "basic: tanh,\ncross-entropy": (1 + torch.tanh(tanh_model(x_test))) / 2,
        "yours: GELU,\nsquared error": autoencoder(x_test),
    }
examples = torch.stack([torch.nonzero(digits.y_test == c)[1, 0] for c in range(10)])
plots.reconstruction_grid(
    {name: x[examples] for name, x in rebuilt.items()},
    n=10,
    labels=digits.y_test[examples],
    title="The same ten digits, each from 32 numbers",
)

# %% tags=["explore"]
own_loop = (
    "Yours is the loop of exercise 6, which keeps one rate; `fit` lets the rate rise and fall."
)
training.compare(
    "w2-rows",
    {
        "PCA-32": "closed form, all images",
        "linear autoencoder": how_linear,
        "basic: tanh, cross-entropy": how_tanh,
        "yours: GELU, squared error": history,
    },
    compared=("model", "loss"),
    rate_chosen={
        "linear autoencoder": "by hand, one for both rows of `fit`",
        "basic: tanh, cross-entropy": "by hand, one for both rows of `fit`",
        "yours: GELU, squared error": "Adam's usual 0.001",
    },
    reasons={
        "optimiser": own_loop,
        "learning rate": own_loop,
        "rate chosen": own_loop,
        "parameters": "The linear one has no hidden layer.",
    },
)

# %% [markdown]
# **Explain.** Look for three things, row by row.
#
# 1. **Blur.** Edges are softer than in the original. 32 numbers do not say where every edge pixel
#    is, and under either loss the best answer to "here or one pixel further?" is grey in between.
# 2. **Clean-up.** Gaps close, wobbly strokes straighten, specks vanish. The decoder draws what is
#    common in the training set, so the peculiar is lost first.
# 3. **Change.** Sometimes the clean digit is taken for another digit. The next cell finds candidates:
#    test images that lie nearest to their own class while their reconstruction lies nearest to another
#    one ("near": the majority of the five closest training images).
#
# This is a gallery, not a contest. All networks saw every image 16 times, but the last two rows differ in
# activation, loss *and* optimiser. To learn which of them matters, change one at a time. Week 5 shows two
# such rows that change places with the number of epochs.


# %% tags=["explore"]
predict(
    "w2-changed",
    "How many of the test images have another nearest class after reconstruction, per 1,000?",
    0,
    300,
    default=50,
)


# %% tags=["explore"]
def nearest_class(x: Tensor) -> Tensor:
    """Return the majority class of the five nearest training images, for rows x (N, 784)."""
    nearest = torch.cdist(x, x_train).topk(5, largest=False).indices
    return digits.y_train[nearest].mode(dim=1).values


before, after = nearest_class(x_test), nearest_class(rebuilt["yours: GELU,\nsquared error"])
changed = torch.nonzero((before == digits.y_test) & (after != before)).flatten()
reveal("w2-changed", 1000 * len(changed) / len(x_test))
shown = changed[:10]
plots.reconstruction_grid(
    {"test digits": x_test[shown], "reconstructed": rebuilt["yours: GELU,\nsquared error"][shown]},
    n=len(shown),
    labels=[f"{int(b)} → {int(a)}" for b, a in zip(before[shown], after[shown], strict=True)],
    title="Digits whose nearest class changed",
)

# %% [markdown]
# **Think.** A sloppy five whose foot closes into a loop may come back as a six. Is that a failure of
# the autoencoder, or did it pick up something about fives and sixes that your eye has to argue with?
# How would you tell a change made by the autoencoder from one made by the five-neighbour judge?
#
# ## 5 · Tied weights
#
# A decoder that mirrors the encoder can also *share its weights*: with one layer,
#
# $$ z = \tanh(W x + b) , \qquad \hat x = W^\top z + c . $$
#
# You may read that the decoder's weights are "the inverse" of the encoder's, because the process is
# symmetric. They are not, and cannot be: a 32 × 784 matrix has no inverse. What is shared is the
# **transpose**, it is a choice, and it costs nothing to check what training does without it.
#
# ### Exercise 8 · A tied autoencoder
# *Difficulty ●●○ · importance ●●○ · 15 minutes · 4 points*
#
# <details><summary>Hint 1: three parameters</summary>
#
# One matrix and two bias vectors. Give the matrix small random values (for example
# `torch.randn(k, d) / d**0.5`), the biases zeros, and wrap each in `nn.Parameter`.
# </details>
# <details><summary>Hint 2: rows</summary>
#
# Your images are rows, so $Wx$ becomes `x @ W.T` and the decoder multiplies by `W` itself.
# </details>
# <details><summary>Hint 3: sharing, not copying</summary>
#
# `.data`, `.detach()` and a second `nn.Parameter` break the tie: the decoder must use the very same
# parameter, so that gradients arrive from both of its uses.
# </details>


# %% nbgrader={"grade_id": "tied_autoencoder", "solution": true}
class TiedAutoencoder(nn.Module):
    """One tanh layer down, the transposed weights back up.

    Args:
        d: numbers per image.
        k: numbers per code.
    """

    def __init__(self, d: int, k: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.weight = nn.Parameter(torch.randn(k, d) / d**0.5)
        self.code_bias = nn.Parameter(torch.zeros(k))
        self.image_bias = nn.Parameter(torch.zeros(d))
        ### END SOLUTION

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes tanh(W x + b), shape (N, k), of rows x, shape (N, d)."""
        ### BEGIN SOLUTION
        return torch.tanh(x @ self.weight.T + self.code_bias)
        ### END SOLUTION

    def decode(self, z: Tensor) -> Tensor:
        """Return Wᵀ z + c, shape (N, d), for codes z, shape (N, k)."""
        ### BEGIN SOLUTION
        return z @ self.weight + self.image_bias
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Encode and decode rows x, shape (N, d)."""
        ### BEGIN SOLUTION
        return self.decode(self.encode(x))
        ### END SOLUTION


# %% nbgrader={"grade_id": "test-tied_autoencoder", "points": 4}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week02

grade(week02.tied_autoencoder, TiedAutoencoder)
### END HIDDEN TESTS
assert tests.tied_autoencoder(TiedAutoencoder)

# %% tags=["explore"]
from aeutils import models

training.seed_everything(3)
tied = TiedAutoencoder(784, 32)
untied = nn.Sequential(nn.Linear(784, 32), nn.Tanh(), nn.Linear(32, 784))
pairs = {}
for name, model in {"tied": tied, "untied": untied}.items():
    pairs[name] = learn(model, epochs=8, lr=3e-3)
    print(
        f"{name:<8}{models.count_parameters(model):>8,} parameters   "
        f"test error {pairs[name].val_loss[-1]:.2f}"
    )
learning(pairs, "Sharing the weights between encoder and decoder")

# %% tags=["explore"]
half = "Half the parameters are what tying means."
training.compare(
    "w2-tied",
    pairs,
    compared="model",
    rate_chosen="by hand, one for both",
    reasons={"parameters": half},
)

# %% [markdown]
# **Explain.** Half the parameters, and how much of the quality? Tying is a constraint: it removes
# freedom and so cannot lower the best reachable *training* error, but it also removes ways to
# remember. Which effect wins depends on how much data you have.
#
# Compare both with PCA-32, about 13.6 on the training images. One layer in the decoder is linear, and
# with a linear decoder *no* encoder, however bent, beats PCA on the images it was fitted to (Bourlard
# and Kamp, 1988). The gain of section 3 came from the decoder's depth.
#
# ## 6 · A map of the digits
#
# A code of two numbers can be drawn. It is far too narrow to reconstruct well, and that is the point:
# with only two numbers, what does the network consider worth saying?

# %% tags=["explore"]
predict(
    "w2-map-knn",
    "How many of 100 test digits fall among neighbours of their own class, with 2 numbers?",
    0,
    100,
    default=50,
)

# %% tags=["explore"]
from aeutils.embeddings import knn_accuracy

training.seed_everything(2)
map_model = Autoencoder([784, 256, 128, 2])
how_map = learn(map_model, epochs=12)
with torch.no_grad():
    z_train, z_test = map_model.encode(x_train), map_model.encode(x_test)
pca2 = pca.PCA(2).fit(x_train)
knn_map = knn_accuracy(z_train, digits.y_train, z_test, digits.y_test)
knn_pca = knn_accuracy(pca2.encode(x_train), digits.y_train, pca2.encode(x_test), digits.y_test)
reveal("w2-map-knn", 100 * knn_map, note=f"with the first two PCA axes it is {100 * knn_pca:.0f}")

# %% tags=["explore"]
plots.latent_scatter(z_test, digits.y_test, title="Autoencoder: a code of two numbers")

# %% tags=["explore"]
plots.latent_scatter(pca2.encode(x_test), digits.y_test, title="PCA: the first two axes")

# %% tags=["explore"]
training.compare(
    "w2-map",
    {"PCA-2": "closed form, all images", "autoencoder, a code of two numbers": how_map},
    compared="model",
    rate_chosen="Adam's usual 0.001",
)

# %% [markdown]
# Walk through the map: drag the point (or use the arrow keys), and the decoder draws what it believes
# to be there. Look for the places between two clouds.

# %% tags=["explore"]
widgets.latent_explorer(map_model.decode, z_train, digits.y_train, x_train)

# %% [markdown]
# **Explain.** No label was used, yet digits of a class gather. Do not read distances across the map,
# though: nothing in the loss asked for them to mean anything. Week 6 asks what such pictures can make
# you believe wrongly.
#
# ## Your embedding passport

# %% tags=["explore"]
from aeutils import passport

row = passport.measure(
    lambda x: autoencoder.encode(x.flatten(1)),
    digits,
    name="Autoencoder-32",
    decode=lambda z: autoencoder.decode(z).reshape(-1, 1, 28, 28),
    trained=history,
    rate_chosen="Adam's usual 0.001",
)
pca_row = passport.measure(
    pca32.encode,
    digits,
    name="PCA-32",
    decode=lambda z: pca32.inverse_transform(z).reshape(-1, 1, 28, 28),
    trained="closed form, all images",
)
passport.add_row(row)
passport.show([*passport.baselines(digits), pca_row, row])

# %% [markdown]
# **Think.** The reconstruction error fell by a lot. Did the other columns follow? A code that rebuilds
# better is not automatically a code that *sorts* better, and this course will keep asking which of
# the two you wanted.
#
# Your predictions so far:

# %% tags=["explore"]
calibration()

# %% [markdown]
# ## What you can do now
#
# - Draw encoder, latent space and decoder with the shape on every arrow.
# - Start from "a pixel is …" and end at a loss, for three kinds of pixels, without overflow.
# - Name the usual mistakes of a training loop (old gradients kept, a fixed order, a short batch that
#   counts as a full one, measuring with dropout on) and how each one shows in the numbers.
# - Tell blur, clean-up and change apart in a row of reconstructions.
# - Explain to a friend why the decoder is not the encoder's inverse.
#
# **If you want more.** Train `Autoencoder` with your `bernoulli_nll` (its outputs are then logits) and
# compare the pictures. Replace GELU by ReLU: what
# happens to the error, and to the blur? Run on `"fashion_mnist"`. Read Rumelhart, Hinton and
# Williams (1986) for the first autoencoder, Hinton and Salakhutdinov (2006) for the deep one, Vincent
# et al. (2010) for tied weights, and Charte et al. (2018) for the tanh figure in its original.
