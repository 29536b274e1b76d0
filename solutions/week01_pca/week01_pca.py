# %% [markdown]
# # Week 1 · PCA and linear autoencoders
#
# **The question of this week.** A handwritten digit is stored as 784 numbers. How few numbers can
# you keep and still get the digit back, if the only tool you allow yourself is a straight line?
#
# By the end you can
#
# - compute the principal axes of a data set with one singular value decomposition,
# - turn an image into a short *code* and the code back into an image,
# - say how good a reconstruction is, in a unit that compares across methods and papers,
# - build a linear autoencoder, train it, and show that it finds the same subspace as PCA,
# - point at what no straight line can do, which is why the other weeks exist.
#
# | | |
# |---|---|
# | Time | about 2 hours; the notebook itself runs in well under a minute |
# | Needs | matrix products, what a gradient is, a little PyTorch |
# | Graded | 7 exercises, 24 points; everything else is for you |
#
# **How to work.** Before each big figure you commit a *prediction*: a wrong guess you can explain
# teaches more than a right answer you read. Each exercise has a signature, a docstring with shapes,
# a ladder of hints (open one rung at a time) and a test that explains what is wrong. Run the test as
# often as you like; the grader uses other data and also checks what the docstring promises and the
# test does not try. Every function owes its caller this: arguments and global state (seeds, gradient
# mode, default dtype) stay as they were, results come from the arguments alone, whatever their
# numbers, rows and layout, and losses keep their gradient.

# %%
import torch
from torch import Tensor, nn

from aeutils import data, plots, training, widgets
from aeutils.testing import week01 as tests
from aeutils.widgets import predict, reveal

torch.set_num_threads(1)  # steadier on a busy laptop: two threads often wait for each other
training.seed_everything(1)
digits = data.load("mnist")  # 5,000 + 1,000 real digits; AEUTILS_SCALE=full takes all 70,000
x_train, x_test = digits.x_train.flatten(1), digits.x_test.flatten(1)  # (N, 784)
digits

# %% tags=["explore"]
widgets.checklist()

# %% [markdown]
# The whole week in one picture: a cloud of points, its longest direction, and what is lost on the way to it.

# %% tags=["explore"]
from aeutils import drawings

drawings.linear_map()

# %% [markdown]
# ## 1 · A digit is a point
#
# Write the 28 × 28 pixels of an image one after the other and you have a point with 784 coordinates,
# each between 0 (paper) and 1 (ink). A whole data set is a cloud of such points: the matrix `x` of
# shape (N, 784), one image a row.
#
# A cloud has a centre of gravity. For digits it is an image as well: the average digit. Everything
# that follows describes how images differ *from that average*, so the first step is to move the
# centre of the cloud to the origin.

# %% tags=["explore"]
plots.image_row(
    [*digits.x_train[:9], digits.x_train.mean(dim=0)],
    [*(f"a {int(y)}" for y in digits.y_train[:9]), "the average"],
)

# %% [markdown]
# ### Exercise 1 · Centre the cloud
# *Difficulty ●○○ · importance ●●● · 5 minutes · 3 points*
#
# <details><summary>Hint 1: which mean?</summary>
#
# One mean per *pixel*, taken over all images. For a data set of shape (N, 784) that is 784 numbers.
# </details>
# <details><summary>Hint 2: which dimension?</summary>
#
# `dim` names the dimension that disappears. Images are counted along dimension 0.
# </details>
# <details><summary>Hint 3: the argument</summary>
#
# `x -= something` writes into the caller's tensor. Make a new tensor instead.
# </details>


# %% nbgrader={"grade_id": "center", "solution": true}
def center(x: Tensor) -> tuple[Tensor, Tensor]:
    """Move the centre of a data set to the origin.

    Args:
        x: images as rows, shape (N, D). Left unchanged.

    Returns:
        The centred rows, shape (N, D), and the mean image, shape (D,).
    """
    ### BEGIN SOLUTION
    mean = x.mean(dim=0)
    return x - mean, mean
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-center", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week01

grade(week01.center, center)
### END HIDDEN TESTS
assert tests.center(center)

# %% [markdown]
# ## 2 · The directions in which digits differ
#
# Look for the direction (a unit vector $v_1$ with 784 entries) along which the centred cloud is
# widest, that is, the one with the largest variance of the coordinates $x v_1$. Then the widest
# direction at right angles to it, and so on. These are the **principal axes**.
#
# One singular value decomposition of the centred matrix gives all of them at once:
#
# $$ X_c = U\,\mathrm{diag}(s)\,V^\top ,\qquad \text{axis } i = \text{row } i \text{ of } V^\top ,\qquad
#    \text{variance along it} = \frac{s_i^2}{N-1} . $$
#
# The rows of $V^\top$ have length 1 and are at right angles to each other, and the $s_i$ come sorted
# from large to small. Why $N-1$? One degree of freedom was spent on the mean. (For 5,000 images the
# difference is 0.02 %; the grader uses few rows and will notice.)
#
# An axis has no sign: $v$ and $-v$ span the same line, and different computers may return either.
# The tests accept both.
#
# ### Exercise 2 · Principal axes
# *Difficulty ●●○ · importance ●●● · 15 minutes · 4 points*
#
# <details><summary>Hint 1: the function</summary>
#
# `torch.linalg.svd` returns three tensors, in the order U, s, Vᵀ. The third is already transposed.
# </details>
# <details><summary>Hint 2: the size</summary>
#
# With `full_matrices=False` the third one has min(N, D) rows instead of D: the same axes, less work.
# </details>
# <details><summary>Hint 3: rows or columns?</summary>
#
# Print the shape of the third tensor for a small data set with N ≠ D. Which of its two dimensions
# counts axes, and which counts pixels? Keep the first k of the former.
# </details>


# %% nbgrader={"grade_id": "principal_axes", "solution": true}
def principal_axes(centered: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Find the k orthogonal directions of largest variance.

    Args:
        centered: centred images as rows, shape (N, D).
        k: how many axes, at most min(N, D).

    Returns:
        The axes as rows of length 1, shape (k, D), and the variance along each, shape (k,),
        both sorted from the largest variance to the smallest. The sign of an axis is free.
    """
    ### BEGIN SOLUTION
    _, s, vt = torch.linalg.svd(centered, full_matrices=False)
    return vt[:k], s[:k] ** 2 / (len(centered) - 1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-principal_axes", "points": 4}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week01

grade(week01.principal_axes, principal_axes)
### END HIDDEN TESTS
assert tests.principal_axes(principal_axes)

# %% [markdown]
# An axis lives in the same space as the images, so you can look at it. Red and blue are opposite
# signs: adding some of an axis to the average darkens one set of pixels and lightens the other.
#
# **Think.** The first axis looks like a ring on one side and a stroke on the other. Which digits does
# it tell apart? Can you name what the second one measures?

# %% tags=["explore"]
centered, mean = center(x_train)
axes, variances = principal_axes(centered, 128)
plots.eigen_digits(axes, mean=mean, n=16, variances=variances)

# %% [markdown]
# ## 3 · How many axes are enough?
#
# Each axis holds a share of the total variance. Adding the shares up from the first axis on tells
# how much of what makes images differ survives if you keep k axes.
#
# ### Exercise 3 · Components needed
# *Difficulty ●●○ · importance ●●○ · 10 minutes · 3 points*
#
# <details><summary>Hint 1: from variances to shares</summary>
#
# Divide by the total of *all* the variances given.
# </details>
# <details><summary>Hint 2: adding up</summary>
#
# `torch.cumsum` turns shares into "share held by the first 1, 2, 3, … axes".
# </details>
# <details><summary>Hint 3: counting</summary>
#
# Count how many of those running totals are still *below* the wanted share. One more is enough.
# What should happen at share 1.0, where rounding may leave the last total at 0.9999999?
# </details>


# %% nbgrader={"grade_id": "components_needed", "solution": true}
def components_needed(variances: Tensor, share: float) -> int:
    """Count the axes needed to hold a share of the total variance.

    Args:
        variances: variance along every axis, sorted from large to small, shape (K,).
        share: wanted share of their total, between 0 and 1.

    Returns:
        The smallest k such that the first k variances add up to at least `share` of the total;
        never more than K.
    """
    ### BEGIN SOLUTION
    held = torch.cumsum(variances.double(), dim=0) / variances.double().sum()
    return min(int((held < share).sum()) + 1, len(variances))
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-components_needed", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week01

grade(week01.components_needed, components_needed)
### END HIDDEN TESTS
assert tests.components_needed(components_needed)

# %% [markdown]
# **Predict.** An image has 784 pixels. How many principal axes does it take to hold 95 % of the
# variance of all digits? Commit a number, then run the next cell.

# %% tags=["explore"]
predict("w1-axes-95", "How many of the 784 axes hold 95 % of the variance?", 1, 784, default=400)

# %% tags=["explore"]
all_variances = principal_axes(centered, min(centered.shape))[1]
reveal("w1-axes-95", components_needed(all_variances, 0.95))

# %% tags=["explore"]
plots.scree(all_variances / all_variances.sum(), marks=(0.80, 0.95))

# %% [markdown]
# **Explain.** The last few hundred axes hold next to nothing. Which pixels of a digit image never
# change at all? (Look at the corners.) Variance is not meaning, though: nothing here knows that two
# images show the same digit, and a rare but important stroke may hide on a small axis.
#
# ## 4 · Encode and decode
#
# Keep k axes as the rows of a matrix $A$ of shape (k, 784). Then
#
# $$ \text{encode: } z = (x - \mu)\,A^\top \qquad\qquad \text{decode: } \hat x = \mu + z A . $$
#
# $z$ is the **code** (k numbers) and $\hat x$ the **reconstruction**. This pair is already an
# autoencoder; it just was not trained by gradient descent.
#
# New images are centred with the mean of the *training* images. Their own mean would be another
# origin, and for a single image it would be the image itself.
#
# ### Exercise 4 · Project and reconstruct
# *Difficulty ●○○ · importance ●●● · 10 minutes · 4 points*
#
# <details><summary>Hint 1: shapes</summary>
#
# (N, D) times what gives (N, k)? And (N, k) times what gives (N, D)?
# </details>
# <details><summary>Hint 2: the mean</summary>
#
# It is taken off once on the way in and put back once on the way out. Use the `mean` you are given.
# </details>


# %% nbgrader={"grade_id": "project", "solution": true}
def project(x: Tensor, mean: Tensor, axes: Tensor) -> Tensor:
    """Encode images as coordinates along the axes.

    Args:
        x: images as rows, shape (N, D), not centred.
        mean: mean image of the training data, shape (D,).
        axes: orthonormal axes as rows, shape (k, D).

    Returns:
        The codes z, shape (N, k).
    """
    ### BEGIN SOLUTION
    return (x - mean) @ axes.T
    ### END SOLUTION


def reconstruct(z: Tensor, mean: Tensor, axes: Tensor) -> Tensor:
    """Decode coordinates along the axes into images.

    Args:
        z: codes, shape (N, k).
        mean: mean image of the training data, shape (D,).
        axes: orthonormal axes as rows, shape (k, D).

    Returns:
        The reconstructions, shape (N, D).
    """
    ### BEGIN SOLUTION
    return mean + z @ axes
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-project", "points": 4}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week01

grade(week01.project, project, reconstruct)
### END HIDDEN TESTS
assert tests.project(project, reconstruct)

# %% [markdown]
# ## 5 · How wrong is a reconstruction?
#
# The number that papers on this data quote is the **sum of squared errors per image**, averaged over
# images:
#
# $$ \mathrm{SSE}(x, \hat x) = \sum_{j=1}^{784} (x_j - \hat x_j)^2 , \qquad
#    \text{reported: the mean of SSE over the test images.} $$
#
# Beware of look-alikes. The *mean* squared error divides by 784 as well, so an SSE of 13.87 is an
# MSE of 0.0177: the same reconstruction. You will also meet "the sum of the per-instance MSEs",
# which grows with the number of test images and therefore compares with nothing. Say which one you
# mean, always.
#
# The other half of the bargain is how short the code is. From 784 numbers to k, the
# **compression factor** is 784 / k. (It counts numbers, not bits. Week 3 counts bits.)
#
# ### Exercise 5 · Error and compression
# *Difficulty ●○○ · importance ●●● · 10 minutes · 3 points*
#
# <details><summary>Hint 1: what is summed, what is kept</summary>
#
# Sum over everything that belongs to one image; keep one number per image.
# </details>
# <details><summary>Hint 2: images that are not flat</summary>
#
# `flatten(1)` makes rows of images of any shape and leaves rows alone.
# </details>


# %% nbgrader={"grade_id": "squared_error_per_image", "solution": true}
def squared_error_per_image(x_hat: Tensor, x: Tensor) -> Tensor:
    """Sum the squared differences over the pixels of each image.

    Args:
        x_hat: reconstructions, shape (N, D) or (N, C, H, W).
        x: images of the same shape.

    Returns:
        One error per image, shape (N,).
    """
    ### BEGIN SOLUTION
    return ((x_hat - x) ** 2).flatten(1).sum(dim=1)
    ### END SOLUTION


def compression_factor(d: int, k: int) -> float:
    """Return how many times shorter a code of k numbers is than an image of d numbers."""
    ### BEGIN SOLUTION
    return d / k
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-squared_error_per_image", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week01

grade(week01.squared_error_per_image, squared_error_per_image, compression_factor)
### END HIDDEN TESTS
assert tests.squared_error_per_image(squared_error_per_image, compression_factor)

# %% [markdown]
# **Predict.** Keep 32 numbers of 784, a compression by 24.5. The squared pixels of an
# average test image add up to about 90. What is the mean SSE of PCA-32 on the test images?

# %% tags=["explore"]
predict("w1-sse-32", "Mean SSE per test image of PCA with 32 axes?", 1, 60, default=30)


# %% tags=["explore"]
def pca_images(x: Tensor, k: int) -> Tensor:
    """Reconstruct rows x (N, 784) from their first k coordinates."""
    return reconstruct(project(x, mean, axes[:k]), mean, axes[:k])


sse_32 = squared_error_per_image(pca_images(x_test, 32), x_test)
reveal("w1-sse-32", float(sse_32.mean()))

# %% tags=["explore"]
rows = {"test digits": x_test[:10]}
for k in (2, 8, 32, 128):
    rows[f"k = {k}\n({compression_factor(784, k):.3g}×)"] = pca_images(x_test, k)[:10]
plots.reconstruction_grid(rows, n=10, labels=digits.y_test, title="PCA: fewer numbers, more blur")

# %% [markdown]
# **Explain.** Reconstructions from few axes are *blurred* and fall back towards the average digit;
# grey ghosts appear where there was no ink, and some values are even negative. PCA knows nothing
# about 0 and 1: it adds and subtracts axes.
#
# The error keeps falling as k grows, on training and test images alike. At first the test error is
# even a little smaller: these 1,000 images happen to be easier. Where the order turns round, the axes
# have begun to describe these particular 5,000 images rather than digits.

# %% tags=["explore"]
ks = [1, 2, 4, 8, 16, 32, 64, 128]
curves = {
    name: [float(squared_error_per_image(pca_images(x, k), x).mean()) for k in ks]
    for name, x in {"training images": x_train, "test images": x_test}.items()
}
plots.lines(
    ks,
    curves,
    title="PCA error against code size",
    x_label="code size k (numbers)",
    y_label="mean SSE per image",
    log_x=True,
    log_y=True,
)

# %% [markdown]
# Turn the knob yourself: one digit, and what the first k axes make of it.

# %% tags=["explore"]
widgets.bottleneck_slider({k: lambda x, k=k: pca_images(x, k) for k in ks}, x_test)

# %% [markdown]
# ## 6 · The same thing, learned
#
# An **autoencoder** is a pair of functions, an encoder and a decoder, trained so that decoding the
# code of x gives back x. Take both to be linear with a bias, one matrix each:
#
# $$ z = x\,W_e^\top + b_e \qquad\qquad \hat x = z\,W_d^\top + b_d $$
#
# and minimise the squared error per image. Nobody tells it about variance, axes or right angles.
#
# ### Exercise 6 · A linear autoencoder
# *Difficulty ●●○ · importance ●●● · 15 minutes · 4 points*
#
# <details><summary>Hint 1: the parts</summary>
#
# Two `nn.Linear` layers made in `__init__` and stored as attributes of `self`. No activation
# anywhere: an activation would make it a different model.
# </details>
# <details><summary>Hint 2: the sizes</summary>
#
# `nn.Linear(inputs, outputs)`. The encoder goes from d numbers to k, the decoder back.
# </details>
# <details><summary>Hint 3: forward</summary>
#
# `forward` is what `model(x)` calls. It has both methods at hand.
# </details>


# %% nbgrader={"grade_id": "linear_autoencoder", "solution": true}
class LinearAutoencoder(nn.Module):
    """Linear encoder and linear decoder, with biases.

    Args:
        d: numbers per image.
        k: numbers per code.
    """

    def __init__(self, d: int, k: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.encoder = nn.Linear(d, k)
        self.decoder = nn.Linear(k, d)
        ### END SOLUTION

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes, shape (N, k), of images x, shape (N, d)."""
        ### BEGIN SOLUTION
        return self.encoder(x)
        ### END SOLUTION

    def decode(self, z: Tensor) -> Tensor:
        """Return the reconstructions, shape (N, d), of codes z, shape (N, k)."""
        ### BEGIN SOLUTION
        return self.decoder(z)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Return the reconstructions, shape (N, d), of images x, shape (N, d)."""
        ### BEGIN SOLUTION
        return self.decode(self.encode(x))
        ### END SOLUTION


# %% nbgrader={"grade_id": "test-linear_autoencoder", "points": 4}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week01

grade(week01.linear_autoencoder, LinearAutoencoder)
### END HIDDEN TESTS
assert tests.linear_autoencoder(LinearAutoencoder)

# %% [markdown]
# **Predict.** Train it with a code of 32 numbers for 1,000 steps. Will its error on the *training*
# images end above that of PCA-32, or below? By how many per cent?

# %% tags=["explore"]
predict(
    "w1-linear-vs-pca",
    "Error of the linear autoencoder on training images: how many % above PCA's (negative: below)?",
    -50,
    100,
    unit="%",
    default=-20,
)


# %% tags=["explore"]
def sse(x_hat: Tensor, x: Tensor) -> Tensor:
    """Return your error, averaged over images: the loss."""
    return squared_error_per_image(x_hat, x).mean()


training.seed_everything(1)
linear = LinearAutoencoder(784, 32)
history = training.fit(linear, x_train, steps=1000, lr=1e-2, loss=sse)

with torch.no_grad():
    sse_linear = float(squared_error_per_image(linear(x_train), x_train).mean())
sse_pca = float(squared_error_per_image(pca_images(x_train, 32), x_train).mean())
reveal("w1-linear-vs-pca", 100 * (sse_linear / sse_pca - 1))
print(f"training images: linear autoencoder {sse_linear:.3f}, PCA {sse_pca:.3f} per image")

# %% tags=["explore"]
plots.learning_curves(history, title="A linear autoencoder learns")

# %% [markdown]
# Whenever this course sets models side by side, a line to unfold says how each of them came about.

# %% tags=["explore"]
training.compare(
    "w1-linear",
    {"PCA-32": "closed form, all images", "linear autoencoder": history},
    compared="model",
    rate_chosen="by hand",
)

# %% [markdown]
# **Explain.** It comes close and never gets below. That is a theorem (Eckart and Young, 1936): of
# all reconstructions through k linear numbers, PCA's has the least squared error on the data it was
# fitted to. Gradient descent can only approach it.
#
# ## 7 · Is it the same answer?
#
# Equal errors do not make equal weights. If you multiply the encoder by any invertible k × k matrix
# and the decoder by its inverse, not one reconstruction changes. So the 32 hidden units need not be
# the 32 principal axes. What must agree is the **subspace**: the set of all images that the decoder
# can draw (Baldi and Hornik, 1989).
#
# Two subspaces are compared by their *principal angles*. Take orthonormal bases of both as the
# rows of $Q_a$, shape (ka, D), and $Q_b$, shape (kb, D); the cosines of the angles are the singular
# values of $Q_a Q_b^\top$, shape (ka, kb). All angles zero: the same subspace.
#
# ### Exercise 7 · Principal angles
# *Difficulty ●●● · importance ●●○ · 20 minutes · 3 points*
#
# <details><summary>Hint 1: an orthonormal basis of the rows</summary>
#
# `torch.linalg.qr` makes orthonormal *columns*. You have vectors in rows, so transpose first; Q then
# has one column per vector.
# </details>
# <details><summary>Hint 2: the cosines</summary>
#
# `torch.linalg.svdvals` of the product of the two bases, arranged so that it has shape (ka, kb).
# </details>
# <details><summary>Hint 3: rounding</summary>
#
# The arc cosine of 1.0000001 is NaN. Clamp first.
# </details>
# <details><summary>Hint 4: the order</summary>
#
# Singular values come from large to small. Large cosine, small angle: so in what order are the
# angles?
# </details>


# %% nbgrader={"grade_id": "principal_angles", "solution": true}
def principal_angles(a: Tensor, b: Tensor) -> Tensor:
    """Compare the subspaces spanned by the rows of two matrices.

    Args:
        a: ka linearly independent rows, shape (ka, D); not necessarily orthonormal.
        b: kb linearly independent rows, shape (kb, D); not necessarily orthonormal.

    Returns:
        The principal angles in radians, from the smallest to the largest,
        shape (min(ka, kb),), without NaN.
    """
    ### BEGIN SOLUTION
    qa, _ = torch.linalg.qr(a.T)
    qb, _ = torch.linalg.qr(b.T)
    return torch.arccos(torch.linalg.svdvals(qa.T @ qb).clamp(-1, 1))
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-principal_angles", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import grade, week01

grade(week01.principal_angles, principal_angles)
### END HIDDEN TESTS
assert tests.principal_angles(principal_angles)

# %% [markdown]
# The encoder has a subspace too: the directions it listens to. **Predict** before you run: which of
# the two, encoder or decoder, agrees with PCA, or do both?

# %% tags=["explore"]
decoder_rows = linear.decode(torch.eye(32)) - linear.decode(torch.zeros(32, 32))  # (32, 784)
encoder_rows = (linear.encode(torch.eye(784)) - linear.encode(torch.zeros(784, 784))).T  # (32, 784)
random_rows = torch.randn(32, 784)
with torch.no_grad():
    angles = {
        "decoder": principal_angles(decoder_rows, axes[:32]),
        "encoder": principal_angles(encoder_rows, axes[:32]),
        "random subspace": principal_angles(random_rows, axes[:32]),
    }
plots.subspace_angles(angles)

# %% [markdown]
# **Explain.** Most of the decoder's angles are small; the last few belong to axes whose variances
# are nearly equal, which 1,000 steps have not told apart. The encoder stays far away, and that is
# no failure: there are many directions in which digits hardly vary (pixels that never hold ink are the
# plainest case). What the encoder does there changes next to nothing in any reconstruction, so gradient
# descent leaves those weights near where they started. Compare *decoders*.
#
# ## 8 · What no straight line can do
#
# Slide a six to the left, one pixel at a time. To you it is the same six. In pixel space the copies
# lie on a curve, and the point half-way along the straight line from one end to the other is not a
# six half-way: it is two sixes, each at half strength.

# %% tags=["explore"]
six = digits.x_test[digits.y_test == 6][:1]  # (1, 1, 28, 28)
slides = torch.cat([torch.roll(six, -shift, dims=3) for shift in range(7)])
codes = project(slides.flatten(1), mean, axes[:32])
straight = torch.stack([codes[0] + (codes[6] - codes[0]) * t / 6 for t in range(7)])
plots.reconstruction_grid(
    {
        "slid by\n0…6 pixels": slides.flatten(1),
        "straight line\nin pixels": torch.stack(
            [six.flatten() + (slides[6] - six).flatten() * t / 6 for t in range(7)]
        ),
        "PCA-32 of\neach slide": reconstruct(codes, mean, axes[:32]),
        "straight line\nin the code": reconstruct(straight, mean, axes[:32]),
    },
    n=7,
    title="Half-way between two sixes is not a six",
)


# %% tags=["explore"]
def cosine(images: Tensor) -> Tensor:
    """Return the cosine similarity of the six's pixels with every image's."""
    return torch.cosine_similarity(six.flatten(1), images.flatten(1))


not_sixes = digits.x_test[digits.y_test != 6]
slid = float(cosine(slides[3:4]))
closer = int((cosine(not_sixes) > slid).sum())
print("cosine similarity of this six's pixels with")
print(f"  another six                  {float(cosine(digits.x_test[digits.y_test == 6][1:2])):.2f}")
print(f"  an eight                     {float(cosine(digits.x_test[digits.y_test == 8][:1])):.2f}")
print(f"  itself, slid by 3 pixels     {slid:.2f}")
print(
    f"{closer} of {len(not_sixes)} test images of other digits are more like it than its own slid copy"
)

# %% tags=["record"]
from aeutils._internal.notebook import record

record("w1-closer", closer)

# %% [markdown]
# **Explain.** Slide a six by three pixels, and many images of *other* digits are more like it, by the
# cosine of their pixels, than its own copy. (Some texts claim this of any eight you pick; count
# instead of picking.) A linear code sends
# straight lines to straight lines, so half-way stays two pale sixes however many axes you keep. A
# decoder that *bends* could follow the curve instead: that is week 2. Whether it also learns that
# position does not matter, when nobody tells it so, is another question. Weeks 6 and 7 measure it.
#
# ## Your embedding passport
#
# Each week adds one row: the same measures for this week's encoder, `encode(x) -> z`, next to raw
# pixels, an untrained network and shuffled labels. In the last week you decide on your own rows
# which embedding was worth its trouble. Do not read too much into one column yet; week 6 takes these
# measures apart.
#
# *kNN-5*: share of test digits named rightly by a vote of the five nearest codes. *Class ratio*: mean
# cosine similarity within a class divided by that between classes, 1 means no difference (*centred*:
# after taking off the mean code). *Pair AUC*: how often a pair of one class is more similar than a pair
# of two, 0.5 is chance.

# %% tags=["explore"]
from aeutils import passport

row = passport.measure(
    lambda x: project(x.flatten(1), mean, axes[:32]),
    digits,
    name="PCA-32",
    decode=lambda z: reconstruct(z, mean, axes[:32]).reshape(-1, 1, 28, 28),
    trained="closed form, all images",
)
passport.add_row(row)
passport.show([*passport.baselines(digits), row])

# %% [markdown]
# ## What you can do now
#
# - Explain each symbol in $\hat x = \mu + (x-\mu) A^\top A$, with its shape.
# - Say why an SSE of 13.87 and an MSE of 0.0177 may be the same result.
# - Say what a linear autoencoder shares with PCA (the decoder's subspace) and what it does not (the
#   axes, the encoder).
# - Show an example that no linear code gets right.
#
# **If you want more.** Run the notebook on all 70,000 digits (`AEUTILS_SCALE=full`), or load
# `"fashion_mnist"` in the first cell: which predictions change? Read Pearson (1901) for the idea of
# a best-fitting plane, Eckart and Young (1936) for the theorem, Baldi and Hornik (1989) for the
# landscape of the linear autoencoder, and Hinton and Salakhutdinov (2006), whose PCA-30 error on
# whole MNIST, 13.87 per image, the course's benchmark reproduces.
