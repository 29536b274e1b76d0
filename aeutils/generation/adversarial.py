"""An adversarial autoencoder's two losses: a discriminator's, and that of the encoder it judges.

The discriminator tells draws from the prior from codes of images; the encoder tries to be taken for
the prior. `aeutils.training.fit_adversarial` trains both in turn.

References:
    * I. Goodfellow et al. (2014). Generative adversarial nets. NeurIPS (with the loss for the
      generator that its section 3 recommends, which does not saturate).
    * A. Makhzani, J. Shlens, N. Jaitly, I. Goodfellow and B. Frey (2015). Adversarial autoencoders.
      arXiv:1511.05644.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aeutils._internal.validate import check_floats, describe
from aeutils.testing.sealed import exercise


@exercise("elective_c_generating")
def discriminator_loss(discriminator: nn.Module, codes: Tensor, prior: Tensor) -> Tensor:
    """Return how badly the discriminator tells draws from codes. Its gradient ends at the codes.

    Args:
        discriminator: module, rows (N, K) -> logits (N, 1) of being a draw from the prior.
        codes: of images, floats (N, K), with the encoder's graph.
        prior: draws from the prior, (M, K).

    Returns:
        A scalar, ½ (mean BCE of the draws against 1 + mean BCE of the codes against 0). Its
        gradient reaches the discriminator and nothing behind the codes.

    Raises:
        TypeError: `codes` or `prior` is not a tensor of floats.
        ValueError: they are not matrices with rows of one length, or the discriminator does not
            answer one logit for each row.
    """
    _check_codes(codes, "codes")
    if _check_codes(prior, "prior").shape[1] != codes.shape[1]:
        raise ValueError(
            f"codes and prior must have rows of one length, got {describe(codes)} and "
            f"{describe(prior)}"
        )
    of_draws = _cross_entropy(_verdicts(discriminator, prior), 1)
    of_codes = _cross_entropy(_verdicts(discriminator, codes.detach()), 0)
    return (of_draws + of_codes) / 2


@exercise("elective_c_generating")
def encoder_loss(discriminator: nn.Module, codes: Tensor) -> Tensor:
    """Return how badly the codes pass for draws from the prior. Its gradient reaches the encoder.

    Args:
        discriminator: module, rows (N, K) -> logits (N, 1) of being a draw from the prior.
        codes: of images, floats (N, K), with the encoder's graph.

    Returns:
        A scalar, the mean BCE of the codes against 1.

    Raises:
        TypeError: `codes` is not a tensor of floats.
        ValueError: `codes` is no matrix, or the discriminator does not answer one logit for each
            row.
    """
    return _cross_entropy(_verdicts(discriminator, _check_codes(codes, "codes")), 1)


def _verdicts(discriminator: nn.Module, rows: Tensor) -> Tensor:
    """Return the discriminator's logits of rows, (N, 1), after a look at their shape.

    Args:
        discriminator: module, rows (N, K) -> logits (N, 1).
        rows: codes or draws, (N, K).

    Raises:
        ValueError: it answers in another shape.
    """
    logits = discriminator(rows)
    if not isinstance(logits, Tensor) or logits.shape != (len(rows), 1):
        raise ValueError(
            f"the discriminator must answer logits of shape ({len(rows)}, 1) for rows of shape "
            f"{tuple(rows.shape)}, got {describe(logits)}"
        )
    return logits


def _cross_entropy(logits: Tensor, truth: int) -> Tensor:
    """Return the mean binary cross-entropy of logits whose truth is the same for all.

    Args:
        logits: floats (N, 1).
        truth: 1 or 0.
    """
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, truth))


def _check_codes(codes: Tensor, name: str) -> Tensor:
    """Return rows of codes, or say what else was given."""
    if check_floats(codes, name).ndim != 2 or 0 in codes.shape:
        raise ValueError(f"{name} must have shape (N, K), one row per image, got {describe(codes)}")
    return codes
