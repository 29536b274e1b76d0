"""Look into an encoder's Jacobian: which pixels move which number of the code, and how much."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils._internal.validate import check_matrix
from aeutils.plots.html import bars, row, sentence, tile
from aeutils.plots.image_grids import as_images
from aeutils.plots.style import number
from aeutils.widgets.inputs import Slider
from aeutils.widgets.live import Live


def jacobian_viewer(encode: Callable[[Tensor], Tensor], images: Tensor) -> Live:
    """Show J = ∂h/∂x at an image: one row of it, and the directions it stretches most.

    Row k is drawn as an image: ink there raises (blue) or lowers (red) code number k. The singular
    values are the factors by which the encoder stretches its most sensitive directions in the
    image; direction i is drawn as well. A contractive penalty makes the sum of their squares small.

    Args:
        encode: rows (N, D) -> codes (N, K), made of torch functions.
        images: rows (N, D) of square images.

    Returns:
        A picture with the controls `image` (1 to N), `code_number` (1 to K) and `direction`; the
        last value of a cell is shown.

    Raises:
        TypeError: `images` is not a tensor of floats.
        ValueError: `images` are not rows of square images, or hold NaN or infinity.

    Examples:
        >>> w = torch.eye(784)[:3]
        >>> jacobian_viewer(lambda x: x @ w.T, torch.rand(5, 784)).text[-10:]
        'norm 1.73.'
    """
    x = check_matrix(images, "images")
    as_images(x[:1], "images")
    with torch.no_grad():
        k = encode(x[:1]).shape[1]
    known: dict[int, tuple[Tensor, Tensor, Tensor]] = {}

    def parts(image: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return J (K, D), its singular values and its right singular vectors."""
        if image not in known:
            known.clear()  # the latest image only
            jacobian = torch.autograd.functional.jacobian(
                lambda one: encode(one[None])[0], x[image - 1], vectorize=True
            ).detach()
            _, s, vt = torch.linalg.svd(jacobian, full_matrices=False)
            known[image] = jacobian, s, vt
        return known[image]

    def draw(image: int, code_number: int, direction: int) -> tuple[str, str]:
        jacobian, s, vt = parts(image)
        rank = min(direction, len(s))
        signed = vt[rank - 1] * vt[rank - 1].sum().sign()
        row_of_j = jacobian[code_number - 1]
        text = (
            f"Code number {code_number} is moved at most {number(float(row_of_j.norm()))} by a "
            f"unit change of the image; direction {rank} is stretched by "
            f"{number(float(s[rank - 1]))}. Frobenius norm {number(float(jacobian.norm()))}."
        )
        tiles = [
            tile(
                as_images(x[image - 1 : image], "images")[0],
                f"image {image}",
                f"image {image}, where J is taken",
                132,
            ),
            tile(
                as_images(row_of_j[None], "row")[0],
                f"row {code_number} of J: blue raises, red lowers",
                size=132,
                signed=True,
            ),
            tile(
                as_images(signed[None], "direction")[0],
                f"direction {rank}, stretched {number(float(s[rank - 1]))} times",
                size=132,
                signed=True,
            ),
            bars(s[:40], "singular values, largest first", marked=rank - 1),
        ]
        return row(tiles) + sentence(text), text

    controls = {
        "image": Slider("image", 1, len(x), 1, 1),
        "code_number": Slider("code number", 1, k, 1, 1),
        "direction": Slider("direction", 1, min(k, x.shape[1], 40), 1, 1),
    }
    return Live("Jacobian viewer", controls, draw)
