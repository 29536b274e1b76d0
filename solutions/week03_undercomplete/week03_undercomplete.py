# %% [markdown]
# # Week 3 · The undercomplete autoencoder
#
# **The question of this week.** An autoencoder learns something because its code is too small to hold
# the image. How small should it be, what is lost at which size, and does it compress anything?
#
# By the end you can
#
# - draw a rate–distortion curve and choose a width without looking at the test images,
# - say why a wide code may learn nothing at all, and build the network that proves it,
# - build a convolutional autoencoder and a residual block, and get every size right,
# - find blur, clean-up and changed digits in the data with numbers, not only by eye,
# - turn a code into bytes, and compare it with PCA and JPEG at the same error.
#
# | | |
# |---|---|
# | Time | about 3 hours; the notebook itself runs in under a minute |
# | Needs | weeks 1 and 2; what a convolution does |
# | Graded | 8 exercises, 24 points |
#
# **How to work.** As before: predict, run, explain; hints one rung at a time; tests that explain. The
# grader uses other data and also checks what a docstring promises and the test does not try. Every function owes its
# caller this: arguments and global state (seeds, gradient mode, default dtype) stay as they were, results come from the
# arguments alone, whatever their numbers, rows and layout, and losses keep their gradient.

# %%
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from aeutils import data, models, pca, plots, training, widgets
from aeutils.testing import week03 as tests
from aeutils.widgets import calibration, predict, reveal

torch.set_num_threads(1)  # steadier on a busy laptop: two threads often wait for each other
training.seed_everything(3)
digits = data.load("mnist")
x_train, x_test = digits.x_train.flatten(1), digits.x_test.flatten(1)  # (N, 784)
digits

# %% tags=["explore"]
widgets.checklist()

# %% [markdown]
# The whole week in one picture: a wide code copies, a narrow one has to choose.

# %% tags=["explore"]
from aeutils import drawings

drawings.bottleneck()

# %% [markdown]
# ## 1 · How wide should the code be?
#
# The encoder of one layer is
#
# $$ h = f(W x + b), \qquad W \in \mathbb{R}^{K \times D}, \quad b, h \in \mathbb{R}^{K}, $$
#
# and the autoencoder is **undercomplete** if the code is smaller than the image, $K < D$. The same word
# is used for deep encoders: what counts is the narrowest place, wherever it stands. (So last week's
# "vanilla" network was undercomplete too; the names are no opposites.)
#
# The error as a function of the code's size is a **rate–distortion curve**: how much do I pay, how much
# do I lose? The next cell trains the network 784-256-K-256-784 for six widths K and puts PCA beside
# it. All errors are measured on 1,000 *training* images that no model was fitted to. The test images
# stay in their envelope: who chooses K by looking at them has used them up.

# %% tags=["explore"]
predict(
    "w3-pca-wins",
    "From how many code numbers on does PCA beat this autoencoder (4,000 images, 6 epochs)?",
    2,
    784,
    default=400,
)

# %% tags=["explore"]
order = torch.randperm(len(x_train), generator=torch.Generator().manual_seed(0))
x_val, x_fit = x_train[order[:1000]], x_train[order[1000:]]


recipe = {"epochs": 6, "batch_size": 64, "lr": 4e-3, "progress": False}


def new_network(k: int) -> nn.Module:
    """Return 784-256-k-256-784 with first weights from seed 0."""
    training.seed_everything(0)
    return models.Autoencoder((784, 256, k), activation=nn.GELU)


def train(k: int) -> training.History:
    """Train the network of one width; return how."""
    return training.fit(networks[k], x_fit, **recipe)


widths = [2, 8, 16, 32, 64, 128]
networks = {k: new_network(k) for k in widths}
how = training.side_by_side(train, widths)  # a loop, with one network on each free processor
network_errors = [training.reconstruction_error(m, x_val) for m in networks.values()]
axes = pca.PCA(128).fit(x_fit)


def pca_error(k: int) -> float:
    """Return the validation error of the first k axes."""
    z = axes.encode(x_val)
    z[:, k:] = 0
    return float((axes.inverse_transform(z) - x_val).square().sum(1).mean())


pca_errors = [pca_error(k) for k in widths]
training.compare(
    "w3-widths",
    {f"{k} numbers": history for k, history in how.items()}
    | {"PCA, each width": "closed form, the same 4,000 images"},
    compared="parameters",
    rate_chosen="by hand, one for all widths",
)
won = [k for k, a, b in zip(widths, network_errors, pca_errors, strict=True) if b < a]
reveal("w3-pca-wins", won[0], note=f"of the widths tried, PCA has the smaller error at {won}")

# %% tags=["explore"]
plots.lines(
    widths,
    {"autoencoder": network_errors, "PCA": pca_errors},
    title="Bending pays when the code is narrow",
    x_label="numbers in the code, K",
    y_label="SSE per validation image",
    log_x=True,
    log_y=True,
)

# %% tags=["explore"]
widgets.bottleneck_slider(networks, x_val)

# %% [markdown]
# **Explain.** With few numbers the network is ahead; with many, PCA is, by far. A wide linear code is
# nearly enough by itself, has an exact solution, and nothing to forget or to overfit. The network could
# imitate it (a linear map is one of the things it can learn), but in six epochs on 4,000 images it does
# not. The curve of a trained network is not a law of nature: it says what *this* training found.
#
# ### Exercise 1 · The narrowest code that is good enough
# *Difficulty ●●○ · importance ●●● · 20 minutes · 4 points*
#
# Choose the width on images held out from training, fit it once more on all training images, and only
# then open the envelope, once.
#
# <details><summary>Hint 1: the split</summary>
#
# One random order of all rows (`torch.randperm(..., generator=generator)`), cut in two. Make it once,
# before the loop over the widths.
# </details>
# <details><summary>Hint 2: the loop</summary>
#
# Widths come narrowest first. Fit on one part, measure on the other, stop as soon as it is good enough.
# </details>
# <details><summary>Hint 3: the end</summary>
#
# `fit` gives you a function from rows to reconstructions. After the choice call it with *all* training
# images, and measure that model on the test images.
# </details>


# %% nbgrader={"grade_id": "smallest_width", "solution": true}
def smallest_width(
    x_train: Tensor,
    x_test: Tensor,
    widths: list[int],
    target: float,
    n_validation: int,
    generator: torch.Generator,
    fit: Callable[[Tensor, int], Callable[[Tensor], Tensor]],
) -> tuple[int, float]:
    """Choose the narrowest code whose error on held-out training images is small enough.

    Args:
        x_train: training images as rows, shape (N, D).
        x_test: test images as rows, shape (M, D), used once, after the choice.
        widths: code sizes to try, narrowest first.
        target: largest acceptable error: the mean over images of the squared error summed over pixels.
        n_validation: how many training images to hold out, at random.
        generator: source of the random order; drawn from once.
        fit: fit(x, k) returns a model, a function from rows to reconstructions of the same shape.

    Returns:
        The first width whose validation error is at most `target` (the widest if none is), and the test
        error of that width fitted again on all training images.
    """
    ### BEGIN SOLUTION
    order = torch.randperm(len(x_train), generator=generator)
    x_val, x_fit = x_train[order[:n_validation]], x_train[order[n_validation:]]

    def error(model: Callable[[Tensor], Tensor], x: Tensor) -> float:
        with torch.no_grad():
            return float(((model(x) - x) ** 2).sum(dim=1).mean())

    for k in widths:
        if error(fit(x_fit, k), x_val) <= target:
            break
    return k, error(fit(x_train, k), x_test)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-smallest_width", "points": 4}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week03

grade(week03.smallest_width, smallest_width)
### END HIDDEN TESTS
assert tests.smallest_width(smallest_width)

# %% [markdown]
# ## 2 · The identity trap
#
# Why must the code be *smaller*? Because copying is a perfect solution that learns nothing. With a
# linear code of $K = D$ numbers it is obvious ($W$ = identity). "But a ReLU code cannot be negative, and
# the network is non-linear, so it must learn something better." It need not. Give it $K = 2D$:
#
# ### Exercise 2 · A network that copies
# *Difficulty ●●○ · importance ●●○ · 15 minutes · 3 points*
#
# Write down weights of $h = \max(0, Wx + b)$, $\hat x = Vh + c$ with $2D$ code numbers so that
# $\hat x = x$ for **every** $x$, negative or positive, small or huge. No training.
#
# <details><summary>Hint 1: one pixel</summary>
#
# For one number $x$ you have two code numbers. One can hold $x$ when it is positive. What can the other
# hold?
# </details>
# <details><summary>Hint 2: put together</summary>
#
# $x = \max(0, x) - \max(0, -x)$.
# </details>
# <details><summary>Hint 3: matrices</summary>
#
# `torch.eye(d)` is the identity; `torch.cat([a, b])` stacks rows, `torch.cat([a, b], dim=1)` columns.
# </details>


# %% nbgrader={"grade_id": "copy_weights", "solution": true}
def copy_weights(d: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return weights of an autoencoder with a ReLU code that copies every input exactly.

    Args:
        d: numbers per image.

    Returns:
        W of shape (2d, d), b of shape (2d,), V of shape (d, 2d), c of shape (d,), float32, such that
        V max(0, W x + b) + c = x for every x.
    """
    ### BEGIN SOLUTION
    one = torch.eye(d)
    w = torch.cat([one, -one])
    v = torch.cat([one, -one], dim=1)
    return w, torch.zeros(2 * d), v, torch.zeros(d)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-copy_weights", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week03

grade(week03.copy_weights, copy_weights)
### END HIDDEN TESTS
assert tests.copy_weights(copy_weights)

# %% tags=["explore"]
w, b, v, c = copy_weights(784)


def copy(x: Tensor) -> Tensor:
    """Encode into 1,568 numbers, none of them negative, and decode."""
    return torch.relu(x @ w.T + b) @ v.T + c


noise = torch.rand(1000, 784, generator=torch.Generator().manual_seed(1))
shuffled = x_test[:, torch.randperm(784, generator=torch.Generator().manual_seed(2))]
print(f"{'SSE per image':<28}{'digits':>9}{'shuffled pixels':>17}{'noise':>9}")
for name, model in {
    "copy, code of 1,568": copy,
    "PCA, code of 32": pca.PCA(32).fit(x_fit).reconstruct,  # of the images the network had
    "autoencoder, code of 32": networks[32],
}.items():
    errors = [training.reconstruction_error(model, x) for x in (x_test, shuffled, noise)]
    print(f"{name:<28}{errors[0]:>9.1f}{errors[1]:>17.1f}{errors[2]:>9.1f}")

training.compare(
    "w3-copy",
    {
        "copy, code of 1,568": "weights written down",
        "PCA, code of 32": "closed form, 4,000 images",
        "autoencoder, code of 32": how[32],
    },
    compared="model",
    rate_chosen="by hand, one for all widths of section 1",
)

# %% [markdown]
# **Explain.** The copying network has the best error of all, and no idea what a digit is: noise costs it
# nothing. The narrow codes rebuild digits well *because* they rebuild other things badly. A small
# reconstruction error on digits is therefore no proof of a good code; a small error on digits **and** a
# large one on noise says more.
#
# A wide code is a trap, not a verdict. Sparse, denoising and contractive autoencoders (weeks 4 and 5)
# use wide codes and forbid copying in other ways.
#
# And the code must really be the only way through. If the decoder sees anything else of the image (a
# skip connection from an encoder's layer to the decoder's, as in a U-Net), the narrow code next to it is
# decoration.
#
# ## 3 · Convolutions
#
# The networks so far do not know that pixel 300 lies below pixel 272. A convolution does: it looks at
# 3 × 3 neighbours, with the same weights everywhere. With **stride** $s$ it moves $s$ pixels at a time:
#
# | layer | size of the output |
# |---|---|
# | convolution, kernel $k$, stride $s$, padding $p$ | $\lfloor (n + 2p - k)/s \rfloor + 1$ |
# | transposed convolution, output padding $o$ | $(n - 1)s - 2p + k + o$ |
#
# The floor is the trouble: stride 2 makes 7 out of 13 *and* out of 14. On the way back nobody knows
# which it was, so the layer must be told, by `output_padding`.

# %% tags=["explore"]
from aeutils.models import conv

down = [28]
while down[-1] > 4:
    down.append(conv.conv_size(down[-1], kernel=3, stride=2, padding=1))
print("3 × 3, stride 2, padding 1, down:", " → ".join(map(str, down)))
for o in (0, 1):
    up = [7]
    for _ in range(2):
        up.append(conv.conv_transpose_size(up[-1], 3, stride=2, padding=1, output_padding=o))
    print(f"the way back from 7, output_padding={o}:", " → ".join(map(str, up)))

# %% [markdown]
# ### Exercise 3 · A convolutional autoencoder
# *Difficulty ●●○ · importance ●●● · 25 minutes · 4 points*
#
# ```text
# 1×28×28 ─conv─ 16×14×14 ─conv─ 32×7×7 ─linear─ code ─linear─ 32×7×7 ─transposed─ 16×14×14 ─transposed─ 1×28×28
# ```
#
# All kernels 3 × 3, stride 2, padding 1. A GELU between any two layers; none on the code and none on the
# output. No normalisation layers: an image's code must not depend on its neighbours in the batch.
#
# <details><summary>Hint 1: flat</summary>
#
# `nn.Flatten()` turns (N, 32, 7, 7) into (N, 1568); `nn.Unflatten(1, (32, 7, 7))` undoes it.
# </details>
# <details><summary>Hint 2: up</summary>
#
# `nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=...)`: look at the table above.
# </details>
# <details><summary>Hint 3: 13 or 25 pixels?</summary>
#
# Then the output padding is missing. Print the shape after every layer.
# </details>


# %% nbgrader={"grade_id": "conv_autoencoder", "solution": true}
class ConvAutoencoder(nn.Module):
    """Two convolutions and a linear layer down to the code; the mirror image back up.

    Args:
        code_size: numbers per code.
    """

    def __init__(self, code_size: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Flatten(),
            nn.Linear(32 * 7 * 7, code_size),
        )
        self.decoder = nn.Sequential(
            nn.Linear(code_size, 32 * 7 * 7),
            nn.GELU(),
            nn.Unflatten(1, (32, 7, 7)),
            nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1),
            nn.GELU(),
            nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1, output_padding=1),
        )
        ### END SOLUTION

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes, shape (N, code_size), of images x, shape (N, 1, 28, 28)."""
        ### BEGIN SOLUTION
        return self.encoder(x)
        ### END SOLUTION

    def decode(self, z: Tensor) -> Tensor:
        """Return images, shape (N, 1, 28, 28), for codes z, shape (N, code_size)."""
        ### BEGIN SOLUTION
        return self.decoder(z)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Encode and decode images x, shape (N, 1, 28, 28)."""
        ### BEGIN SOLUTION
        return self.decode(self.encode(x))
        ### END SOLUTION


# %% nbgrader={"grade_id": "test-conv_autoencoder", "points": 4}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week03

grade(week03.conv_autoencoder, ConvAutoencoder)
### END HIDDEN TESTS
assert tests.conv_autoencoder(ConvAutoencoder)

# %% [markdown]
# Deep stacks of convolutions were hard to train until He et al. (2016) let each block learn only the
# *difference* to its input,
#
# $$ y = x + F(x). $$
#
# If nothing needs to change, $F = 0$ is easy to learn, and gradients have a free way along $x$.
# (A shortcut *inside* encoder or decoder leaves the bottleneck alone; one *around the code* removes it.)
#
# ### Exercise 4 · A residual block
# *Difficulty ●●○ · importance ●●○ · 15 minutes · 3 points*
#
# <details><summary>Hint 1: same size</summary>
#
# $x$ and $F(x)$ can only be added if height, width and channels agree. Which padding keeps the size
# with 3 × 3 and stride 1?
# </details>
# <details><summary>Hint 2: order</summary>
#
# Inside $F$: convolution, GELU, convolution. Nothing after the sum.
# </details>


# %% nbgrader={"grade_id": "residual_block", "solution": true}
class ResidualBlock(nn.Module):
    """y = x + F(x), with F = convolution, GELU, convolution (3 × 3, stride 1, with biases).

    Args:
        channels: of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Return x + F(x), shape (N, channels, H, W) like x; x itself stays as it was."""
        ### BEGIN SOLUTION
        return x + self.second(nn.functional.gelu(self.first(x)))
        ### END SOLUTION


# %% nbgrader={"grade_id": "test-residual_block", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week03

grade(week03.residual_block, ResidualBlock)
### END HIDDEN TESTS
assert tests.residual_block(ResidualBlock)

# %% [markdown]
# Now three encoders with a code of 32: the fully connected network of section 1, your convolutional
# one, and a small ResNet made of your blocks (`conv.ResNetAutoencoder`: one block at each feature map,
# 8 and 16 channels).
# **Predict** before you run: the fully connected network has more than 400,000 parameters.

# %% tags=["explore"]
predict(
    "w3-conv-sse",
    "SSE per test image of the convolutional autoencoder with 32 numbers (PCA-32: about 13)?",
    0,
    20,
    default=12,
)

# %% tags=["explore"]
connected = new_network(32)
training.seed_everything(0)
conv_model = ConvAutoencoder(32)
training.seed_everything(0)
resnet = conv.ResNetAutoencoder(32, channels=8, block=ResidualBlock)
ways = {
    "fully connected": (connected, x_train),
    "convolutional": (conv_model, digits.x_train),
    "residual": (resnet, digits.x_train),
}
how = training.side_by_side(lambda name: training.fit(*ways[name], **recipe), ways)  # as section 1
pca32 = pca.PCA(32).fit(x_train)

conv_sse = training.reconstruction_error(conv_model, digits.x_test)
reveal("w3-conv-sse", conv_sse)
three = {}
for name, (model, _) in ways.items():
    images = x_test if name == "fully connected" else digits.x_test
    three[name] = training.reconstruction_error(model, images)
    print(
        f"{name:<17}{models.count_parameters(model):>8,} parameters   "
        f"test SSE {three[name]:5.2f}   {how[name].recipe.cpu_seconds:4.0f} s of training"
    )
print(f"{'PCA-32':<17}{33 * 784:>8,} numbers      test SSE "
      f"{training.reconstruction_error(pca32.reconstruct, x_test):5.2f}")  # fmt: skip

# %% tags=["explore"]
training.compare(
    "w3-three",
    how | {"PCA-32": "closed form, all images"},
    compared=("model", "parameters"),
    rate_chosen="by hand, that of section 1 for all",
    reasons={"data": "The same images, as pictures for convolutions and as rows for the others."},
)

# %% tags=["record"]
from aeutils._internal.notebook import record

record("w3-pca-error", training.reconstruction_error(pca32.reconstruct, x_test))
record("w3-three", three)

# %% [markdown]
# **Explain.** A quarter of the parameters and a much smaller error: sharing weights over places is the
# right assumption about images. The residual network gets about as far with fewer parameters still (half
# the channels), but each of its steps takes longer. Two convolutions deep, nothing needs a shortcut yet;
# blocks like yours pay off in networks of dozens of layers.
#
# **Another way to say it.** How many PCA axes are needed for the error of your 32 numbers? That is a
# question for your `smallest_width`, with PCA as `fit`.

# %% tags=["explore"]
predict(
    "w3-axes", "How many PCA axes reach the convolutional network's error?", 32, 256, default=40
)

# %% tags=["explore"]
k, pca_test = smallest_width(
    x_train,
    x_test,
    list(range(40, 100, 5)),
    conv_sse,
    1000,
    torch.Generator().manual_seed(0),
    lambda x, k: pca.PCA(k).fit(x).reconstruct,
)
reveal(
    "w3-axes", k, note=f"PCA-{k}: {pca_test:.2f} on the test images; your network: {conv_sse:.2f}"
)

# %% [markdown]
# ## 4 · What 32 numbers leave out
#
# Look at the rows first, then at the numbers below.

# %% tags=["explore"]
with torch.no_grad():
    rebuilt = {
        "test digits": x_test,
        "PCA-32": pca32.reconstruct(x_test),
        "convolutional": conv_model(digits.x_test).flatten(1),
    }
# a control: the digits themselves, each pixel averaged with its eight neighbours, no code at all
blurred = nn.functional.avg_pool2d(digits.x_test, 3, stride=1, padding=1).flatten(1)
examples = torch.stack([torch.nonzero(digits.y_test == c)[3, 0] for c in range(10)])
plots.reconstruction_grid(
    {name: x[examples] for name, x in rebuilt.items()},
    n=10,
    labels=digits.y_test[examples],
    title="Ten digits, each from 32 numbers",
)

# %% [markdown]
# Three things are said of such rows: they are **blurred**, they are **cleaned up**, and sometimes a
# five **becomes a six**. Measure each.
#
# - *Blur*: the share of pixels that are clearly grey, between 0.1 and 0.5. (An edge drawn sharply has
#   few of them.)
# - *Clean-up*: the distance to the nearest of the training images. What is peculiar to one writer is
#   far from everybody; a cleaned digit lies closer. But so may any blurred digit. Hence a control: the
#   test digits, merely blurred.
# - *Change*: the class of its nearest training images. One judge can err, so take two that work
#   differently: the **five nearest neighbours**, and the **class whose own 20 PCA axes** rebuild the
#   digit best. A change counts if both agree before (with the label) and both agree after.

# %% tags=["explore"]
predict(
    "w3-changed",
    "Of 1,000 test digits, how many change their class for both judges (code of 32, convolutional)?",
    0,
    100,
    default=25,
)


# %% tags=["explore"]
def neighbour_class(x: Tensor) -> Tensor:
    """Return the majority class of the five nearest training images, for rows x (N, 784)."""
    nearest = torch.cdist(x, x_train).topk(5, largest=False).indices
    return digits.y_train[nearest].mode(dim=1).values


experts = [pca.PCA(20).fit(x_train[digits.y_train == c]) for c in range(10)]


def subspace_class(x: Tensor) -> Tensor:
    """Return the class whose own PCA rebuilds each of the rows x (N, 784) best."""
    errors = [(e.reconstruct(x) - x).square().sum(1) for e in experts]
    return torch.stack(errors).argmin(0)


shown_rows = rebuilt | {"only blurred": blurred}
judged = {name: (neighbour_class(x), subspace_class(x)) for name, x in shown_rows.items()}
by_neighbours, by_subspace = judged["test digits"]
agreed = (by_neighbours == digits.y_test) & (by_subspace == digits.y_test)
print(f"both judges agree with the label for {int(agreed.sum())} of {len(x_test)} test digits\n")
print(f"{'':<15}{'grey pixels':>12}{'nearest training image':>24}{'changed: 5-NN':>15}{'both':>6}")
changed, verdicts = {}, {}
for name, x in shown_rows.items():
    a, b = judged[name]
    changed[name] = torch.nonzero(agreed & (a == b) & (a != digits.y_test)).flatten()
    one_judge = int(((by_neighbours == digits.y_test) & (a != digits.y_test)).sum())
    grey = 100 * float(((x > 0.1) & (x < 0.5)).float().mean())
    near = float(torch.cdist(x, x_train).amin(dim=1).mean())
    verdicts[name] = (grey, near, one_judge, len(changed[name]))
    print(f"{name:<15}{grey:>10.1f} %{near:>24.2f}{one_judge:>15}{len(changed[name]):>6}")
reveal("w3-changed", 1000 * len(changed["convolutional"]) / len(x_test))

# %% tags=["record"]
columns = ("grey", "nearest", "one judge", "both")
record("w3-judge", {name: dict(zip(columns, v, strict=True)) for name, v in verdicts.items()})

# %% tags=["explore"]
candidates = [(name, int(i)) for name in ("convolutional", "PCA-32") for i in changed[name]][:10]
shown = torch.tensor([i for _, i in candidates])
plots.reconstruction_grid(
    {
        "test digits": x_test[shown],
        "rebuilt": torch.stack([rebuilt[name][i] for name, i in candidates]),
    },
    n=len(candidates),
    labels=[
        f"{int(digits.y_test[i])} → {int(judged[name][0][i])}\n{'PCA' if name == 'PCA-32' else 'conv'}"
        for name, i in candidates
    ],
    title="Digits that changed their class for both judges",
)

# %% [markdown]
# **Explain.** One judge alone sees changes everywhere, and about as many in digits that were *merely
# blurred*: what week 2 counted was mostly the judge, for digits close to a border. Where two judges agree,
# a handful in a thousand is left, for either code, and none for blur alone. Look at them: strokes that
# faded, a loop that filled. Nobody in the network thinks of classes. A squared error is smallest at the
# mean of all images that share a code, and where two kinds of digits share one, the mean may fall on the
# wrong side.
#
# The control warns about the second column as well: blur alone brings digits closer to the training
# images. A smaller distance is no proof of clean-up.
#
# **Think.** Widen the code to 64: what do you expect of each of the three columns? Try it.
#
# ## 5 · Compression, counted in bits
#
# "784 pixels become 32 numbers: compression factor 24.5." A number is not a unit of storage.
#
# ### Exercise 5 · The compression factor
# *Difficulty ●○○ · importance ●●○ · 5 minutes · 2 points*
#
# <details><summary>Hint 1: a shape</summary>
#
# `math.prod((3, 32, 32))` multiplies all sizes.
# </details>
# <details><summary>Hint 2: which way round?</summary>
#
# A factor above 1 means that something was saved.
# </details>


# %% nbgrader={"grade_id": "compression_factor", "solution": true}
def compression_factor(
    image_shape: tuple[int, ...], code_size: int, pixel_bits: int = 8, code_bits: int = 32
) -> float:
    """How many times smaller the code is than the image, both in bits.

    Args:
        image_shape: (C, H, W) or (H, W).
        code_size: numbers per code.
        pixel_bits: bits of each of the image's C·H·W values.
        code_bits: bits of each number of the code.

    Returns:
        Bits of the image divided by bits of the code: above 1 if something was saved.
    """
    ### BEGIN SOLUTION
    return math.prod(image_shape) * pixel_bits / (code_size * code_bits)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-compression_factor", "points": 2}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week03

grade(week03.compression_factor, compression_factor)
### END HIDDEN TESTS
assert tests.compression_factor(compression_factor)

# %% tags=["explore"]
print(f"counting numbers:              {compression_factor((1, 28, 28), 32, 1, 1):.3f}")
print(f"bytes against 32-bit floats:   {compression_factor((1, 28, 28), 32):.3f}")

# %% [markdown]
# 32-bit floats are a waste: nobody sees the 20th digit of a code number. Round each to a multiple of a
# **step** $\Delta$ and keep the whole number
#
# $$ q = \mathrm{round}(z / \Delta), \qquad \hat z = q\,\Delta, \qquad |z - \hat z| \le \Delta/2 . $$
#
# ### Exercise 6 · Quantise
# *Difficulty ●○○ · importance ●●● · 10 minutes · 2 points*
#
# <details><summary>Hint 1: to the nearest</summary>
#
# `.long()` and `int()` cut towards zero, `.floor()` goes down: both make errors of up to a whole step.
# Round first, then change the type.
# </details>
# <details><summary>Hint 2: one step per number</summary>
#
# A tensor `step` of shape (K,) works by broadcasting, if you only multiply and divide.
# </details>


# %% nbgrader={"grade_id": "quantise", "solution": true}
def quantise(z: Tensor, step: float | Tensor) -> Tensor:
    """Return the nearest multiple of the step, counted in steps.

    Args:
        z: codes, shape (N, K).
        step: above 0; one number, or one for each of the K columns.

    Returns:
        Whole numbers (dtype int64), shape (N, K).
    """
    ### BEGIN SOLUTION
    return (z / step).round().long()
    ### END SOLUTION


def dequantise(symbols: Tensor, step: float | Tensor) -> Tensor:
    """Return the code numbers, shape (N, K), that whole numbers of steps stand for."""
    ### BEGIN SOLUTION
    return symbols * step
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-quantise", "points": 2}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week03

grade(week03.quantise, quantise, dequantise)
### END HIDDEN TESTS
assert tests.quantise(quantise, dequantise)

# %% [markdown]
# How many bits does a whole number need? Frequent ones should get short code words. Shannon (1948): the
# best possible length for a symbol of probability $p$ is $-\log_2 p$ bits, on average
#
# $$ H = -\sum_s p_s \log_2 p_s , \qquad 0 \log_2 0 = 0 . $$
#
# ### Exercise 7 · Entropy in bits
# *Difficulty ●○○ · importance ●●● · 10 minutes · 2 points*
#
# <details><summary>Hint 1: from counts to probabilities</summary>
#
# Divide by the total.
# </details>
# <details><summary>Hint 2: the zero</summary>
#
# `0 * torch.log2(0)` is NaN. Leave symbols that never came out of the sum; do not add an epsilon.
# </details>


# %% nbgrader={"grade_id": "entropy", "solution": true}
def entropy(counts: Tensor) -> float:
    """Return the entropy of counted symbols.

    Args:
        counts: how often each symbol came, shape (R,); some may be 0, not all.

    Returns:
        Bits per symbol.
    """
    ### BEGIN SOLUTION
    p = counts[counts > 0] / counts.sum()
    return float(-(p * p.log2()).sum())
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-entropy", "points": 2}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week03

grade(week03.entropy, entropy)
### END HIDDEN TESTS
assert tests.entropy(entropy)

# %% tags=["explore"]
with torch.no_grad():
    z_train, z_test = conv_model.encode(digits.x_train), conv_model.encode(digits.x_test)
for step in (4.0, 1.0, 0.25):
    symbols = quantise(z_train, step)
    columns = [entropy(torch.bincount(s - s.min())) for s in symbols.T]
    error = (dequantise(symbols, step) - z_train).square().mean()
    print(
        f"step {step:<5g}{sum(columns):>6.1f} bits per image   mean square of the rounding error "
        f"{error:.4f}   step²/12 = {step**2 / 12:.4f}"
    )

# %% [markdown]
# Each halving of a small step costs about one bit more per number, and a quarter of the rounding error
# is left. (Compare the last two rows: two halvings of 32 numbers.)
#
# Those entropies were counted on the very codes they describe. A sender and a receiver must agree on the
# probabilities *before* the first digit is sent. So learn them from training codes, one table for each of
# the K columns, and measure the length of *other* codes.
#
# ### Exercise 8 · Bits per pixel
# *Difficulty ●●● · importance ●●● · 25 minutes · 4 points*
#
# For each column $d$: let the symbols of the training codes run from $a$ to $b$. Each whole number in
# $a \dots b$ gets the probability $(\text{its count} + 1)\,/\,(N + b - a + 1)$: one is added, so that a
# number that happened not to come can still be written. A symbol outside $a \dots b$ is moved to the
# nearer end first. The length of a code is the sum of $-\log_2 p$ over its columns.
#
# <details><summary>Hint 1: counts of a column</summary>
#
# `torch.bincount(column - a)` counts from 0 to the largest; its length is $b - a + 1$.
# </details>
# <details><summary>Hint 2: look up</summary>
#
# `p[other - a]` gives the probability of each symbol of another column, once clamped to $a \dots b$.
# </details>
# <details><summary>Hint 3: what is averaged</summary>
#
# Sum over columns, mean over images, divide by the pixels of one image.
# </details>


# %% nbgrader={"grade_id": "bits_per_pixel", "solution": true}
def bits_per_pixel(train_symbols: Tensor, symbols: Tensor, n_pixels: int) -> float:
    """Return the mean code length of images, by probabilities learned from training images.

    Args:
        train_symbols: whole numbers, shape (N, K), from which the probabilities are learned.
        symbols: whole numbers, shape (M, K), whose length is measured.
        n_pixels: pixels of one image.

    Returns:
        Bits per pixel: the mean over the M images of the code length, divided by `n_pixels`.
    """
    ### BEGIN SOLUTION
    total = 0.0
    for column, other in zip(train_symbols.T, symbols.T, strict=True):
        a, b = int(column.min()), int(column.max())
        counts = torch.bincount(column - a) + 1.0
        p = counts / counts.sum()
        total -= float(p.log2()[other.clamp(a, b) - a].mean())
    return total / n_pixels
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-bits_per_pixel", "points": 4}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week03

grade(week03.bits_per_pixel, bits_per_pixel)
### END HIDDEN TESTS
assert tests.bits_per_pixel(bits_per_pixel)

# %% [markdown]
# Now everything is in place: for a row of steps, quantise the codes, count bits, decode, measure the
# error. PCA is treated in the same way, with one step for its first 300 axes: axes narrower than the step
# round to 0 and cost almost nothing. JPEG (`aeutils.compression.jpeg`) is counted twice: whole files, and the
# image-dependent part alone, as if its tables and headers were agreed upon.
#
# The steps of the autoencoder differ from column to column: a column that moves the image more is
# rounded more finely (`compression.sensitivity`).

# %% tags=["explore"]
predict(
    "w3-bits",
    "At an SSE of 10, PCA needs about 100 bits per image. The autoencoder of 32 numbers?",
    10,
    300,
    unit="bits",
    default=100,
)

# %% tags=["explore"]
from aeutils import compression
from aeutils.compression import jpeg

with torch.no_grad():
    scale = 1 / compression.sensitivity(conv_model.decode, z_train[:500])
pca300 = pca.PCA(300).fit(x_train)
coders = {
    "autoencoder": (z_train, z_test, scale, conv_model.decode),
    "PCA": (pca300.encode(x_train), pca300.encode(x_test), 1.0, pca300.inverse_transform),
}
steps = [0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0]
rates, errors = {}, {}
for name, (fit_on, coded, unit, decode) in coders.items():
    rates[name], errors[name] = [], []
    for step in steps:
        s_train, s_test = quantise(fit_on, step * unit), quantise(coded, step * unit)
        s_test = compression.SymbolModel(s_train).clip(s_test)  # what the receiver gets
        with torch.no_grad():
            x_hat = decode(dequantise(s_test, step * unit)).flatten(1).clamp(0, 1)
        rates[name].append(bits_per_pixel(s_train, s_test, 784))
        errors[name].append(float((x_hat - x_test).square().sum(1).mean()))
for name in ("JPEG without header", "JPEG, whole file"):
    rates[name], errors[name] = [], []
for quality in (1, 10, 20, 40, 60, 80, 90):
    result = jpeg(digits.x_test, quality)
    error = float((result.images - digits.x_test).square().flatten(1).sum(1).mean())
    for name, rate in (
        ("JPEG without header", result.scan),
        ("JPEG, whole file", result.whole_file),
    ):
        rates[name].append(rate)
        errors[name].append(error)

ten = {name: compression.rate_at_error(rates[name], errors[name], 10.0) for name in coders}
reveal("w3-bits", 784 * ten["autoencoder"], note=f"PCA: {784 * ten['PCA']:.0f} bits")

# %% tags=["record"]
record("w3-bits-at-10", ten)
record("w3-factor-of-8-bits", 8 / ten["autoencoder"])

# %% tags=["explore"]
grid = [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 7.5, 8.0, 9.0, 10.0]
needed = {
    name: [compression.rate_at_error(rates[name], errors[name], e) for e in grid] for name in rates
}
plots.lines(
    grid,
    {
        name: [r if math.isfinite(r) else math.nan for r in values]
        for name, values in needed.items()
    },
    title="Bits for a given error: the autoencoder is shortest, where it can go at all",
    x_label="SSE per test image (clamped to [0, 1])",
    y_label="bits per pixel",
    log_y=True,
)

# %% tags=["explore"]
print(f"{'bits per pixel at SSE':<24}" + "".join(f"{e:>9g}" for e in (4, 6, 8, 10)))
for name in rates:
    found = [needed[name][grid.index(e)] for e in (4.0, 6.0, 8.0, 10.0)]
    print(f"{name:<24}" + "".join(f"{r:>9.3f}" if math.isfinite(r) else f"{'—':>9}" for r in found))
print(f"the autoencoder's error without any rounding: {min(errors['autoencoder']):.2f} or less")

# %% tags=["explore"]
training.compare(
    "w3-bits",
    {
        "autoencoder": how["convolutional"],
        "PCA": "closed form, all images, 300 axes",
        "JPEG": "a standard, fitted to nothing",
    },
    compared="model",
    rate_chosen="by hand, that of section 1",
)

# %% [markdown]
# Are those lengths real? An arithmetic coder (`aeutils.compression.arithmetic_coder`, 100 lines) writes the bytes and reads
# them back; zlib and lzma, which know nothing of codes, are the cross-check.

# %% tags=["explore"]
import lzma
import zlib

from aeutils.compression import arithmetic_coder

s_train, s_test = quantise(z_train, 1.0 * scale), quantise(z_test, 1.0 * scale)
table = compression.SymbolModel(s_train)
s_test = table.clip(s_test)
message = arithmetic_coder.encode(s_test, table)
assert torch.equal(arithmetic_coder.decode(message, len(s_test), table), s_test)
raw = s_test.T.to(torch.int8).contiguous().numpy().tobytes()
for name, size in {
    "your ideal length": bits_per_pixel(s_train, s_test, 784) * 784 * len(x_test) / 8,
    "arithmetic coder": len(message),
    "lzma": len(lzma.compress(raw)),
    "zlib": len(zlib.compress(raw, 9)),
    "one byte a number": len(raw),
}.items():
    print(f"{name:<20}{size:>9,.0f} bytes for {len(x_test):,} digits")

# %% [markdown]
# **When the autoencoder loses.** Three ways; the first is in the figure above.

# %% tags=["explore"]
fashion = data.load("fashion_mnist")
with torch.no_grad():
    strange = conv_model(fashion.x_test).clamp(0, 1)


def sse(x_hat: Tensor) -> float:
    """Return the mean squared error of the clothes, clamped."""
    return float(
        (x_hat.clamp(0, 1).reshape(-1, 784) - fashion.x_test.flatten(1)).square().sum(1).mean()
    )


photo = jpeg(fashion.x_test, 10)
print("1. small errors:  below its own floor no number of bits helps; PCA and JPEG go on")
print(f"2. other images:  on clothes the autoencoder has an SSE of {sse(strange):.0f}, unrounded;")
print(
    f"                  PCA-300 of the digits {sse(pca300.reconstruct(fashion.x_test)):.0f}, unrounded;"
)
print(
    f"                  JPEG {sse(photo.images):.0f} with {photo.scan:.2f} bits per pixel and a header"
)
weights = 32 * models.count_parameters(conv_model)
plain = compression.rate_at_error(rates["JPEG without header"], errors["JPEG without header"], 10.0)
saved = 784 * (plain - ten["autoencoder"])
print(
    f"3. few images:    its weights are {weights:,} bits (PCA-300: {32 * 301 * 784:,}); JPEG has none."
)
print(f"                  They are paid back after {weights / saved:,.0f} images at an SSE of 10")
plots.reconstruction_grid(
    {"clothes": fashion.x_test[:10], "by the digits'\nautoencoder": strange[:10]},
    title="A code for digits draws clothes as well as it can with strokes",
)

# %% tags=["record"]
record("w3-clothes", {"autoencoder": sse(strange), "JPEG": sse(photo.images)})
record("w3-paid-back", weights / saved)

# %% [markdown]
# **Explain.** A trained code is short because sender and receiver share a model of *digits*. Send
# something else, ask for more detail than the bottleneck lets through, or count the model as part of the
# first message, and the plain methods win. JPEG knows nothing about digits, and its few hundred bytes of
# header alone are more than a whole digit costs here. (Its blocks of 8 × 8 are made for photographs of
# a thousand times the size: this is a fair comparison of codes for *these* images, not of codecs.)
#
# ## Your embedding passport

# %% tags=["explore"]
from aeutils import passport

row = passport.measure(
    conv_model.encode,
    digits,
    name="Convolutional-32",
    decode=conv_model.decode,
    trained=how["convolutional"],
    rate_chosen="by hand, that of section 1",
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
# **Think.** The error fell by two fifths against PCA-32. Did the neighbours get better? Which number would
# you quote to someone who wants to *search* digits, and which to someone who wants to *store* them?
#
# Your predictions so far:

# %% tags=["explore"]
calibration()

# %% [markdown]
# ## What you can do now
#
# - Draw a rate–distortion curve, and choose a width with the test images still in their envelope.
# - Write down a network that copies, and say what keeps a given autoencoder from being one.
# - Get 28 → 14 → 7 → 14 → 28 right, and say what output padding decides.
# - Show blur, clean-up and change in numbers, with two judges.
# - Go from a code to bytes, and say what "compression factor 24.5" leaves out.
#
# **If you want more.** Make the code 64 wide: does the floor of the rate–distortion curve move? Give
# `smallest_width` a function that trains an autoencoder. Train with noise of one step added to the code (as Ballé et
# al. do) and draw the curve again. Read Hinton and Salakhutdinov (2006), Masci et al. (2011) for
# convolutional autoencoders, He et al. (2016) for residual blocks, and Ballé, Laparra and Simoncelli (2017)
# for learned compression done thoroughly.
