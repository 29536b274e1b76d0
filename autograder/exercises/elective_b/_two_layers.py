"""What the halves of the window autoencoder are made of, told from its parameters."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product

import torch
from torch import Tensor
from torch.nn.functional import gelu

from aeutils.testing.checking import (
    CheckFailed,
    expect,
    to_tensor,
)
from autograder.exercises import model_access

Bend = Callable[[Tensor], Tensor]

W, H, L = SIZES = (9, 6, 4)  # width, hidden, latent


def layers(model: object) -> list[Tensor]:
    """Return the parameters in float64, or raise if they are not those of the four layers."""
    found = [p.double() for p in model_access.parameters(model).values()]
    shapes = sorted((tuple(p.shape) for p in found), key=str)
    matrices = [s for s in shapes if len(s) == 2]
    wanted = [(H, W), (L, H), (H, L), (W, H)]
    told = (
        f"for width={W}, hidden={H} and latent={L} the weights should be {wanted}, with a bias for "
        f"each, but the parameters are {shapes}"
    )
    none = "no parameters: an nn.Module finds layers that are its attributes, or in nn.Sequential "
    expect(bool(shapes), none + "or nn.ModuleList, not those in a list", "no-parameters")
    straight = "a half has one layer, from windows to codes or back: the hidden layer is missing"
    expect(sorted(matrices) != sorted([(L, W), (W, L)]), f"{straight}; {told}", "no-hidden-layer")
    swapped = [(L, W), (H, L), (L, H), (W, L)]
    turned = f"`hidden` and `latent` have changed places; {told}"
    expect(sorted(matrices) != sorted(swapped), turned, "hidden-and-latent-swapped")
    straight = "the decoder is no mirror image of the encoder: one half has no hidden layer"
    one = {(L, W), (W, L)} & set(matrices)
    expect(not one, f"{straight}; {told}", "not-mirrored")
    shared = "encoder and decoder share weights; each half has layers of its own"
    expect(matrices != sorted(wanted[:2]), f"{shared}; {told}", "layer-shared")
    more = f"a half has more than one hidden layer; {told}"
    expect(len(matrices) <= 4, more, "one-more-layer")
    if sorted(matrices) == sorted(wanted):
        vectors = len(shapes) - len(matrices)
        norm = f"there is a normalisation: errors would depend on the other windows; {told}"
        expect(vectors <= 4, norm, "batch-norm")
        expect(vectors >= 4, f"a layer has no bias; {told}", "bias-missing")
    known = {W, H, L}
    frozen = f"a layer has a size that is none of the three arguments; {told}"
    expect(all(n in known for s in shapes for n in s), frozen, "sizes-frozen")
    all_four = sorted([*wanted, *((s[0],) for s in wanted)], key=str)
    expect(shapes == all_four, told, "wrong-layers")
    return found


def identity(h: Tensor) -> Tensor:
    """Return h: no activation."""
    return h


ENDS: dict[str, tuple[Bend, str]] = {
    "relu-code": (torch.relu, "a ReLU"),
    "squashed-code": (torch.sigmoid, "a sigmoid"),
    "bent-code": (torch.tanh, "a tanh"),
}

BETWEEN: dict[str, Bend] = {
    "GELU": gelu,
    "a tanh": torch.tanh,
    "a sigmoid": torch.sigmoid,
    "SiLU": torch.nn.functional.silu,
    "leaky ReLU": torch.nn.functional.leaky_relu,
    "ELU": torch.nn.functional.elu,
}


def bends(end: str) -> list[tuple[str, Bend, Bend, str]]:
    """Return the name of a mistake, what stands between the layers and at the end, and a message.

    Args:
        end: what a half ends in, "code" or "output".
    """
    relu = torch.relu
    found: list[tuple[str, Bend, Bend, str]] = [
        ("", relu, identity, ""),
        ("no-activation", identity, identity, "no ReLU between its two layers"),
    ]
    for name, (bend, what) in ENDS.items():
        why = f"{what} bends its end; leave the {end} linear"
        found.append((name.replace("code", end), relu, bend, why))
        found.append((name.replace("code", end), identity, bend, why + ", and bend between layers"))
    for what, bend in BETWEEN.items():
        found.append(("other-activation", bend, identity, f"{what}, not ReLU, between its layers"))
        found.append(("other-activation", bend, bend, f"{what} between its layers and at its end"))
    return found


def expect_half(found: list[Tensor], got: Tensor, x: Tensor, sizes: tuple, end: str) -> None:
    """Raise unless the parameters, with a ReLU between the two layers, explain a half.

    Two biases have one length; which belongs to which half is found by trying.
    """
    (first,), (second,) = ([p for p in found if p.shape == (b, a)] for a, b in pairwise(sizes))
    biases = [[p for p in found if p.shape == (b,)] for b in sizes[1:]]
    half = "encode" if end == "code" else "decode"
    for name, bend, last, message in bends(end):
        for b, c in product(*biases):
            value = last(bend(x.double() @ first.T + b) @ second.T + c)
            if model_access.explains(value, got):
                expect(not name, f"{half}: {message}", name)
                return
    raise CheckFailed(
        f"{half} is not what its parameters make with one ReLU between two layers", "other-layers"
    )


def half_of(model: object, method: str, x: Tensor) -> Tensor:
    """Return what a half gives in float64, or raise if a row of it depends on the other rows."""
    got = to_tensor(model_access.call(model, method, x), f"{method}'s result").double()
    first = to_tensor(model_access.call(model, method, x[:1].clone()), f"{method} of one").double()
    expect(
        model_access.explains(first, got[:1]),
        f"{method} gives a row another result when other rows are in its batch: each window stands "
        "for itself, without means over the batch",
        "own-image",
    )
    return got
