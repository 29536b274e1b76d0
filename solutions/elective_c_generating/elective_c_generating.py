# %% [markdown]
# # Elective C · Generating
#
# **The question of this notebook.** A decoder turns a few numbers into a digit. So draw a few random numbers, and it writes a digit that nobody ever wrote? Mostly it
# writes smoke. What has to be true of the codes so that a random one is a good one? And when the images look good: how would you know that they are *new*,
# and not copies of the training set?
#
# By the end you can
#
# - draw from the codes of a plain autoencoder, and say why it works half-way,
# - build a variational autoencoder: noise with a gradient, a price for the code, a bound in nats,
# - say how tight the bound is, and which published numbers it may be compared with,
# - see a code collapse while the loss looks fine,
# - set a second network on the codes, with every gradient going where it should,
# - judge samples by how similar and how new they are, and show why one number never decides,
# - test a claim of latent arithmetic instead of admiring it.
#
# | | |
# |---|---|
# | Time | about 2½ hours; the notebook itself runs in about a minute |
# | Needs | weeks 1 to 3 and 6; week 7 helps |
# | Graded | 8 exercises, 24 points |
#
# **How to work.** As before: predict, run, explain; hints one rung at a time; tests that explain. The
# grader uses other data and also checks what a docstring promises and the test does not try. Every function owes its
# caller this: arguments and global state (seeds, gradient mode, default dtype) stay as they were, results come from the
# arguments alone, for any values, number of rows and memory layout. Random numbers come from the generator that is given, and from nowhere else.

# %%
import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aeutils import data, embeddings, generation, models, pca, plots, training, widgets
from aeutils.testing import elective_c as tests
from aeutils.widgets import calibration, predict, reveal

torch.set_num_threads(1)  # steadier on a busy laptop: two threads often wait for each other
training.seed_everything(1)

# %% tags=["explore"]
widgets.checklist()

# %% [markdown]
# The idea in one picture: codes that are clouds, around a place from which one can draw.

# %% tags=["explore"]
from aeutils import drawings

drawings.clouds()

# %% [markdown]
# ## 1 · A decoder is not yet a generator
#
# The autoencoder of week 2, with a code of eight numbers. What does its decoder say to eight numbers that no image gave?

# %% tags=["explore"]
digits = data.load("mnist")
x, x_test = digits.x_train.flatten(1), digits.x_test.flatten(1)  # (5000, 784), (1000, 784)
EPOCHS, BATCH, RATE = 14, 100, 3e-3  # for every model of this notebook


def cross_entropy(logits: Tensor, images: Tensor) -> Tensor:
    """Return the cross-entropy in nats per image."""
    return F.binary_cross_entropy_with_logits(logits, images, reduction="none").sum(dim=1).mean()


training.seed_everything(1)
plain = models.Autoencoder(sizes=(784, 256, 256, 8))
history_plain = training.fit(plain, x, epochs=EPOCHS, batch_size=BATCH, lr=RATE, loss=cross_entropy)
with torch.no_grad():
    codes = plain.encode(x)

# %% [markdown]
# **Predict.** We never told the encoder how large its numbers should be. What is the standard deviation of the widest of the eight?

# %% tags=["explore"]
predict(
    "ec-spread", "Standard deviation of the widest unit of the plain code?", 0.1, 100, default=1
)

# %% tags=["explore"]
spread = codes.std(dim=0)
reveal("ec-spread", float(spread.max()))
print("means:              ", "  ".join(f"{m:6.1f}" for m in codes.mean(dim=0).tolist()))
print("standard deviations:", "  ".join(f"{s:6.1f}" for s in spread.tolist()))
print(
    f"largest correlation of two units: {(torch.corrcoef(codes.T) - torch.eye(8)).abs().max():.2f}"
)

# %% [markdown]
# **Explain.** Nothing in the loss asks for a mean, a size or independence. So a draw from N(0, 1) is no code that the decoder knows. We need draws that resemble the codes.

# %% [markdown]
# ### Exercise 1 · A cloud of codes
# *Difficulty ●●○ · importance ●●● · 10 minutes · 3 points*
#
# The codes of the training images lie somewhere. The simplest description of *where* is a Gaussian: their mean and their covariance. Draw new codes from it.
#
# <details><summary>Hint 1: from noise to a cloud</summary>
#
# If the entries of $\epsilon$ are independent draws from N(0, 1), then $A\epsilon$ has the covariance $AA^\top$. So look for a matrix $A$ whose $AA^\top$ is the
# covariance of the codes.
# </details>
# <details><summary>Hint 2: a root that always exists</summary>
#
# `torch.linalg.eigh` gives eigenvalues λ and eigenvectors V of a symmetric matrix: V times √λ (column by column) is such a root, also where a unit never moves and an eigenvalue is 0, or a
# hair below it through rounding. `cholesky` fails there.
# </details>


# %% nbgrader={"grade_id": "gaussian_samples", "solution": true}
def gaussian_samples(codes: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """n draws from the Gaussian that has the mean and the covariance of the codes.

    Args:
        codes: floats (N, K), N >= 2. Units may be constant or sums of others, and there may be more
            units than codes: the covariance may be singular.
        n: how many draws, at least 1.
        generator: where all random numbers come from.

    Returns:
        New codes (n, K), each drawn independently of the others. The covariance may divide by N or
        by N − 1.
    """
    ### BEGIN SOLUTION
    mean = codes.mean(dim=0)
    values, vectors = torch.linalg.eigh(torch.cov(codes.T).reshape(codes.shape[1], -1))
    root = vectors * values.clamp_min(0).sqrt()  # root @ root.T is the covariance
    noise = torch.randn(n, codes.shape[1], generator=generator, dtype=codes.dtype)
    return mean + noise @ root.T
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-gaussian_samples", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_c, grade

grade(elective_c.gaussian_samples, gaussian_samples)
### END HIDDEN TESTS
assert tests.gaussian_samples(gaussian_samples)
# %% tags=["explore"]
draw = torch.Generator().manual_seed(0)
z_prior, z_cloud = torch.randn(1000, 8, generator=draw), gaussian_samples(codes, 1000, draw)
with torch.no_grad():
    of_prior, of_cloud = plain.decode(z_prior).sigmoid(), plain.decode(z_cloud).sigmoid()
plots.sample_wall(
    {
        "test images": x_test[:24],
        "codes from\nN(0, 1)": of_prior[:24],
        "codes from\na Gaussian": of_cloud[:24],
    },
    title="One decoder, two ways to ask it",
)

# %% [markdown]
# Many digits now, and some that are none. Where do the draws lie?

# %% tags=["explore"]
with torch.no_grad():
    of_test = plain.encode(x_test)
print(f"{'':<26}{'mean length':>12}{'to the nearest code':>21}")
for name, z in {"codes of test images": of_test, "N(0, 1)": z_prior, "Gaussian": z_cloud}.items():
    near = torch.cdist(z, codes).amin(dim=1).mean()
    print(f"{name:<26}{z.norm(dim=1).mean():>12.1f}{near:>21.1f}")
print(f"shortest of the 5,000 codes: {codes.norm(dim=1).min():.1f}")

# %% [markdown]
# The draws from N(0, 1) lie in a hole: hardly any code is as short as they are. But do not make a law of it. The draws of the Gaussian are just as far from the nearest code, and look better. A Gaussian knows where codes lie and not where they do not: it also fills the space between the sevens and the eights.
#
# There are two ways on: describe the codes better, or *make* them such that a simple description is right. The next sections do the second.
#
# ## 2 · Codes that are clouds
#
# A code that is a point says nothing about its neighbourhood. So let the encoder name a *cloud* for each image, a mean and a spread for every number, and let the decoder rebuild the image from any point of it (Kingma and Welling, 2014). Then what lies near the code is
# rebuilt as well, and where clouds overlap, the decoder has to find a compromise.

# %% tags=["explore"]
figure, (left, right) = plots.panels(2, height=4.2)
where = torch.tensor([[-1.4, 0.9], [-0.6, -0.8], [0.1, 0.5], [0.9, -0.5], [1.3, 1.0], [-1.5, -0.6]])
which = torch.tensor([7, 9, 9, 3, 0, 1])
plots.code_clouds(where, torch.zeros_like(where), which, "Points: what lies between?", ax=left)
plots.code_clouds(where, torch.full_like(where, 0.7), which, "Clouds that overlap", ax=right)
figure

# %% [markdown]
# Five words for what follows.
#
# - The **prior** $p(z)$ is what we want to draw codes from: N(0, 1) for each number, the dashed circles.
# - The **posterior** $q(z\mid x)$ is the cloud that the encoder names for the image $x$: $N(\mu,\sigma^2)$.
# - The **KL divergence** of a cloud from the prior is what it costs, in bits or nats, to say where in the prior's plane the cloud lies. A cloud that *is* the prior costs nothing and says nothing.
# - A **nat** is a bit with the natural logarithm: 1 nat = 1.44 bits.
# - A **unit** is one of the numbers of the code.

# %% [markdown]
# ### Exercise 2 · A code that is a cloud
# *Difficulty ●●○ · importance ●●● · 10 minutes · 3 points*
#
# While the network trains, the decoder gets a draw from the cloud; afterwards, when codes are compared, its mean. Gradients have to pass through the draw, and through `torch.normal(mean, std)` they do not. What could be written instead, if the random numbers came from N(0, 1)?
#
# <details><summary>Hint 1: from log-variance to spread</summary>
#
# $\log\sigma^2 = v$, so $\sigma = e^{v/2}$. The network may answer any number $v$, and $\sigma$ is always positive: that is what the logarithm is for.
# </details>
# <details><summary>Hint 2: the noise</summary>
#
# z = μ + σ ε, with an ε of its own for every entry, in the dtype of the means. `torch.randn` takes a generator, `torch.randn_like` does not.
# </details>


# %% nbgrader={"grade_id": "sample_latent", "solution": true}
def sample_latent(
    mean: Tensor,
    log_var: Tensor,
    training: bool = True,
    generator: torch.Generator | None = None,
) -> Tensor:
    """While training a draw from N(mean, σ²) with σ² = exp(log_var), otherwise the mean.

    Args:
        mean: floats (N, K).
        log_var: the logarithms of the variances, (N, K).
        training: whether to draw.
        generator: where the random numbers come from; None for torch's own.

    Returns:
        (N, K): while training mean + σ ε, otherwise the mean. Every number of every row has noise ε
        of N(0, 1) of its own, from `generator` alone. Gradients reach `mean`, also when `training`
        is False, and while training `log_var`.
    """
    ### BEGIN SOLUTION
    if not training:
        return mean
    noise = torch.randn(mean.shape, generator=generator, dtype=mean.dtype)
    return mean + (log_var / 2).exp() * noise
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-sample_latent", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_c, grade

grade(elective_c.sample_latent, sample_latent)
### END HIDDEN TESTS
assert tests.sample_latent(sample_latent)
# %% [markdown]
# ### Exercise 3 · What a number of the code costs
# *Difficulty ●●○ · importance ●●● · 12 minutes · 3 points*
#
# $$\mathrm{KL}\big(N(\mu,\sigma^2)\,\|\,N(0,1)\big)=\tfrac12\big(\mu^2+\sigma^2-1-\log\sigma^2\big)$$
#
# That is the KL divergence of a unit's cloud from the prior. It is 0 where the cloud is the prior (mean 0, variance 1), and grows as the cloud moves away or shrinks.
# The second function asks the same of a data set: which units move at all when the image changes?
#
# <details><summary>Hint 1: one price for each</summary>
#
# No sum and no mean in `kl_to_prior`: the formula, entry by entry.
# </details>
# <details><summary>Hint 2: active units</summary>
#
# The variance of each column of the means, over the images.
# </details>


# %% nbgrader={"grade_id": "kl_to_prior", "solution": true}
def kl_to_prior(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL divergence of N(mean, exp(log_var)) from the prior N(0, 1), for each image and unit.

    Args:
        mean: floats (N, K).
        log_var: the logarithms of the variances, (N, K); a variance may be so small that it
            rounds to 0.

    Returns:
        Nats, (N, K), 0 or more up to rounding. Gradients reach both arguments.
    """
    ### BEGIN SOLUTION
    return (mean.square() + log_var.exp() - 1 - log_var) / 2
    ### END SOLUTION


def active_units(mean: Tensor, threshold: float = 0.01) -> Tensor:
    """Which units tell images apart: the variance of their mean over the images is > threshold.

    Whether the variance is divided by N or by N − 1 does not matter.

    Args:
        mean: what the encoder says of N >= 2 images, floats (N, K).
        threshold: variances above it count as active (Burda et al., 2016, take 0.01).

    Returns:
        Booleans (K,).
    """
    ### BEGIN SOLUTION
    return mean.var(dim=0) > threshold
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-kl_to_prior", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_c, grade

grade(elective_c.kl_to_prior, kl_to_prior, active_units)
### END HIDDEN TESTS
assert tests.kl_to_prior(kl_to_prior, active_units)
# %% [markdown]
# ### Exercise 4 · The bound
# *Difficulty ●●○ · importance ●●● · 12 minutes · 3 points*
#
# How probable does the model find an image? It would have to add up over all codes: $p(x)=\int p(x\mid z)\,p(z)\,dz$. Nobody can, but the cloud says where to look. Write the integral as a mean over the cloud, and move the logarithm inside (it is concave, so the value can only fall):
#
# $$\log p(x)=\log\mathbb E_{q}\Big[\frac{p(x\mid z)\,p(z)}{q(z\mid x)}\Big]\;\ge\;\mathbb E_{q}\big[\log p(x\mid z)\big]-\mathrm{KL}\big(q(z\mid x)\,\|\,p(z)\big)=\mathrm{ELBO}$$
#
# The right side is the *evidence lower bound*. We make its negative small, with a weight β on the code that is 1 for the bound and larger to make codes dearer:
#
# $$-\mathrm{ELBO}=\frac1N\sum_{n}\Big[\underbrace{\sum_{d}\mathrm{BCE}(\text{logit}_{nd},x_{nd})}_{\text{to rebuild the image}}+\beta\underbrace{\sum_{k}\mathrm{KL}_{nk}}_{\text{to send the code}}\Big]$$
#
# Sums over pixels and units, one mean over images. The other choices change the *balance*: a mean over 784 pixels beside a sum over units is β = 784 in disguise.
#
# <details><summary>Hint 1: the first half</summary>
#
# `F.binary_cross_entropy_with_logits(logits, x, reduction="none")` is (N, D). It takes logits: no sigmoid before it.
# </details>
# <details><summary>Hint 2: the second half</summary>
#
# `kl_to_prior` is (N, K). Sum each half over `dim=1`, add, then take the mean.
# </details>


# %% nbgrader={"grade_id": "negative_elbo", "solution": true}
def negative_elbo(
    logits: Tensor, x: Tensor, mean: Tensor, log_var: Tensor, beta: float = 1.0
) -> Tensor:
    """The negative evidence lower bound in nats per image.

    Args:
        logits: what the decoder says of each pixel, floats (N, D).
        x: images with values in [0, 1], (N, D).
        mean: of the clouds q(z|x), (N, K).
        log_var: the logarithms of their variances, (N, K).
        beta: weight of the KL divergence (1 for the bound).

    Returns:
        A scalar: binary cross-entropy summed over pixels plus beta times the KL divergence summed
        over units, averaged over images. Its gradient reaches `logits`, `mean` and `log_var`.
    """
    ### BEGIN SOLUTION
    rebuilt = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=1)
    return (rebuilt + beta * kl_to_prior(mean, log_var).sum(dim=1)).mean()
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-negative_elbo", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_c, grade

grade(elective_c.negative_elbo, negative_elbo)
### END HIDDEN TESTS
assert tests.negative_elbo(negative_elbo)


# %% tags=["explore"]
class VAE(nn.Module):
    """A variational autoencoder, 784-256-256-K and back, that decodes to logits."""

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.encoder = models.mlp((784, 256, 256, 2 * latent))
        self.decoder = models.mlp((latent, 256, 256, 784))
        self.draws = torch.Generator()  # of its own, which goes on where the weights ended
        self.draws.set_state(torch.get_rng_state())

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Rows (N, 784) to mean and log-variance of each code, two of (N, K)."""
        mean, log_var = self.encoder(x).chunk(2, dim=1)
        return mean, log_var.clamp(-12, 12)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rows (N, 784) to logits (N, 784), mean and log-variance (N, K)."""
        mean, log_var = self.posterior(x)
        z = sample_latent(mean, log_var, self.training, self.draws)
        return self.decoder(z), mean, log_var


def new_vae(latent: int) -> VAE:
    """Return a variational autoencoder with first weights from seed 1."""
    training.seed_everything(1)
    return VAE(latent)


def train_vae(
    model: VAE,
    beta: float = 1.0,
    images: Tensor = x,
    epochs: int = EPOCHS,
    progress: bool = True,
) -> training.History:
    """Train a variational autoencoder by the bound; return how."""

    def bound(output: tuple[Tensor, Tensor, Tensor], target: Tensor) -> Tensor:
        logits, mean, log_var = output
        return negative_elbo(logits, target, mean, log_var, beta)

    how = {"epochs": epochs, "batch_size": BATCH, "lr": RATE, "progress": progress}
    return training.fit(model, images, loss=bound, **how)


vae_2 = new_vae(2)
history_2 = train_vae(vae_2)

# %% tags=["explore"]
plots.manifold(lambda z: vae_2.decoder(z).sigmoid(), title="All that two numbers can name")

# %% [markdown]
# Each place is a draw as likely as any other: steps of equal probability, not of equal length. Nearly everywhere stands something like a digit. In the middle and between digits that share no stroke it is grey: the compromise of overlapping clouds. And the clouds themselves:

# %% tags=["explore"]
with torch.no_grad():
    mean, log_var = vae_2.posterior(x_test[:60])
plots.code_clouds(
    mean, (log_var / 2).exp(), digits.y_test[:60], "Sixty test images, as their encoder sees them"
)

# %% [markdown]
# They are smaller than those of our sketch: with only two numbers, precision is worth its price. Walk through the plane yourself.

# %% tags=["explore"]
with torch.no_grad():
    walk = widgets.latent_explorer(
        lambda z: vae_2.decoder(z).sigmoid(), vae_2.posterior(x)[0], digits.y_train, digits.x_train
    )
walk

# %% [markdown]
# ## 3 · What the code costs, and collapse
#
# Now 20 numbers. The loss is a trade: each nat that a unit tells about the image must save more than β nats of cross-entropy.
#
# **Predict.** How many nats does the whole code cost with β = 1? And how many of the 20 units cost more than 0.1 nat with β = 4?

# %% tags=["explore"]
predict("ec-price", "What does the code cost, β = 1 (nats per image)?", 1, 100, default=40)
predict("ec-loud", "Units of 20 that cost more than 0.1 nat, β = 4?", 0, 20, default=20)

# %% tags=["explore"]
vae_20, vae_dear, vae_dead = (new_vae(20) for _ in range(3))
runs = {
    "β = 1": {"model": vae_20},
    "β = 4": {"model": vae_dear, "beta": 4.0},
    "β = 784": {"model": vae_dead, "beta": 784.0, "epochs": 3},  # its code is empty by then
}
# A loop, with one network on each free processor. The numbers are the same.
histories = training.side_by_side(lambda name: train_vae(**runs[name], progress=False), runs)
history_20, history_dear, history_dead = histories.values()
prices, codes_of = {}, {}
print(f"{'':<10}{'KL':>6}{'above 0.1 nat':>15}{'active':>8}{'cross-entropy':>15}{'its loss':>10}")
for name, model in {"β = 1": vae_20, "β = 4": vae_dear, "β = 784": vae_dead}.items():
    with torch.no_grad():
        mean, log_var = model.posterior(x_test)
        of_units = kl_to_prior(mean, log_var).mean(dim=0).sort(descending=True).values
        row = {
            "kl": float(of_units.sum()),
            "loud": int((of_units > 0.1).sum()),
            "active": int(active_units(mean).sum()),
            "bce": float(cross_entropy(model.decoder(mean), x_test)),
        }
    beta = float(name[4:])
    loss = row["bce"] + beta * row["kl"]
    print(
        f"{name:<10}{row['kl']:>6.1f}{row['loud']:>15}{row['active']:>8}{row['bce']:>15.1f}"
        f"{loss:>10.1f}"
    )
    prices[name], codes_of[name] = of_units, row
reveal("ec-price", codes_of["β = 1"]["kl"])
reveal("ec-loud", codes_of["β = 4"]["loud"])

# %% tags=["explore"]
plots.lines(
    list(range(1, 21)),
    prices,
    title="Eight of the 20 units cost more than 0.1 nat, with β = 4 four, with β = 784 none",
    x_label="unit, the dearest first",
    y_label="KL divergence (nats per image)",
)

# %% tags=["record"]
from aeutils._internal.notebook import record

record("ec-prices", codes_of)

# %% [markdown]
# **Explain.** A unit that says nothing costs nothing: its cloud *is* the prior. That is **collapse**. For a unit that would not pay for itself it is right. With β = 784, the weight that a mean over pixels gives without anybody having chosen it, *all* units collapse, and the decoder draws one and the same grey image for every digit. Would the loss have told you?
# Divided by 784 pixels it is 0.37, it fell all through the training, and no number in it says that the code is empty. So look at the price of each unit, and count: the usual count of *active* units (Burda et al., 2016), with its threshold of 0.01, is a generous one, as the table shows.
#
# ## 4 · How tight is the bound?

# %% [markdown]
# ### Exercise 5 · How tight is the bound?
# *Difficulty ●●● · importance ●●○ · 18 minutes · 3 points*
#
# The bound moved a logarithm inside a mean. With S draws from the cloud the mean can be taken *before* the logarithm. Each draw gets a weight: how much more the model believes in this code than the encoder did. That is importance weighting (Burda et al., 2016):
#
# $$-\log p(x)\;\le\;-\log\frac1S\sum_{s=1}^{S} w_s,\qquad w_s=\frac{p(x\mid z_s)\,p(z_s)}{q(z_s\mid x)}$$
#
# in expectation; with S = 1 it is the bound of exercise 4. A weight is about $e^{-100}$: in 32-bit numbers it is 0. So add logarithms.
#
# <details><summary>Hint 1: three logarithms</summary>
#
# log p(x|z) is minus the cross-entropy, summed over pixels. Write down the logarithm of a Gaussian's density twice, once for p(z) and once for q(z|x): the constants are the same in both and cancel.
# </details>
# <details><summary>Hint 2: the difference of the two Gaussians</summary>
#
# log p(z) − log q(z|x) = ½ Σ [(z − μ)²/σ² + log σ² − z²], summed over units.
# </details>
# <details><summary>Hint 3: a mean of what has underflowed</summary>
#
# `torch.logsumexp(log_w, dim=0) − math.log(S)` is the logarithm of the mean weight.
# </details>


# %% nbgrader={"grade_id": "importance_weighted_nll", "solution": true}
def importance_weighted_nll(
    x: Tensor, logits: Tensor, z: Tensor, mean: Tensor, log_var: Tensor
) -> Tensor:
    """The importance-weighted bound on the negative log-likelihood of each image.

    Args:
        x: binary images, floats (N, D), each pixel 0 or 1.
        logits: what the decoder says of each draw, floats (S, N, D).
        z: S draws from each posterior, (S, N, K).
        mean: of the posteriors, (N, K).
        log_var: the logarithms of their variances, (N, K).

    Returns:
        −log of the mean of the S weights p(x|z) p(z) / q(z|x), in nats, (N,). Finite also where all
        weights are too small for floating point.
    """
    ### BEGIN SOLUTION
    targets = x.expand(logits.shape)
    log_x = -F.binary_cross_entropy_with_logits(logits, targets, reduction="none").sum(dim=2)
    apart = (z - mean).square() / log_var.exp() + log_var - z.square()
    log_w = log_x + apart.sum(dim=2) / 2  # (S, N)
    return math.log(len(z)) - log_w.logsumexp(dim=0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-importance_weighted_nll", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_c, grade

grade(elective_c.importance_weighted_nll, importance_weighted_nll)
### END HIDDEN TESTS
assert tests.importance_weighted_nll(importance_weighted_nll)
# %% [markdown]
# The likelihood of a *binary* image is a probability, so we need binary images: each pixel is drawn once, 1 with the probability that its grey value names, and stays that way.
#
# **Predict.** A bound with one draw is about 130 nats. By how much does it fall with 256 draws, the same network and the same images?

# %% tags=["explore"]
predict("ec-gap", "Nats per image gained by 256 draws instead of 1?", 0, 60, default=10)

# %% tags=["explore"]
draw = torch.Generator().manual_seed(0)
binary, binary_test = (torch.bernoulli(images, generator=draw) for images in (x, x_test))
vae_binary = new_vae(20)
history_binary = train_vae(vae_binary, images=binary)


def likelihood_bounds(model: VAE, images: Tensor, draws: int) -> Tensor:
    """Return the importance-weighted bound of each image, (N,)."""
    with torch.no_grad():
        mean, log_var = model.posterior(images)
        many = [t.expand(draws, *t.shape).flatten(0, 1) for t in (mean, log_var)]
        z = sample_latent(*many, generator=torch.Generator().manual_seed(0))
        logits = model.decoder(z).unflatten(0, (draws, -1))
        return importance_weighted_nll(images, logits, z.unflatten(0, (draws, -1)), mean, log_var)


few = binary_test[:200]
tried = [1, 2, 4, 8, 16, 32, 64, 128, 256]
bounds = {s: float(likelihood_bounds(vae_binary, few, s).mean()) for s in tried}
for s in (1, 16, 256):
    print(f"{s:>4} draws: {bounds[s]:.1f} nats per image")
reveal("ec-gap", bounds[1] - bounds[256])

# %% tags=["explore"]
plots.lines(
    tried,
    {"importance-weighted bound": list(bounds.values())},
    title="The same network and the same images: more draws, a tighter bound",
    x_label="draws per image",
    y_label="nats per image",
    log_x=True,
)


# %% tags=["explore"]
def bound_on(model: VAE, images: Tensor) -> float:
    """Return the negative ELBO with a draw for each image."""
    with torch.no_grad():
        mean, log_var = model.posterior(images)
        z = sample_latent(mean, log_var, generator=torch.Generator().manual_seed(0))
        return float(negative_elbo(model.decoder(z), images, mean, log_var))


of_kind = {"grey": x_test, "binary": binary_test}
least = {
    kind: float(F.binary_cross_entropy(i, i, reduction="sum") / 1000) for kind, i in of_kind.items()
}
compared = {
    name: {kind: bound_on(model, images) for kind, images in of_kind.items()}
    for name, model in {"trained on grey": vae_20, "trained on binary": vae_binary}.items()
}
print(f"{'nats per image':<34}{'grey':>8}{'binary':>8}")
for name, row in (compared | {"each pixel rebuilt, code for free": least}).items():
    print(f"{name:<34}{row['grey']:>8.1f}{row['binary']:>8.1f}")

# %% tags=["record"]
record("ec-bounds", {"draws": {str(s): b for s, b in bounds.items()}, "least": least} | compared)

# %% [markdown]
# **Explain.** One draw asks the decoder about *one* code, and pays for every unlucky one. 256 draws are averaged before the logarithm, and a few good ones decide: 3 % of the nats were a matter of counting. More draws would gain a little more; what then still lies between bound and truth is what the encoder's clouds do not cover.
#
# And the table? The same network has nearly the same bound on grey images as on binary ones: cross-entropy is linear in the image, so a grey one costs what its binary drawings cost on average. The last row shows why they must not be compared all the same. Once it is rebuilt, nothing
# is left to pay for a binary image; a grey one still costs the entropy of its own grey values, which no model can save. A grey value is no outcome, and its cross-entropy is no likelihood. The 86 to 87 nats of published autoencoders (Burda et al., 2016) are for binary images, drawn afresh in each
# epoch, of larger networks and 60,000 images, trained for much longer than our few seconds: the lesson shows how far one gets. Before you compare nats, ask: of what, and after how much?
#
# ## 5 · A discriminator for the codes
#
# A variational autoencoder pulls *each* cloud towards the prior. Drawing needs less: *all codes together* should look like it. Whether they do, a second network can learn to say, the **discriminator**. It sees codes and draws from the prior and tells them apart, and the encoder learns to be taken for
# the prior (Makhzani et al., 2015).

# %% [markdown]
# ### Exercise 6 · Two losses against each other
# *Difficulty ●●● · importance ●●● · 15 minutes · 3 points*
#
# A discriminator looks at codes and says which are draws from the prior. The encoder tries to be taken for the prior. Two losses, one network each:
#
# $$L_D=\tfrac12\Big[\overline{\mathrm{BCE}(D(z_\text{prior}),1)}+\overline{\mathrm{BCE}(D(z_\text{code}),0)}\Big],\qquad L_E=\overline{\mathrm{BCE}(D(z_\text{code}),1)}$$
#
# The bars are means over rows. What makes it work is where gradients go: the first loss must not reach the encoder (it would help the discriminator), the second must.
#
# <details><summary>Hint 1: stop here</summary>
#
# `codes.detach()` is the same codes without a past.
# </details>
# <details><summary>Hint 2: the cross-entropies</summary>
#
# `F.binary_cross_entropy_with_logits` takes logits, which is what the discriminator answers, and targets of the same shape: `torch.ones_like`, `torch.zeros_like`.
# </details>


# %% nbgrader={"grade_id": "adversarial_losses", "solution": true}
def discriminator_loss(discriminator: nn.Module, codes: Tensor, prior: Tensor) -> Tensor:
    """How badly the discriminator tells draws from codes. Its gradient ends at the codes.

    Args:
        discriminator: module that treats each row on its own, rows (N, K) -> logits (N, 1) of being
            a draw from the prior; any logits.
        codes: of images, floats (N, K), with the encoder's graph.
        prior: draws from the prior, (M, K).

    Returns:
        A scalar, ½ (mean BCE of the draws against 1 + mean BCE of the codes against 0). Its
        gradient reaches the discriminator and nothing behind the codes.
    """
    ### BEGIN SOLUTION
    true, false = discriminator(prior), discriminator(codes.detach())
    of_true = F.binary_cross_entropy_with_logits(true, torch.ones_like(true))
    of_false = F.binary_cross_entropy_with_logits(false, torch.zeros_like(false))
    return (of_true + of_false) / 2
    ### END SOLUTION


def encoder_loss(discriminator: nn.Module, codes: Tensor) -> Tensor:
    """How badly the codes pass for draws from the prior. Its gradient reaches the encoder.

    Args:
        discriminator: module that treats each row on its own, rows (N, K) -> logits (N, 1) of being
            a draw from the prior; any logits.
        codes: of images, floats (N, K), with the encoder's graph.

    Returns:
        A scalar, the mean BCE of the codes against 1. Its gradient reaches the codes; whether the
        discriminator's parameters get one, too, does not matter.
    """
    ### BEGIN SOLUTION
    logits = discriminator(codes)
    return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-adversarial_losses", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_c, grade

grade(elective_c.adversarial_losses, discriminator_loss, encoder_loss)
### END HIDDEN TESTS
assert tests.adversarial_losses(discriminator_loss, encoder_loss)


# %% tags=["explore"]
class WithCode(models.Autoencoder):
    """An autoencoder that also returns the codes, for losses that look at them."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Rows (N, 784) to logits (N, 784) and codes (N, 8)."""
        z = self.encode(x)
        return self.decode(z), z


def kernel_loss(output: tuple[Tensor, Tensor], target: Tensor) -> Tensor:
    """Return the cross-entropy, and how far the codes are from draws of the prior by a kernel."""
    logits, z = output
    return cross_entropy(logits, target) + 100 * generation.mmd(z, torch.randn_like(z))


training.seed_everything(1)
kernel = WithCode(sizes=(784, 256, 256, 8))
history_kernel = training.fit(kernel, x, epochs=EPOCHS, batch_size=BATCH, lr=RATE, loss=kernel_loss)

# %% [markdown]
# That was the way without a game: a kernel, a measure of nearness of two codes, compares the codes of a batch with as many draws: are codes nearer to codes than to draws? (Maximum mean discrepancy; Tolstikhin et al., 2018. Its weight of 100 was chosen by hand, and so were 5 below and the discriminator's smaller rate.) Now the game. Each step of `training.fit_adversarial` is two:
#
# ```python
# loss = cross_entropy(model.decode(z), batch) + weight * encoder_loss(discriminator, z)  # a step of the model
# loss = discriminator_loss(discriminator, z, torch.randn(z.shape))  # a step of the discriminator
# ```

# %% tags=["explore"]
training.seed_everything(1)
adversarial = models.Autoencoder(sizes=(784, 256, 256, 8))
discriminator = models.mlp((8, 128, 128, 1))
history_adversarial = training.fit_adversarial(
    adversarial,
    discriminator,
    x,
    epochs=EPOCHS,
    batch_size=BATCH,
    lr=RATE,
    discriminator_lr=RATE / 3,
    loss=cross_entropy,
    losses=(discriminator_loss, encoder_loss),
    weight=5.0,
)
with torch.no_grad():
    for name, model in {"plain": plain, "kernel": kernel, "adversarial": adversarial}.items():
        z = model.encode(x_test)
        linked = (torch.corrcoef(z.T) - torch.eye(8)).abs().max()
        print(
            f"{name:<12} spread of a unit {z.std(dim=0).min():.2f} to {z.std(dim=0).max():.2f}, "
            f"largest correlation {linked:.2f}"
        )

# %% [markdown]
# Both have brought every unit to a spread of about 1. The kernel, which sees 100 codes at a time, has left two units more correlated than any are after the game: the discriminator learns where to look.
#
# ## 6 · Similar, and new
#
# "We might want to maximise the similarity and novelty of the generated data points", says one of the slide decks from which this course was made, and leaves it at that. So measure both.

# %% [markdown]
# ### Exercise 7 · Similar, and new
# *Difficulty ●●● · importance ●●● · 20 minutes · 3 points*
#
# *Similar*: describe two sets of features by a Gaussian each, and take the distance of the Gaussians (Fréchet's; Heusel et al., 2017, made it the usual number):
#
# $$d^2=\|\mu_a-\mu_b\|^2+\operatorname{tr}\Big(\Sigma_a+\Sigma_b-2\big(\Sigma_a^{1/2}\,\Sigma_b\,\Sigma_a^{1/2}\big)^{1/2}\Big)$$
#
# *New*: how far is each sample from the nearest training image?
#
# <details><summary>Hint 1: the root of a matrix</summary>
#
# Not of its entries. With eigenvalues λ and eigenvectors V of a symmetric matrix, $S^{1/2} = V\,\mathrm{diag}(\sqrt\lambda)\,V^\top$. Rounding can push an eigenvalue of 0 below it: cut off at 0 first.
# </details>
# <details><summary>Hint 2: only a trace is needed</summary>
#
# The trace of $M^{1/2}$ is the sum of the roots of the eigenvalues of M: `torch.linalg.eigvalsh`.
# </details>
# <details><summary>Hint 3: the nearest</summary>
#
# `torch.cdist(samples, train)` is (N, M), a distance for each pair; `amin` over one axis.
# </details>


# %% nbgrader={"grade_id": "sample_quality", "solution": true}
def frechet_distance(a: Tensor, b: Tensor) -> float:
    """The squared Fréchet distance of the Gaussians with the means and covariances of a and b.

    Args:
        a: features, floats (N, F), N >= 2 and F >= 2.
        b: features, (M, F), M >= 2. Covariances may be singular: a feature may be constant, and
            there may be fewer rows than features.

    Returns:
        ‖μa − μb‖² + tr(Σa + Σb − 2 (Σa^½ Σb Σa^½)^½), with covariances that divide by N − 1 and M − 1.
    """
    ### BEGIN SOLUTION

    def gaussian(rows: Tensor) -> tuple[Tensor, Tensor]:
        centred = rows.double() - rows.double().mean(dim=0)
        return rows.double().mean(dim=0), centred.T @ centred / (len(rows) - 1)

    (mean_a, cov_a), (mean_b, cov_b) = gaussian(a), gaussian(b)
    values, vectors = torch.linalg.eigh(cov_a)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(root @ cov_b @ root).clamp_min(0).sqrt().sum()
    return float((mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * cross)
    ### END SOLUTION


def nearest_distances(samples: Tensor, train: Tensor) -> Tensor:
    """The Euclidean distance of each sample to the training image that is nearest to it.

    Args:
        samples: floats (N, D).
        train: training images, (M, D), M >= 1.

    Returns:
        (N,), 0 for a copy, up to rounding.
    """
    ### BEGIN SOLUTION
    return torch.cdist(samples, train).amin(dim=1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-sample_quality", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_c, grade

grade(elective_c.sample_quality, frechet_distance, nearest_distances)
### END HIDDEN TESTS
assert tests.sample_quality(frechet_distance, nearest_distances)
# %% tags=["explore"]
training.seed_everything(1)
judge = models.Classifier()
training.fit_encoder(judge, x, digits.y_train, F.cross_entropy, epochs=6, lr=3e-3)
with torch.no_grad():
    right = float((judge(x_test).argmax(dim=1) == digits.y_test).double().mean())
print(f"the judge names {right:.1%} of the test images")

# %% [markdown]
# The features are those of a small classifier, which we also ask how *sure* it is of its answer. (Others take the features of an ImageNet network. The number then is called FID and cannot be compared with ours.)
#
# **Predict.** A copy of a training image is at distance 0, noise at about 15. How far is a *real test image* from the training image that is nearest to it?

# %% tags=["explore"]
predict(
    "ec-nearest", "Distance of a real test image to the nearest training image?", 0, 20, default=10
)

# %% tags=["explore"]
draw = torch.Generator().manual_seed(1)
networks = {  # name: how images become codes, how codes become images, how many numbers
    "plain, 8": (plain.encode, lambda z: plain.decode(z).sigmoid(), 8),
    "VAE, 2": (lambda i: vae_2.posterior(i)[0], lambda z: vae_2.decoder(z).sigmoid(), 2),
    "VAE, 20": (lambda i: vae_20.posterior(i)[0], lambda z: vae_20.decoder(z).sigmoid(), 20),
    "VAE, β = 4, 20": (
        lambda i: vae_dear.posterior(i)[0],
        lambda z: vae_dear.decoder(z).sigmoid(),
        20,
    ),
    "kernel, 8": (kernel.encode, lambda z: kernel.decode(z).sigmoid(), 8),
    "adversarial, 8": (adversarial.encode, lambda z: adversarial.decode(z).sigmoid(), 8),
}


def sureness(images: Tensor) -> float:
    """Return how sure the classifier is of its answers, on average."""
    with torch.no_grad():
        return float(judge(images).softmax(dim=1).amax(dim=1).mean())


sampled, quality = {}, {}
with torch.no_grad():
    real = judge.features(x_test)
    for name, (encode, decode, size) in networks.items():
        z, z_new = encode(x), encode(x_test)
        of_prior = decode(torch.randn(1000, size, generator=draw))
        of_gaussian = decode(gaussian_samples(z, 1000, draw))
        sampled[name] = of_gaussian if name == "plain, 8" else of_prior
        quality[name] = {
            "prior": frechet_distance(judge.features(of_prior), real),
            "gaussian": frechet_distance(judge.features(of_gaussian), real),
            "rebuilt": frechet_distance(judge.features(decode(z_new)), real),
            "nearest": float(nearest_distances(sampled[name], x).mean()),
            "sure": sureness(sampled[name]),
            "sse": float((decode(z_new) - x_test).square().sum(dim=1).mean()),
            "knn": embeddings.knn_accuracy(z, digits.y_train, z_new, digits.y_test),
        }
    half = torch.randperm(1000, generator=draw)
    others = {"training images": x[:1000], "noise": torch.rand(1000, 784, generator=draw)}
    controls = {
        name: {
            "prior": frechet_distance(judge.features(images), real),
            "nearest": float(nearest_distances(images, x).mean()),
            "sure": sureness(images),
        }
        for name, images in others.items()
    }
    controls["test images, 500 with 500"] = {
        "prior": frechet_distance(real[half[:500]], real[half[500:]]),
        "nearest": float(nearest_distances(x_test, x).mean()),
        "sure": sureness(x_test),
    }
print(f"{'':<17}{'Fréchet distance, codes from':^36}{'nearest':>9}{'sure':>6}{'SSE':>7}{'kNN':>6}")
print(f"{'':<17}{'N(0, 1)':>10}{'a Gaussian':>13}{'test images':>13}")
for name, row in quality.items():
    print(
        f"{name:<17}{row['prior']:>10.0f}{row['gaussian']:>13.0f}{row['rebuilt']:>13.0f}"
        f"{row['nearest']:>9.2f}{row['sure']:>6.2f}{row['sse']:>7.1f}{row['knn']:>6.2f}"
    )
print("without a network:")
for name, row in controls.items():
    print(f"{name:<27}{row['prior']:>6.0f}{row['nearest']:>35.2f}{row['sure']:>6.2f}")
reveal("ec-nearest", controls["test images, 500 with 500"]["nearest"])

# %% tags=["record"]
record("ec-quality", quality | controls)

# %% tags=["explore"]
training.compare(
    "ec-quality",
    {
        "plain, 8": history_plain,
        "VAE, 2": history_2,
        "VAE, 20": history_20,
        "VAE, β = 4, 20": history_dear,
        "VAE, β = 784, 20": history_dead,
        "VAE, 20, binary images": history_binary,
        "kernel, 8": history_kernel,
        "adversarial, 8": history_adversarial,
    },
    compared=("model", "loss", "parameters", "optimiser", "data"),
    reasons={
        "images seen": "With β = 784 the code is empty after three epochs; the row is in no table of quality.",
        "steps": "The same.",
    },
    rate_chosen="by hand, one for all",
)

# %% [markdown]
# The first three columns are Fréchet distances to the 1,000 test images: of images drawn with codes from the prior; with codes from a Gaussian around the training codes (your first exercise, given to everybody); and of the *rebuilt* test images, where nothing is drawn. *Nearest* and *sure* are of drawn images
# (prior; for the plain network its Gaussian), SSE and kNN of the code.
#
# **Explain.** Ask of each column who wins.
#
# - *Fréchet*: training images. Of course; they are real. A model that had learned them by heart would win every table that has only this column.
# - *Nearest*: a small distance is a copy, or a blurred image, which is close to everything. Real new digits are about 5 away, all models a little less: the column finds copies and noise, and tells no model from another.
# - *Sure*: the classifier is sure of noise. It was never taught to doubt.
# - *SSE* and *kNN* judge the code, not what is drawn.
#
# And among the models? From the prior, the adversarial network is first and the variational ones are far behind. But look to the right. With a Gaussian put around its codes *afterwards*, a control that is seldom reported, the variational network with 20 numbers
# and the plain one, which never heard of a prior, draw best of all. And for two of the three variational networks even the *rebuilt* test images are far from real ones: what they draw is blurred because everything that they decode is. So the prior was the lesser problem. (One training each, 5,000 images. With 60,000 and three seeds the adversarial network is first: the lesson has that table.)


# %% tags=["explore"]
def nearest_images(images: Tensor) -> Tensor:
    """Return the training image that is nearest to each."""
    return x[torch.cdist(images, x).argmin(dim=1)]


shown = {name: sampled[name][:12] for name in ("VAE, 20", "plain, 8", "adversarial, 8")}
plots.sample_wall(
    shown,
    marks={name: nearest_images(images) for name, images in shown.items()},
    title="Drawn, and below each the training image that is nearest to it",
)

# %% [markdown]
# Now the usual mistake in reading such numbers. Half of the test images have a distance from the other half that is *larger* than that of 1,000 training images. Real from real, and so far?

# %% tags=["explore"]
counts = [50, 100, 200, 400, 1000]
by_count = {"training images": [], "adversarial, 8": []}
with torch.no_grad():
    for name, of in by_count.items():
        images = x[:1000] if name == "training images" else sampled[name]
        for n in counts:
            some = [
                judge.features(images[torch.randperm(len(images), generator=draw)[:n]])
                for _ in range(5)
            ]
            of.append(sum(frechet_distance(f, real) for f in some) / len(some))
plots.lines(
    counts,
    by_count,
    title="Fewer samples, a larger distance: real images, too",
    x_label="samples",
    y_label="Fréchet distance to the test images",
    log_x=True,
)

# %% tags=["record"]
record(
    "ec-counts",
    {name: dict(zip(map(str, counts), of, strict=True)) for name, of in by_count.items()},
)

# %% [markdown]
# **Explain.** A covariance estimated from few rows is wrong in many directions at once, and the distance counts each of them. 64 features need many more than 64 samples. So compare at one number of samples, and say which.
#
# ## 7 · Roads and directions
#
# "Generative AI explores the latent space as a source of creativity", say the slides, and "cat + (pig − pig) = cat" is one of their key results. The second first:

# %% tags=["explore"]
with torch.no_grad():
    z_test = vae_20.posterior(x_test)[0]
some = torch.randperm(len(x_test), generator=draw)
pixels, noise = x_test, torch.rand(1000, 20)
for space, points in {"code": z_test, "pixels": pixels, "noise": noise}.items():
    same = torch.allclose(points + (points[some] - points[some]), points)
    print(f"cat + (pig - pig) = cat among {space + ':':<8}", same)

# %% [markdown]
# It holds, and it would hold for any table of numbers: it is what a minus sign means, and says nothing about cats, pigs or codes. What *would* say something has to be able to fail: a road along which every image is a digit, or a direction, learned on some
# digits, that does to other digits what it did to the first.

# %% [markdown]
# ### Exercise 8 · Two roads, and a direction
# *Difficulty ●●○ · importance ●●○ · 12 minutes · 3 points*
#
# A straight line leads from one code to another. In twenty dimensions nearly all draws of N(0, 1) have a length of about √20, and half-way along the line between two of them the length is only about 0.7 of that: a place where
# the decoder has seldom been. Between codes of one length a great circle keeps it (White, 2016):
#
# $$z(t)=\frac{\sin((1-t)\,\theta)}{\sin\theta}\,a+\frac{\sin(t\,\theta)}{\sin\theta}\,b,\qquad \theta=\text{the angle between } a \text{ and } b$$
#
# And an attribute is a direction: from the mean code of those that lack it to the mean code of those that have it.
#
# <details><summary>Hint 1: the angle</summary>
#
# `acos` of the cosine: the inner product of a and b over the product of their lengths. Clamp it to [−1, 1] first.
# </details>
# <details><summary>Hint 2: one direction</summary>
#
# Where a and b point the same way, θ is 0 and the formula is 0/0. Its limit is the straight line, a + t (b − a).
# </details>


# %% nbgrader={"grade_id": "latent_paths", "solution": true}
def great_circle(a: Tensor, b: Tensor, steps: int) -> Tensor:
    """Codes on the great circle from a to b, at t = 0, 1/(steps − 1), …, 1.

    Args:
        a: a code, floats (K,), not 0.
        b: a code, (K,), not 0 and not opposite to a. If it points in the direction of a, the road
            is the straight line.
        steps: how many codes, both ends counted, at least 2.

    Returns:
        (steps, K), from a to b: sin((1 − t) θ)/sin θ · a + sin(t θ)/sin θ · b, where θ is the angle
        between a and b. Neither is normalised.
    """
    ### BEGIN SOLUTION
    t = torch.linspace(0, 1, steps, dtype=a.dtype)[:, None]
    angle = (F.normalize(a, dim=0) @ F.normalize(b, dim=0)).clamp(-1, 1).acos()
    if angle < 1e-3:
        return a + t * (b - a)
    return (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()
    ### END SOLUTION


def attribute_direction(codes: Tensor, has: Tensor) -> Tensor:
    """From the mean code of the images without an attribute to the mean code of those with it.

    Args:
        codes: floats (N, K).
        has: booleans (N,), whether each image has the attribute; both kinds occur.

    Returns:
        (K,).
    """
    ### BEGIN SOLUTION
    return codes[has].mean(dim=0) - codes[~has].mean(dim=0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test-latent_paths", "points": 3}
### BEGIN HIDDEN TESTS
from autograder.exercises import elective_c, grade

grade(elective_c.latent_paths, great_circle, attribute_direction)
### END HIDDEN TESTS
assert tests.latent_paths(great_circle, attribute_direction)
# %% tags=["explore"]
with torch.no_grad():  # the 3 and the 8 whose reconstructions the classifier knows best
    known = judge(vae_20.decoder(z_test).sigmoid()).softmax(dim=1)
start, end = (int((known[:, d] * (digits.y_test == d)).argmax()) for d in (3, 8))
t = torch.linspace(0, 1, 9)[:, None]
z_start, z_end = z_test[start], z_test[end]
originals = x_test[start], x_test[end]
with torch.no_grad():
    roads = {
        "straight line\nof codes": vae_20.decoder(z_start + t * (z_end - z_start)).sigmoid(),
        "great circle\nof codes": vae_20.decoder(great_circle(z_start, z_end, 9)).sigmoid(),
        "straight line\nof pixels": originals[0] + t * (originals[1] - originals[0]),
    }
roads = {k: torch.stack([originals[0], *road, originals[1]]) for k, road in roads.items()}
plots.sample_wall(
    roads,
    columns=11,
    headings=["original", *(f"{v:.2f}" for v in t.flatten().tolist()), "original"],
    title="Three roads from a 3 to an 8",
)

# %% [markdown]
# One pair is an anecdote. Here are 400 pairs of different digits, and what is half-way between them: how sure the classifier is, and how far the nearest training image.

# %% tags=["explore"]
draw = torch.Generator().manual_seed(3)
pairs = torch.randint(1000, (600, 2), generator=draw)
pairs = pairs[digits.y_test[pairs[:, 0]] != digits.y_test[pairs[:, 1]]][:400]
a, b = z_test[pairs[:, 0]], z_test[pairs[:, 1]]
circle = torch.stack([great_circle(p, q, 3)[1] for p, q in zip(a, b, strict=True)])
lengths = {"rebuilt ends": a, "straight line": (a + b) / 2, "great circle": circle}
with torch.no_grad():
    half_way = {name: vae_20.decoder(z).sigmoid() for name, z in lengths.items()}
    half_way["pixels"] = (x_test[pairs[:, 0]] + x_test[pairs[:, 1]]) / 2
    middle = {
        name: {
            "sure": float(judge(images).softmax(dim=1).amax(dim=1).mean()),
            "nearest": float(nearest_distances(images, x).mean()),
        }
        for name, images in half_way.items()
    }
print(f"{'':<16}{'length':>7}{'sure':>7}{'nearest':>9}")
for name, row in middle.items():
    length = f"{lengths[name].norm(dim=1).mean():.2f}" if name in lengths else ""
    print(f"{name:<16}{length:>7}{row['sure']:>7.2f}{row['nearest']:>9.2f}")

# %% tags=["record"]
record("ec-roads", middle)

# %% [markdown]
# **Explain.** Half-way along the straight line the code is shorter than at both ends, and the classifier a little less sure than on the circle; in the picture one hardly sees a difference between the two. (These are codes of images, shorter than draws from the prior would be.) In *pixels* two digits lie on top of each other, a double exposure, farther from every training image than a real digit is.
# That is what a code buys on a road. The choice of the road matters less than one reads.
#
# Now a direction. Slant and thickness can be *measured* in an image (`generation.slant`, `generation.thickness`), so nobody has to judge by eye. We learn the direction on the digits 0 to 4, and walk along it with 5 to 9. To be fair, every space walks until the same is gained:
# as much slant as lies between the more and the less slanted half of a class. That it slants is then no finding. How far it has to walk is one (*amount*, in differences of the two means), and how many digits are still *kept*: known to the classifier after the walk, of those that it knew rebuilt.
#
# **Predict.** The same arithmetic in PCA's code and in pixels stands beside it. How many digits are kept in the code of the variational autoencoder?

# %% tags=["explore"]
predict("ec-kept", "Digits kept after the walk in the VAE's code (%)?", 0, 100, default=95)

# %% tags=["explore"]
first, later = digits.y_train < 5, digits.y_test >= 5  # learned on some digits, tried on the others
others = x_test[later]
flat_code = pca.PCA(20).fit(x)
spaces = {
    "the VAE's code": (lambda i: vae_20.posterior(i)[0], lambda z: vae_20.decoder(z).sigmoid()),
    "PCA's code": (flat_code.encode, lambda z: flat_code.inverse_transform(z).clamp(0, 1)),
    "pixels": (lambda i: i, lambda z: z.clamp(0, 1)),
}


def more_than_half(values: Tensor, classes: Tensor) -> Tensor:
    """Return whether each value is above the median of its own class."""
    medians = torch.stack([values[classes == c].median() for c in classes.unique()])
    return values > medians[classes]


labels, directions, kept = digits.y_test[later], {name: {} for name in spaces}, {}
two = torch.cat([(labels == d).nonzero()[:2, 0] for d in range(5, 10)])  # two of each digit
wall = {"test images": others[two]}
with torch.no_grad():
    for attribute, measure in {
        "slant": generation.slant,
        "thickness": generation.thickness,
    }.items():
        values = measure(digits.x_train[first])
        has = more_than_half(values, digits.y_train[first])
        step = values[has].mean() - values[~has].mean()
        for space, (encode, decode) in spaces.items():
            towards = attribute_direction(encode(x[first]), has)
            z = encode(others)
            before = decode(z)
            after, amount, _ = generation.walk_until(
                lambda rows, of=measure: of(rows.unflatten(1, (1, 28, 28))),
                decode,
                z,
                towards,
                float(step),
            )
            known = judge(before).argmax(dim=1) == labels
            still = judge(after).argmax(dim=1) == labels
            kept[f"{attribute}, {space}"] = {
                "amount": amount,
                "known": 100 * float(known.double().mean()),
                "kept": 100 * float(still[known].double().mean()),
                "nearest": float(nearest_distances(after, x).mean()),
            }
            directions[space][attribute] = towards
            if attribute == "slant":
                rebuilt = {} if space == "pixels" else {f"{space}:\nrebuilt": before[two]}
                wall |= rebuilt | {f"{space}:\nmore slant": after[two]}
print(f"{'':<28}{'amount':>8}{'known, rebuilt':>16}{'kept':>7}{'nearest':>9}")
for name, row in kept.items():
    print("{:<28}{:>7.2f}×{:>14.0f} %{:>5.0f} %{:>9.2f}".format(name, *row.values()))
reveal("ec-kept", kept["slant, the VAE's code"]["kept"])

# %% tags=["record"]
record("ec-walks", kept)

# %% tags=["explore"]
plots.sample_wall(wall, columns=10, title="Slant, learned on the digits 0 to 4 and given to 5 to 9")

# %% [markdown]
# **Explain.** It could have failed, and partly did. In every space a direction learned on some digits slants others. The code of the variational autoencoder walks the shortest way and leaves images that look like written digits, but two fifths of them are no longer the digit that they were; PCA's code, a projection to twenty axes, keeps
# more; in pixels, where ink is laid beside the old stroke, more than half are lost. For thickness, pixels do best, because more ink *is* more ink. So a row of pretty pictures proves little. Ask for the same arithmetic in pixels and in PCA's code, for a measure of what was to change, and for one of what was not.
# (With 60,000 images the variational code keeps most: the lesson has the table.)
#
# Try it: a slider for each attribute, in all three spaces.

# %% tags=["explore"]
image = others[two[4]]
with torch.no_grad():
    beside = {
        name: (decode, encode(image[None])[0], directions[name])
        for name, (encode, decode) in spaces.items()
    }
sliders = widgets.attribute_sliders(*beside.pop("the VAE's code"), image=image, also=beside)
sliders

# %% [markdown]
# ## 8 · What image generators do today
#
# You have built parts of it. A generator of pictures from text is an autoencoder first, and then a generator *of its codes*.
#
# | part | what it does | where you built it |
# |---|---|---|
# | autoencoder with a little KL | 512 × 512 pixels become a code of 64 × 64 × 4, once and for all (latent diffusion; Rombach et al., 2022) | weeks 2 and 3; exercises 2 to 4 with a tiny β |
# | discriminator of what is decoded | keeps reconstructions sharp where squared error blurs (VQGAN; Esser et al., 2021) | exercise 6, on codes instead of patches |
# | discrete code | each vector is replaced by the nearest of a codebook, and a language model writes with these words (VQ-VAE; van den Oord et al., 2017) | week 3's quantisation, week 7's nearest neighbour |
# | denoiser of codes | starts at N(0, 1) and takes noise away step by step until a code is left (Ho et al., 2020) | week 4, on codes instead of images |
# | text encoder | tells the denoiser what to draw (CLIP; Radford et al., 2021) | weeks 6 and 7: pairs are drawn together |
# | measures | Fréchet distance, nearest training images, and people | exercise 7 |
#
# So the plain code with a Gaussian around it was the first step of today's recipe: leave the autoencoder alone, and put a better description of its codes in the Gaussian's place.
#
# ## What you can do now

# %% tags=["explore"]
calibration()

# %% [markdown]
# - Draw from codes, and say what they have to be like for it.
# - Write the bound with the right sums, and say which nats may be compared.
# - Show collapse, with a number for each unit.
# - Send two losses where they belong.
# - Judge samples by similarity *and* novelty, with real images, copies and noise in the same table.
# - Ask of a latent equation whether it could have failed.
#
# **If you want more.** Put one Gaussian around the codes of *each class* and draw from ten: what happens to the columns? Show the discriminator the class as well. Or train `vae_20` five times as long: which columns move, and which do not?
