"""The contractive penalty: how strongly a code reacts to small changes of the image.

With J(x) = ∂h/∂x (K, D) the Jacobian of the *encoder* at image x, the penalty is

    Ω = (1/N) Σ_i ‖J(x_i)‖²_F = (1/N) Σ_i Σ_k Σ_d (∂h_k/∂x_d)²       (Rifai et al., 2011, eq. 5).

Five ways to compute it, all with a gradient for the weights:

=====================  =============================  ==========================================
function               for                            work for N images
=====================  =============================  ==========================================
`penalty_by_loop`      any encoder                    K backward passes, and their gradients
`jacobians`            any encoder (`torch.func`)     the same, in one call; N·K·D numbers stored
`sigmoid_penalty`      h = s(W x + b)                 a forward pass
`two_layer_penalty`    h = V s(W x + b) + c           a forward pass and two H × H matrices
`hutchinson`           any encoder                    one backward pass per probe; an *estimate*
=====================  =============================  ==========================================

>>> x, w, b = torch.rand(8, 784), torch.randn(32, 784) / 28, torch.zeros(32)
>>> loop = penalty_by_loop(lambda x: torch.sigmoid(x @ w.T + b), x)
>>> torch.allclose(loop, sigmoid_penalty(x, w, b))
True

References:
    * Rifai, Vincent, Muller, Glorot and Bengio (2011), Contractive auto-encoders: explicit
      invariance during feature extraction.
    * Hutchinson (1990), A stochastic estimator of the trace of the influence matrix.
    * Rifai et al. (2011b), The manifold tangent classifier (singular values of J).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from aeutils._internal.draws import drawing_device
from aeutils._internal.validate import check_count, check_matrix, describe
from aeutils.testing.sealed import exercise

Encoder = Callable[[Tensor], Tensor]


@exercise("week05_contractive")
@torch.enable_grad()
def penalty_by_loop(encode: Encoder, x: Tensor) -> Tensor:
    """Return Ω by one backward pass for each of the K code numbers.

    Row k of all N Jacobians is the gradient of Σ_i h_ik: image i appears in term i only, so one
    backward pass serves the whole batch. An encoder that mixes the images of a batch (batch
    normalisation in training mode) breaks this, and the result is then not Ω. `create_graph` keeps
    the graph of the backward pass itself, without which the weights would get no gradient.

    Args:
        encode: rows (N, D) -> codes (N, K).
        x: images as rows (N, D).

    Returns:
        A scalar with a gradient for the weights.

    Raises:
        TypeError: `x` is not a tensor of floats.
        ValueError: `x` is not of shape (N, D), or holds NaN or infinity.
        ValueError: `encode` does not return codes (N, K).
    """
    x = check_matrix(x).detach().requires_grad_()
    h = _codes(encode, x)
    total = x.new_zeros(())
    for k in range(h.shape[1]):
        (row,) = torch.autograd.grad(h[:, k].sum(), x, create_graph=True)  # (N, D)
        total = total + row.square().sum()
    return total / len(x)


@exercise("week05_contractive")
def jacobians(encode: Encoder, x: Tensor) -> Tensor:
    """Return J(x_i) for every image, by `torch.func`.

    `jacrev` of the whole batch at once would be (N, K, N, D), nearly all zeros. So the Jacobian of
    *one* image is taken, and `vmap` runs that over the batch.

    Gradients flow to the weights: Ω = jacobians(encode, x).square().sum(dim=(1, 2)).mean().

    Args:
        encode: rows (N, D) -> codes (N, K).
        x: images as rows (N, D).

    Returns:
        One Jacobian for each image, (N, K, D).

    Raises:
        TypeError: `x` is not a tensor of floats.
        ValueError: `x` is not of shape (N, D), or holds NaN or infinity.
    """
    check_matrix(x)

    def one(row: Tensor) -> Tensor:
        return encode(row[None])[0]  # (D,) -> (1, D) -> (1, K) -> (K,)

    return torch.func.vmap(torch.func.jacrev(one))(x)


@exercise("week05_contractive")
def sigmoid_penalty(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return Ω of one sigmoid layer h = s(W x + b), exactly, at the price of a forward pass.

    J = diag(h(1 − h)) W, so ‖J(x)‖²_F = Σ_k (h_k(1 − h_k))² ‖W_k‖²  (Rifai et al., 2011, eq. 7).

    Args:
        x: images as rows (N, D).
        weight: W (K, D), as in `nn.Linear`.
        bias: b (K,).

    Returns:
        A scalar with a gradient for the weights.

    Raises:
        TypeError: `x` is not a tensor of floats.
        ValueError: `x` is not of shape (N, D), or holds NaN or infinity.
        ValueError: `weight` or `bias` does not fit to `x`.
    """
    _check_layer(x, weight, bias)
    h = torch.sigmoid(torch.addmm(bias, x, weight.T))  # (N, K)
    slope = h * (1 - h)
    return (slope.square() @ weight.square().sum(dim=1)).mean()  # (N, K) @ (K,) -> (N,)


@exercise("week05_contractive")
def two_layer_penalty(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor) -> Tensor:
    """Return Ω of a sigmoid layer with a linear code, h = W₂ s(W₁ x + b₁) + b₂, exactly.

    With d = s'(W₁ x + b₁) the Jacobian is J = W₂ diag(d) W₁, and
    ‖J‖²_F = Σ_mn d_m (W₁W₁ᵀ)_mn (W₂ᵀW₂)_mn d_n = dᵀ M d,  M = (W₁W₁ᵀ) ∘ (W₂ᵀW₂).
    M (H, H) is the same for every image, and no Jacobian is built. The gradient is written out in
    `_Quadratic`: M is symmetric, which saves a third of what autograd would do. The code's bias b₂
    does not enter: it changes no slope.

    Args:
        x: images as rows (N, D).
        w1: W₁ (H, D).
        b1: b₁ (H,).
        w2: W₂ (K, H).

    Returns:
        A scalar, which can be differentiated once.

    Raises:
        TypeError: `x` is not a tensor of floats.
        ValueError: `x` is not of shape (N, D), or holds NaN or infinity.
        ValueError: the shapes of `x`, `w1`, `b1` and `w2` do not fit together.
    """
    _check_layer(x, w1, b1)
    if w2.ndim != 2 or w2.shape[1] != w1.shape[0]:
        raise ValueError(
            f"w2 must be (K, {w1.shape[0]}), from hidden units to code, got {describe(w2)}"
        )
    hidden = torch.sigmoid(torch.addmm(b1, x, w1.T))  # (N, H)
    return _Quadratic.apply(hidden * (1 - hidden), w1, w2) / len(x)


@exercise("week05_contractive")
class _Quadratic(torch.autograd.Function):
    """Σ_i d_iᵀ [(W₁W₁ᵀ) ∘ (W₂ᵀW₂)] d_i, for d (N, H), w1 (H, D), w2 (K, H)."""

    @staticmethod
    def forward(ctx: Any, d: Tensor, w1: Tensor, w2: Tensor) -> Tensor:
        a, c = w1 @ w1.T, w2.T @ w2  # (H, H)
        md = d @ (a * c)  # (N, H)
        ctx.save_for_backward(d, w1, w2, a, c, md)
        return (md * d).sum()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        d, w1, w2, a, c, md = ctx.saved_tensors
        dd = d.T @ d  # (H, H)
        return 2 * upstream * md, 2 * upstream * (dd * c) @ w1, 2 * upstream * w2 @ (dd * a)


@exercise("week05_contractive")
@torch.enable_grad()
def hutchinson(
    encode: Encoder, x: Tensor, probes: int, generator: torch.Generator | None = None
) -> tuple[Tensor, float]:
    """Return an unbiased estimate of Ω, and its standard error (Hutchinson, 1990).

    For a random v (K,) with E[v vᵀ] = I, E‖vᵀJ‖² = E[vᵀ J Jᵀ v] = tr(J Jᵀ) = ‖J‖²_F, and vᵀJ is
    one backward pass. Here v has entries ±1 (Rademacher), drawn anew for each image and probe; with
    A = J Jᵀ the variance of one probe at one image is 2 (‖A‖²_F − Σ_k A_kk²), for a Gaussian v
    2 ‖A‖²_F. So with K = 1 the estimate from signs is exact.

    The standard error is that of the mean over probes for *these* images, s/√probes with s the
    standard deviation of the batch means, one for each probe. That images differ from each other is
    not an error of the estimate and is not part of it.

    Args:
        encode: rows (N, D) -> codes (N, K).
        x: images as rows (N, D).
        probes: random vectors for each image, at least 2.
        generator: source of the signs; None for torch's global one.

    Returns:
        The estimate, a scalar with a gradient for the weights, and its standard error, a float.

    Raises:
        TypeError: `probes` is not an integer, or `x` is not a tensor of floats.
        ValueError: there are fewer than two probes.
        ValueError: `x` is not of shape (N, D), or holds NaN or infinity.
        ValueError: `encode` does not return codes (N, K).
    """
    check_count(probes, "probes")
    if probes < 2:
        raise ValueError("one probe has no spread to measure; use probes >= 2")
    x = check_matrix(x).detach().requires_grad_()
    h = _codes(encode, x)
    where, means = drawing_device(generator, h), []
    for _ in range(probes):
        coin = torch.randint(2, h.shape, generator=generator, device=where).to(h.device)
        (vj,) = torch.autograd.grad(h, x, (2 * coin - 1).to(h.dtype), create_graph=True)  # (N, D)
        means.append(vj.square().sum(dim=1).mean())
    each = torch.stack(means)  # (probes,)
    return each.mean(), float(each.detach().std()) / probes**0.5


def singular_values(jacobian: Tensor) -> Tensor:
    """Return the singular values of every Jacobian, largest first.

    They are the factors by which the encoder stretches the directions that it sees; the other
    directions are lost. Their squares add up to ‖J‖²_F.

    Args:
        jacobian: the Jacobian of each image, (N, K, D).

    Returns:
        Singular values (N, min(K, D)).

    Raises:
        ValueError: `jacobian` is not of shape (N, K, D).
    """
    return torch.linalg.svdvals(_check_jacobians(jacobian))


def gains(jacobian: Tensor, tangents: Tensor) -> tuple[Tensor, Tensor]:
    """Return how much a unit step moves the code, along and across the manifold.

    along  = √(‖J T‖²_F / t), the root mean square over the t directions of the tangent space,
    across = √((‖J‖²_F − ‖J T‖²_F) / (D − t)), the same over all directions at right angles to it.
    Only their ratio can be compared between encoders: a code in other units changes both alike.

    Args:
        jacobian: the Jacobian of each image, (N, K, D).
        tangents: orthonormal columns (N, D, t), 0 < t < D, from `aeutils.corruption.tangents`.

    Returns:
        The gains along and across, each (N,), in units of the code per unit of intensity.

    Raises:
        ValueError: `jacobian` is not of shape (N, K, D), or `tangents` does not fit to it.
        ValueError: the columns of `tangents` are not orthonormal.
    """
    n, _, d = _check_jacobians(jacobian).shape
    if tangents.ndim != 3 or tangents.shape[:2] != (n, d) or not 0 < tangents.shape[2] < d:
        raise ValueError(f"tangents must be ({n}, {d}, t) with t < {d}, got {describe(tangents)}")
    t = tangents.shape[2]
    eye = torch.eye(t, dtype=tangents.dtype, device=tangents.device).expand(n, t, t)
    if not torch.allclose(tangents.mT @ tangents, eye, atol=1e-3):
        raise ValueError("the columns of tangents must be orthonormal; use torch.linalg.qr")
    total = jacobian.square().sum(dim=(1, 2))  # (N,)
    inside = (jacobian @ tangents).square().sum(dim=(1, 2))
    return (inside / t).sqrt(), ((total - inside).clamp(min=0) / (d - t)).sqrt()


def _codes(encode: Encoder, x: Tensor) -> Tensor:
    h = encode(x)
    if not isinstance(h, Tensor) or h.ndim != 2 or len(h) != len(x):
        raise ValueError(f"encode must return codes ({len(x)}, K), got {describe(h)}")
    return h


def _check_layer(x: Tensor, weight: Tensor, bias: Tensor) -> None:
    check_matrix(x)
    if weight.ndim != 2 or weight.shape[1] != x.shape[1] or bias.shape != weight.shape[:1]:
        raise ValueError(
            f"weight must be (K, {x.shape[1]}) and bias (K,), as in nn.Linear; got "
            f"{describe(weight)} and {describe(bias)}"
        )


def _check_jacobians(jacobian: Tensor) -> Tensor:
    if jacobian.ndim != 3 or 0 in jacobian.shape:
        raise ValueError(f"jacobian must be (N, K, D), got {describe(jacobian)}")
    return jacobian
