"""A small transformer that sees some patches of an image, and another that predicts the others.

>>> import torch
>>> encoder = PatchEncoder((1, 28, 28), size=7, width=32, layers=2, heads=2)
>>> predictor = PatchPredictor(encoder, outputs=49)
>>> images, hidden = torch.rand(10, 1, 28, 28), torch.rand(10, 16).argsort(dim=1) < 10
>>> tokens = encoder(images, hidden)
>>> tokens.shape, predictor(tokens, hidden).shape, encoder.encode(images).shape
(torch.Size([10, 6, 32]), torch.Size([10, 16, 49]), torch.Size([10, 32]))

References:
    * A. Dosovitskiy et al. (2021). An image is worth 16×16 words: transformers for image
      recognition at scale. ICLR (patches as tokens).
    * K. He, X. Chen, S. Xie, Y. Li, P. Dollár and R. Girshick (2022). Masked autoencoders are
      scalable vision learners. CVPR (the encoder sees visible patches only; mask tokens).
    * R. Xiong et al. (2020). On layer normalization in the transformer architecture. ICML (why
      the norm comes first).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aeutils._internal.validate import check_count, check_floats, describe

POSITION = 0.5  # deviation of first positions: with a small one, a short training is about places
AT_ONCE = 1000  # images of which `encode` keeps the inner layers in memory at the same time


class PatchEncoder(nn.Module):
    """Visible patches and where they are -> a token for each of them.

    Args:
        image_shape: (C, H, W) of one image.
        size: height and width of a patch, in pixels; it divides H and W.
        width: numbers in a token, a multiple of `heads`.
        layers: layers of the transformer.
        heads: heads of each layer's attention.

    Attributes:
        image_shape: as given.
        size: as given.
        grid: rows and columns of patches in an image.
        n_patches: P, their number.
        width: as given.
        embed: the same linear layer for every patch, (..., C · size · size) -> (..., width).
        position: what is added to the token of each patch, learned, (P, width).
        layers: the transformer, tokens (N, V, width) -> (N, V, width).

    Raises:
        TypeError: a number is not an integer.
        ValueError: a number is below 1, images cannot be cut into whole patches, or `width` is no
            multiple of `heads`.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        size: int,
        width: int = 64,
        layers: int = 2,
        heads: int = 2,
    ) -> None:
        super().__init__()
        check_count(size, "size")
        channels, height, image_width = image_shape
        if min(height, image_width) < size or height % size or image_width % size:
            raise ValueError(
                f"images of {height} × {image_width} pixels cannot be cut into whole patches of "
                f"{size} × {size}; take a size that divides both"
            )
        self.image_shape, self.width = tuple(image_shape), width
        self.grid = height // size, image_width // size
        self.n_patches = self.grid[0] * self.grid[1]
        self.layers = transformer(width, layers, heads)
        self.size, self.embed = size, nn.Linear(channels * size * size, width)
        nn.init.xavier_uniform_(self.embed.weight)
        self.position = positions(self.n_patches, width)

    def forward(self, images: Tensor, hidden: Tensor | None = None) -> Tensor:
        """Return the tokens of the visible patches, the rows of the grid one after the other.

        Args:
            images: floats (N, C, H, W).
            hidden: booleans (N, P), True where a patch is hidden, equally many in each row; None
                if all are visible. What is in a hidden patch has no influence on any token.

        Returns:
            (N, V, width) with V visible patches, each row of mean 0 and deviation 1 before the last
            layer's own scale and shift.

        Raises:
            TypeError: `images` is not a tensor of floats, or `hidden` not of booleans.
            ValueError: the images have another shape, or the mask does not fit them.
        """
        if check_floats(images, "images").ndim != 4 or images.shape[1:] != self.image_shape:
            raise ValueError(
                f"images must have shape (N, {', '.join(map(str, self.image_shape))}), got "
                f"{describe(images)}"
            )
        patches = F.unfold(images, self.size, stride=self.size).transpose(1, 2)
        if hidden is None:
            return self.layers(self.embed(patches) + self.position)
        n, seen = len(images), check_mask(hidden, len(images), self.n_patches)
        places = self.position.expand(n, -1, -1)[~hidden].reshape(n, seen, self.width)
        return self.layers(self.embed(patches[~hidden].reshape(n, seen, -1)) + places)

    def encode(self, images: Tensor) -> Tensor:
        """Return the mean token of each image, all of whose patches are visible, (N, width).

        Args:
            images: floats (N, C, H, W).

        Raises:
            TypeError: `images` is not a tensor of floats.
            ValueError: the images have another shape.
        """
        return torch.cat([self(part).mean(dim=1) for part in images.split(AT_ONCE)])


class PatchPredictor(nn.Module):
    """Tokens of visible patches, and where the hidden ones are -> a vector for every patch.

    The place of a hidden patch is taken by one learned mask token, to which its position is added.
    That is all that is said of it: what stood there has to be predicted from the visible patches.

    Args:
        encoder: whose tokens it takes.
        outputs: numbers that are predicted of each patch: C · size · size pixels for a masked
            autoencoder, or the encoder's width.
        width: numbers in a token in here, a multiple of `heads`; None for the encoder's.
        layers: layers of the transformer. It is light: what it could find out by itself, the
            encoder need not learn.
        heads: heads of each layer's attention.

    Attributes:
        n_patches: P, the patches of an image.
        into: layer from the encoder's tokens to tokens in here.
        mask_token: (width,).
        position: what is added to the token of each patch, learned, (P, width).
        layers: the transformer.
        last: layer from tokens to predictions.

    Raises:
        TypeError: a number is not an integer.
        ValueError: a number is below 1, or `width` is no multiple of `heads`.
    """

    def __init__(
        self,
        encoder: PatchEncoder,
        outputs: int,
        width: int | None = None,
        layers: int = 1,
        heads: int = 2,
    ) -> None:
        super().__init__()
        check_count(outputs, "outputs")
        width = encoder.width if width is None else width
        self.n_patches, self._given = encoder.n_patches, encoder.width
        self.layers = transformer(width, layers, heads)
        self.into = nn.Linear(encoder.width, width)
        self.mask_token = nn.Parameter(torch.zeros(width))
        self.position = positions(self.n_patches, width)
        self.last = nn.Linear(width, outputs)

    def forward(self, tokens: Tensor, hidden: Tensor) -> Tensor:
        """Return a vector for every patch, those of visible patches included.

        Args:
            tokens: of the visible patches, floats (N, V, encoder's width).
            hidden: booleans (N, P), True for the P − V hidden patches of each image.

        Returns:
            (N, P, outputs).

        Raises:
            TypeError: `tokens` is not a tensor of floats, or `hidden` not of booleans.
            ValueError: the shapes do not fit together.
        """
        n = len(check_floats(tokens, "tokens"))
        seen = check_mask(hidden, n, self.n_patches)
        if tokens.shape != (n, seen, self._given):
            raise ValueError(
                f"tokens must have shape ({n}, {seen}, {self._given}), one for each of the {seen} "
                f"visible patches, got {describe(tokens)}"
            )
        every = self.mask_token.to(tokens).repeat(n, self.n_patches, 1)
        every[~hidden] = self.into(tokens).flatten(0, 1)
        return self.last(self.layers(every + self.position))


def transformer(width: int, layers: int, heads: int) -> nn.TransformerEncoder:
    """Return layers of attention and of two linear layers per token, norms first, one at the end.

    Args:
        width: numbers in a token.
        layers: how many.
        heads: heads of each layer's attention.

    Raises:
        TypeError: a number is not an integer.
        ValueError: a number is below 1, or `width` is no multiple of `heads`.
    """
    for count, name in ((width, "width"), (layers, "layers"), (heads, "heads")):
        check_count(count, name)
    if width % heads:
        raise ValueError(f"width must be a multiple of heads, got {width} and {heads}")
    layer = nn.TransformerEncoderLayer(
        width, heads, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    made = nn.TransformerEncoder(
        layer, layers, norm=nn.LayerNorm(width), enable_nested_tensor=False
    )
    for p in made.parameters():
        if p.ndim == 2:  # torch copies the first layer, weights included; each gets its own
            nn.init.xavier_uniform_(p)
    return made


def positions(n_patches: int, width: int) -> nn.Parameter:
    """Return random vectors, one for each place in the grid, (n_patches, width).

    Args:
        n_patches: places.
        width: numbers in a vector.
    """
    return nn.Parameter(POSITION * torch.randn(n_patches, width))


def check_mask(hidden: Tensor, n: int, n_patches: int) -> int:
    """Return how many patches a mask leaves to see in each image.

    Args:
        hidden: what was given.
        n: images.
        n_patches: patches of an image.

    Raises:
        TypeError: it does not hold booleans.
        ValueError: it has another shape, or its rows hide different numbers of patches.
    """
    if not isinstance(hidden, Tensor) or hidden.dtype != torch.bool:
        raise TypeError(f"hidden must be a tensor of booleans, got {describe(hidden)}")
    if hidden.shape != (n, n_patches):
        raise ValueError(
            f"hidden must have shape ({n}, {n_patches}), one entry for each patch of each image, "
            f"got {describe(hidden)}"
        )
    seen = (~hidden).sum(dim=1)
    fewest, most = map(int, torch.aminmax(seen))
    if fewest != most or fewest == 0:
        raise ValueError(
            "every image of a batch must have the same number of visible patches, at least one, "
            f"got from {fewest} to {most}"
        )
    return most
