"""What the fully connected models share: rows on the way in, images again on the way out."""

from __future__ import annotations

from torch import Tensor, nn

from aeutils._internal.validate import describe


class FlatAutoencoder(nn.Module):
    """What the fully connected models share: rows on the way in, images again on the way out.

    A subclass makes all three attributes.

    Attributes:
        sizes: widths from image to code, (D, ..., K).
        encoder: module from rows (N, D) to codes (N, K).
        decoder: module from codes (N, K) to rows (N, D).
    """

    sizes: tuple[int, ...]
    encoder: nn.Module
    decoder: nn.Module

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes of images.

        Args:
            x: rows (N, D), or images (N, C, H, W) with C·H·W = D.

        Returns:
            The codes z, (N, K).

        Raises:
            TypeError: `x` is not a tensor of floats.
            ValueError: `x` does not have D numbers for each image.
        """
        return self.encoder(as_rows(x, self.sizes[0], "x"))

    def decode(self, z: Tensor) -> Tensor:
        """Return the rows that codes stand for.

        Args:
            z: codes (N, K).

        Returns:
            The rows x_hat, (N, D).

        Raises:
            TypeError: `z` is not a tensor of floats.
            ValueError: `z` does not have K numbers for each code.
        """
        return self.decoder(as_rows(z, self.sizes[-1], "z"))

    def forward(self, x: Tensor) -> Tensor:
        """Return the reconstruction decode(encode(x)).

        Args:
            x: rows (N, D), or images (N, C, H, W) with C·H·W = D.

        Returns:
            The reconstructions, in the shape of `x`.

        Raises:
            TypeError: `x` is not a tensor of floats.
            ValueError: `x` does not have D numbers for each image.
        """
        return self.decode(self.encode(x)).reshape(x.shape)


def as_rows(x: Tensor, width: int, name: str) -> Tensor:
    """Return the rows of images or of codes.

    Args:
        x: rows (N, width), or images whose numbers are `width` in all.
        width: how many numbers a row must have.
        name: how messages call `x`.

    Returns:
        The same numbers, (N, width).

    Raises:
        TypeError: `x` is not a tensor of floats.
        ValueError: `x` has no batch axis, or other than `width` numbers in a row.
    """
    if not isinstance(x, Tensor) or not x.is_floating_point():
        raise TypeError(
            f"{name} must be a float tensor, got {describe(x)}; pixels 0..255 become floats in "
            "[0, 1] with .float() / 255"
        )
    if x.ndim < 2:
        raise ValueError(
            f"{name} must have one row per image, shape (N, {width}), got {describe(x)}; "
            "add the batch dimension to a single one with unsqueeze(0)"
        )
    rows = x.flatten(1)  # (N, C, H, W) -> (N, D)
    if rows.shape[1] != width:
        raise ValueError(
            f"{name} of shape {tuple(x.shape)} has {rows.shape[1]} numbers per row, but this model "
            f"takes {width}; build the model with the size of your data, or pass other data"
        )
    return rows
