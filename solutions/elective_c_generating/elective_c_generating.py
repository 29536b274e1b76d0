# %% [markdown]
# # Elective C · Generating
#
# TEXT
#
# | | |
# |---|---|
# | Time | about 2½ hours; the notebook itself runs in under a minute |
# | Needs | weeks 1 to 3 and 6; week 7 helps |
# | Graded | 8 exercises, 24 points |

# %%
import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aeutils import data, generation, models, pca, plots, training, widgets
from aeutils.testing import elective_c as tests
from aeutils.widgets import calibration, predict, reveal

torch.set_num_threads(1)  # steadier on a busy laptop: two threads often wait for each other
training.seed_everything(1)

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

# %% [markdown]
# ### Exercise 2 · A code that is a cloud
# *Difficulty ●●○ · importance ●●● · 10 minutes · 3 points*
#
# The encoder of a variational autoencoder names a *region* for each image: a mean and a spread for every number of the code. While it trains, the decoder gets a draw from that region; afterwards, when codes
# are compared, the mean. The draw has to let gradients through, and `torch.normal(mean, std)` does not: write it as a number that the encoder gave, plus noise that it did not, times a number that it gave.
#
# <details><summary>Hint 1: from log-variance to spread</summary>
#
# $\log\sigma^2 = v$, so $\sigma = e^{v/2}$. The network may answer any number $v$, and $\sigma$ is always positive: that is what the logarithm is for.
# </details>
# <details><summary>Hint 2: the noise</summary>
#
# `torch.randn(mean.shape, generator=generator, …)`: one number of its own for every entry.
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
# It is 0 for a unit that says nothing (mean 0 and variance 1, whatever the image), and grows with what the unit tells about the image.
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
# $$-\mathrm{ELBO}=\frac1N\sum_{n}\Big[\underbrace{\sum_{d}\mathrm{BCE}(\text{logit}_{nd},x_{nd})}_{\text{to rebuild the image}}+\beta\underbrace{\sum_{k}\mathrm{KL}_{nk}}_{\text{to send the code}}\Big]$$
#
# Sums over pixels and units, one mean over images. Each of the other choices changes the *balance*: a mean over 784 pixels beside a sum over units is β = 784 in disguise.
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
        mean: of the posterior, (N, K).
        log_var: the logarithms of its variances, (N, K).
        beta: weight of the KL divergence (1 for the bound).

    Returns:
        A scalar: binary cross-entropy summed over pixels plus beta times the KL divergence summed over
        units, averaged over images. Its gradient reaches `logits`, `mean` and `log_var`.
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

# %% [markdown]
# ### Exercise 5 · How tight is the bound?
# *Difficulty ●●● · importance ●●○ · 18 minutes · 3 points*
#
# The probability that the model gives to an image is an integral over all codes. The encoder says where to look; drawing S codes there and weighting each by how much more the model believes in it than the encoder
# did gives an estimate (Burda et al., 2016):
#
# $$-\log p(x)\;\le\;-\log\frac1S\sum_{s=1}^{S} w_s,\qquad w_s=\frac{p(x\mid z_s)\,p(z_s)}{q(z_s\mid x)}$$
#
# in expectation; with S = 1 it is the bound of exercise 4. A weight is about $e^{-100}$: in 32-bit numbers it is 0. So add logarithms.
#
# <details><summary>Hint 1: three logarithms</summary>
#
# log p(x|z) is minus the cross-entropy, summed over pixels. Of the two Gaussians only the difference is needed: log p(z) − log q(z|x) =
# ½ Σ [(z − μ)²/σ² + log σ² − z²], because the constants are the same in both.
# </details>
# <details><summary>Hint 2: a mean of what has underflowed</summary>
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
# `F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))`: the discriminator answers logits, not probabilities.
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

# %% [markdown]
# ### Exercise 8 · Two roads, and a direction
# *Difficulty ●●○ · importance ●●○ · 12 minutes · 3 points*
#
# Between two codes leads a straight line. In twenty dimensions nearly all draws of N(0, 1) have a length of about √20, and half-way along the line between two of them the length is only about 0.7 of that: a place where
# the decoder has seldom been. A great circle keeps the length (White, 2016):
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
        between a and b. Lengths are kept as they are.
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
