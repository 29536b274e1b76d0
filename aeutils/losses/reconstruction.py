"""Reconstruction losses, each read as minus the log-likelihood of a distribution of the pixels.

A decoder does not only draw an image: it says how likely every image is. To choose a loss is to
choose that distribution; training then makes minus the log-likelihood of the data small.

====================  ==================================  ==============================
loss                  pixel x given the decoder           decoder's last layer
====================  ==================================  ==============================
`mse`                 Gaussian, any fixed σ (rescaled)    linear, x_hat
`gaussian_nll`        Gaussian N(x_hat, σ²)               linear, x_hat
`bernoulli_nll`       Bernoulli, P(x=1) = sigmoid(a)      linear, logit a
`tanh_cross_entropy`  Bernoulli, P(x=1) = (1+tanh a)/2    linear, a (y = tanh a is shown)
`poisson_nll`         Poisson, rate exp(a)                linear, log rate a
`multinomial_nll`     one of V words, softmax(a)          linear, logits a
`hinge_mse`           about a Gaussian clipped to [0, 1]  linear, x_hat (clamp to show)
====================  ==================================  ==============================

Reduction: the likelihoods (`*_nll`, `tanh_cross_entropy`) are the mean over images of the sum over
pixels, so they are nats per image. `mse` and `hinge_mse` are the mean over images and pixels. The
two differ by the factor D, the number of pixels, which matters when learning rates are compared.

First argument: what the decoder returned. Second: the target. Both (N, ...) of one shape.

References:
    * Bishop (2006), Pattern recognition and machine learning, §5.2 (output units and their losses).
    * Tobin (1958), Estimation of relationships for limited dependent variables (clipped Gaussian).
    * Bengio, Courville and Vincent (2013), Representation learning (autoencoders and their losses).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from aeutils._internal.validate import check_same_shape, describe
from aeutils.testing.sealed import exercise


@exercise("week01_pca")
def squared_error_per_image(x_hat: Tensor, x: Tensor) -> Tensor:
    """Return the sum of squared differences of each image: SSE_i = Σ_d (x_hat_id − x_id)².

    Args:
        x_hat: reconstructions, floats of shape (N, ...).
        x: originals, of the same shape.

    Returns:
        One number for each image, (N,), in squared units of intensity, which is the measure of
        Hinton and Salakhutdinov (2006).

    Raises:
        TypeError: `x_hat` or `x` is not a tensor of floats.
        ValueError: the shapes differ, or are not (N, ...) with at least one image.
    """
    _check(x_hat, x, "x_hat")
    return (x_hat - x).square().flatten(1).sum(dim=1)  # (N, D) -> (N,)


def mse(x_hat: Tensor, x: Tensor) -> Tensor:
    """Return the mean squared error over images and pixels.

    A Gaussian of fixed σ has −log p(x) = (x − x_hat)² / 2σ² + const: the smallest mean squared
    error is the largest likelihood, whatever σ is. The SSE per image is D times this.

    Args:
        x_hat: reconstructions, floats of shape (N, ...).
        x: originals, of the same shape.

    Returns:
        A scalar, in squared units of intensity.

    Raises:
        TypeError: `x_hat` or `x` is not a tensor of floats.
        ValueError: the shapes differ, or are not (N, ...) with at least one image.
    """
    _check(x_hat, x, "x_hat")
    return F.mse_loss(x_hat, x)  # one pass over the pixels, and one for the gradient


@exercise("week02_vanilla")
def gaussian_nll(x_hat: Tensor, x: Tensor, sigma: float | Tensor) -> Tensor:
    """Return −log N(x; x_hat, σ²I) in nats per image, averaged over images.

    p(x) = Π_d exp(−(x_d − x_hat_d)² / 2σ²) / √(2πσ²), hence
    −log p(x) = SSE / 2σ² + (D/2) log(2πσ²).
    The second term lets losses with different σ be compared; with a learned σ it stops σ growing.

    Args:
        x_hat: reconstructions, floats of shape (N, ...) with D numbers per image.
        x: originals, of the same shape.
        sigma: standard deviation σ > 0 in units of intensity: a number, or a tensor with one entry
            (which may carry a gradient).

    Returns:
        A scalar, in nats per image; it may be negative, because p is a density.

    Raises:
        TypeError: `x_hat` or `x` is not a tensor of floats.
        ValueError: the shapes differ, or are not (N, ...) with at least one image.
        ValueError: `sigma` is not one number, or is not positive (checked on the CPU only).
    """
    _check(x_hat, x, "x_hat")
    variance = _check_sigma(sigma, x).square()
    d = x[0].numel()
    sse = (x_hat - x).square().flatten(1).sum(dim=1)  # (N, D) -> (N,)
    return sse.mean() / (2 * variance) + d / 2 * (2 * math.pi * variance).log()


@exercise("week02_vanilla")
def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """Return the binary cross-entropy of sigmoid(logits) in nats per image, averaged over images.

    With p = sigmoid(a), p(x) = pˣ (1−p)¹⁻ˣ, hence −log p(x) = −x log p − (1−x) log(1−p).
    Inserting log p = −log(1+e⁻ᵃ) and log(1−p) = log p − a leaves −log p(x) = (1−x) a + log(1+e⁻ᵃ),
    which never takes the log of a p that rounded to 0: stable for |a| of 1e4 and more.

    Grey pixels between 0 and 1 are allowed (the loss is then a cross-entropy, whose smallest value
    is the entropy of x and not 0).

    Args:
        logits: any real numbers (N, ...); apply no sigmoid before.
        x: targets in [0, 1], of the same shape.

    Returns:
        A scalar, in nats per image.

    Raises:
        TypeError: `logits` or `x` is not a tensor of floats.
        ValueError: the shapes differ, or are not (N, ...) with at least one image.
        ValueError: a target lies outside [0, 1] (checked on the CPU only: a GPU would have to
            wait).
    """
    _check(logits, x, "logits")
    _check_target(x, low=0, high=1)
    nll = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return nll.flatten(1).sum(dim=1).mean()  # (N, D) -> (N,) -> ()


bce_with_logits = bernoulli_nll  # the same loss under PyTorch's name


@exercise("week02_vanilla")
def tanh_cross_entropy(pre_activation: Tensor, x: Tensor) -> Tensor:
    """Return the cross-entropy of a decoder that ends in tanh, in nats per image.

    The output y = tanh(a) in [−1, 1] is read as the probability p = (1+y)/2 of a white pixel. Since
    (1 + tanh a)/2 = eᵃ / (eᵃ + e⁻ᵃ) = sigmoid(2a), this is the Bernoulli loss of the logit 2a.
    Computing log((1+y)/2) from y instead fails as soon as tanh rounds to −1 (a < −9 in float32).

    Args:
        pre_activation: a, any real numbers (N, ...), before the tanh.
        x: targets in [0, 1], of the same shape (not in [−1, 1]: rescale images y with (1+y)/2).

    Returns:
        A scalar, in nats per image, averaged over images.

    Raises:
        TypeError: `pre_activation` or `x` is not a tensor of floats.
        ValueError: the shapes differ, or are not (N, ...) with at least one image.
        ValueError: a target lies outside [0, 1] (checked on the CPU only).
    """
    return bernoulli_nll(2 * pre_activation, x)


@exercise("week02_vanilla")
def poisson_nll(log_rate: Tensor, x: Tensor, full: bool = False) -> Tensor:
    """Return −log Poisson(x; rate = exp(log_rate)) in nats per image, averaged over images.

    p(x) = rateˣ e^(−rate) / x!, hence −log p(x) = rate − x log rate + log x!.
    The last term does not depend on the model and is left out unless `full`; without it the loss
    may be negative. Meant for counts (photons per pixel): Poisson noise has variance = mean.

    A rate above e³⁰ = 1e13 is replaced by the tangent of the exponential there, so that a wild
    log rate (up to 1e4) gives a huge loss and a finite gradient instead of infinity.

    Args:
        log_rate: any real numbers (N, ...).
        x: counts >= 0, floats of the same shape.
        full: whether log x!, which does not depend on the model, is added.

    Returns:
        A scalar, in nats per image.

    Raises:
        TypeError: `log_rate` or `x` is not a tensor of floats.
        ValueError: the shapes differ, or are not (N, ...) with at least one image.
        ValueError: a count is negative (checked on the CPU only).
    """
    _check(log_rate, x, "log_rate")
    _check_target(x, low=0, high=math.inf)
    a = log_rate.clamp(max=30)
    rate = a.exp() * (1 + log_rate - a)  # exp(log_rate), or its tangent beyond 30
    nll = rate - x * log_rate
    if full:
        nll = nll + torch.lgamma(x + 1)  # log x!
    return nll.flatten(1).sum(dim=1).mean()  # (N, D) -> (N,) -> ()


def hinge_mse(x_hat: Tensor, x: Tensor) -> Tensor:
    """Return the mean squared error that forgives overshooting black and white.

    No loss where the target is 0 and the output below 0, or the target is 1 and the output above 1:
    the image is clamped to [0, 1] before anyone sees it, so those outputs are already right. As in
    a hinge loss, the decoder need not spend capacity on hitting the ends exactly; measure such a
    model on `x_hat.clamp(0, 1)`. Read as a likelihood, roughly: a sensor clips a Gaussian value to
    [0, 1] (Tobin, 1958), and a black pixel has P(x=0) = Φ(−x_hat/σ), whose −log is close to 0 for
    x_hat well below 0 and grows like x_hat²/2σ² above.

    Args:
        x_hat: reconstructions, floats of shape (N, ...).
        x: originals in [0, 1], of the same shape.

    Returns:
        A scalar, the mean over images and pixels, so that hinge_mse(x_hat, x) <= mse(x_hat, x).

    Raises:
        TypeError: `x_hat` or `x` is not a tensor of floats.
        ValueError: the shapes differ, or are not (N, ...) with at least one image.
    """
    _check(x_hat, x, "x_hat")
    right_already = ((x <= 0) & (x_hat < 0)) | ((x >= 1) & (x_hat > 1))
    return (x_hat - x).masked_fill(right_already, 0).square().mean()


def _check(output: Tensor, x: Tensor, name: str) -> None:
    """Check types and shapes, which is free; the training loop reports NaN, with its step."""
    for value, label in ((output, name), (x, "x")):
        if not isinstance(value, Tensor) or not value.is_floating_point():
            raise TypeError(
                f"{label} must be a float tensor, got {describe(value)}; pixels 0..255 become "
                "floats in [0, 1] with .float() / 255"
            )
    check_same_shape(output, x, name, "x")
    if x.ndim < 2 or 0 in x.shape:
        raise ValueError(
            f"{name} and x must have shape (N, ...) with one image per row, got {describe(x)}; "
            "add the batch dimension to a single image with unsqueeze(0)"
        )


def _check_target(x: Tensor, low: float, high: float) -> None:
    if x.device.type != "cpu":
        return
    smallest, largest = (float(value) for value in x.detach().aminmax())
    if smallest < low or largest > high:
        raise ValueError(
            f"the target x must lie in [{low:g}, {high:g}], got values from {smallest:g} to "
            f"{largest:g}; pass images before standardising, and the decoder's output first"
        )


def _check_sigma(sigma: float | Tensor, x: Tensor) -> Tensor:
    sigma = torch.as_tensor(sigma, dtype=x.dtype)
    if sigma.numel() != 1:
        raise ValueError(f"sigma must be one number, got {describe(sigma)}; σ is shared by pixels")
    if sigma.device.type == "cpu" and not sigma > 0:
        raise ValueError(f"sigma must be > 0, got {float(sigma):g}; it is a standard deviation")
    return sigma.reshape(())


@exercise("elective_a_documents")
def multinomial_nll(logits: Tensor, counts: Tensor) -> Tensor:
    """Return −Σ_v counts_v log softmax(logits)_v in nats per document, averaged over documents.

    A document of n words is n draws from one distribution over the vocabulary. The part of the
    multinomial's −log-likelihood that does not depend on the logits, log(n! / Π counts_v!), is left
    out. Unlike a sum of Poisson losses it does not ask the decoder how long a document is.

    Args:
        logits: what the decoder returns, floats (N, V).
        counts: word counts, or log counts, >= 0, of the same shape. An empty document adds 0.

    Returns:
        A scalar, in nats per document.

    Raises:
        TypeError: `logits` or `counts` is not a tensor of floats.
        ValueError: the shapes differ, or are not (N, V) with at least one document.
    """
    _check(logits, counts, "logits")
    return -(counts * F.log_softmax(logits, dim=1)).sum(dim=1).mean()
