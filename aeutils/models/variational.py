"""The variational autoencoder: an encoder that answers a Gaussian for each image.

>>> import torch
>>> model = VariationalAutoencoder(sizes=(784, 64, 4)).eval()
>>> images = torch.rand(10, 1, 28, 28)
>>> model.encode(images).shape, [part.shape for part in model(images)][1:]
(torch.Size([10, 4]), [torch.Size([10, 4]), torch.Size([10, 4])])

References:
    * D. P. Kingma and M. Welling (2014). Auto-encoding variational Bayes. ICLR, appendix C.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from aeutils.models.flat import as_rows
from aeutils.models.layers import check_sizes, mlp

LIMIT = 10.0  # of log-variances: spreads from e⁻⁵ to e⁵


class VariationalAutoencoder(nn.Module):
    """Rows to Gaussians over codes, and codes to logits of pixels (Kingma and Welling, 2014).

    The last layer of the encoder gives 2K numbers: K means and K log-variances v, which are bent
    to LIMIT · tanh(v / LIMIT), so that no variance is 0 or infinite and every v keeps a gradient.
    The decoder mirrors the encoder and ends in logits: ``model.decode(z).sigmoid()`` is the image.

    `aeutils.generation.negative_elbo` is its loss. In a loop that takes loss(output, target), the
    output is all three that `forward` returns::

        def loss(output, x):
            logits, mean, log_var = output
            return negative_elbo(logits, x, mean, log_var)

    Args:
        sizes: widths from image to code, (D, ..., K).
        activation: class that makes the hidden activations, such as nn.ReLU or nn.GELU.

    Attributes:
        sizes: widths from image to code, (D, ..., K).
        encoder: layers from rows (N, D) to means and unbent log-variances, (N, 2K).
        decoder: layers from codes (N, K) to logits (N, D).

    Raises:
        TypeError: a width is not an integer, or `activation` does not make an `nn.Module`.
        ValueError: there are fewer than two widths, or one is below 1.
    """

    def __init__(
        self,
        sizes: Sequence[int] = (784, 256, 20),
        activation: Callable[[], nn.Module] = nn.ReLU,
    ) -> None:
        super().__init__()
        self.sizes = check_sizes(sizes)
        self.encoder = mlp((*self.sizes[:-1], 2 * self.sizes[-1]), activation)
        self.decoder = mlp(self.sizes[::-1], activation)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance of the code of each image.

        Args:
            x: rows (N, D), or images (N, C, H, W) with C·H·W = D.

        Returns:
            Two tensors (N, K); the second lies in [−LIMIT, LIMIT].

        Raises:
            TypeError: `x` is not a tensor of floats.
            ValueError: `x` does not have D numbers for each image.
        """
        mean, log_var = self.encoder(as_rows(x, self.sizes[0], "x")).chunk(2, dim=1)
        return mean, LIMIT * torch.tanh(log_var / LIMIT)

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes of images: the means, in training mode too. A code is not random.

        Args:
            x: rows (N, D), or images (N, C, H, W) with C·H·W = D.

        Returns:
            The codes z, (N, K).

        Raises:
            TypeError: `x` is not a tensor of floats.
            ValueError: `x` does not have D numbers for each image.
        """
        return self.posterior(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        """Return the logits of the pixels that codes stand for.

        Args:
            z: codes (N, K).

        Returns:
            Logits (N, D), the images' being ``decode(z).sigmoid()``.

        Raises:
            TypeError: `z` is not a tensor of floats.
            ValueError: `z` does not have K numbers for each code.
        """
        return self.decoder(as_rows(z, self.sizes[-1], "z"))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return what the decoder makes of a draw (in eval mode: of the mean), and the posterior.

        Draws come from torch's global generator, as dropout's do (`training.seed_everything`).

        Args:
            x: rows (N, D), or images (N, C, H, W) with C·H·W = D.

        Returns:
            Logits in the shape of `x`, mean (N, K) and log-variance (N, K).

        Raises:
            TypeError: `x` is not a tensor of floats.
            ValueError: `x` does not have D numbers for each image.
        """
        mean, log_var = self.posterior(x)
        z = mean
        if self.training:
            z = mean + (log_var / 2).exp() * torch.randn_like(mean)
        return self.decode(z).reshape(x.shape), mean, log_var
