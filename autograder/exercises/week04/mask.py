"""Week 4: masking, which sets a share of the pixels to 0."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import expect, to_tensor
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw, Seed
from autograder.exercises.moments import wrong_share
from autograder.exercises.week04._draws import (
    SHARE_TOLERANCE,
    draw,
    expect_thrown,
    from_the_generator,
    own_for_each,
    pixels,
    share_of,
)

# The first right answer as a product with 0 or 1.
TIMES = {"x.masked_fill(": "x * (", "< share, 0.0": ">= share"}

EXERCISE = Exercise(
    "mask",
    signature="def mask(x, share, generator):",
    right={
        "masked_fill": """
            return x.masked_fill(torch.rand(x.shape, generator=generator) < share, 0.0)
        """,
        "times 0 or 1": "return x * (torch.rand(x.shape, generator=generator) >= share)",
        "bernoulli": """
            return x * torch.bernoulli(torch.full(x.shape, 1 - share), generator=generator)
        """,
    },
    wrong={
        "kept-share": {"x.masked_fill(": "x * (", ", 0.0": ""},
        "rescaled": {"x.masked_fill(": "x * (", "< share, 0.0)": ">= share) / (1 - share)"},
        "not-zero": {"x.masked_fill(": "torch.where(", "0.0": "x.mean(), x"},
        "one-per-image": {**TIMES, "x.shape": "(len(x),) + (1,) * (x.ndim - 1)"},
        "same-for-all": {**TIMES, "x.shape": "x.shape[1:]"},
        "one-per-row": {**TIMES, "x.shape": "*x.shape[:-1], 1"},
        "generator-ignored": {**TIMES, "rand(x.shape, generator=generator)": "rand_like(x)"},
        "changed-its-argument": {"return x.masked_fill(": "x[", ", 0.0)": "] = 0; return x"},
        "same-every-time": """
            torch.manual_seed(0)
            return x * (torch.rand(x.shape) >= share)
        """,
        "others-changed": {
            "x.masked_fill(": "x * torch.rand(x.shape, generator=generator) * (",
            "< share, 0.0": ">= share",
        },
        "one-for-all-channels": {
            **TIMES,
            "x.shape": "x.shape[:1] + (1,) * (x.ndim > 2) + x.shape[2:]",
        },
        "exact-count": """
            out = x.clone().flatten()
            places = torch.randperm(out.numel(), generator=generator)[: round(share * out.numel())]
            out[places] = 0.0
            return out.reshape(x.shape)
        """,
        "wrong-share": {"x.masked_fill(": "x * (", "< share, 0.0": ">= 0.5"},
    },
)

# No pixel is 0 before it is lost.
X = pixels(0.2, 0.8, 24)
SHARE = 0.3


@EXERCISE.criterion("which pixels are lost", points=1)
def lost_pixels(mask: Callable) -> None:
    """The share of exact zeros, at two levels; the other pixels as they were."""
    out = draw(mask, X, SHARE, "mask").first
    lost = out == 0
    own_for_each((lost if bool(lost.any()) else (out - X).abs() > 1e-9).double())
    expect(
        bool(lost.any()),
        "no pixel became 0: a lost pixel is set to 0, not to another value",
        "not-zero",
    )
    kept = out[~lost] / X.double()[~lost]
    expect(
        not torch.allclose(kept, torch.full_like(kept, 1 / (1 - SHARE)), rtol=1e-4),
        "the pixels that stay were divided by 1 − share, as dropout does; leave them alone",
        "rescaled",
    )
    expect(
        torch.allclose(kept, torch.ones_like(kept), rtol=1e-5),
        "pixels that stay have changed",
        "others-changed",
    )
    found = share_of(lost)
    expect(
        abs(found - (1 - SHARE)) > SHARE_TOLERANCE,
        "`share` of the pixels was kept; it should be lost",
        "kept-share",
    )
    expect(
        abs(found - SHARE) < SHARE_TOLERANCE,
        f"{100 * found:.1f} % of the pixels became 0, not `share` of them",
        "wrong-share",
    )
    found = share_of(draw(mask, X, 0.8, "mask").first == 0)
    expect(abs(found - 0.8) < SHARE_TOLERANCE, "another `share` has no effect", "wrong-share")
    expect_thrown(mask, SHARE, "mask")


@EXERCISE.criterion("the generator, and the input", points=1)
def generator_and_input(mask: Callable) -> None:
    """All draws come from the generator; the images that went in are as they were."""
    from_the_generator(mask, X, SHARE, "mask")


def holds(out: Tensor, x: Tensor, share: float, *_: object) -> str:
    """Return what is wrong with damaged images."""
    got = to_tensor(out, "the result").double()
    if not bool(((got == 0) | ((got - x).abs() < 1e-6)).all()):
        return "a pixel is neither 0 nor what it was"
    return wrong_share((got == 0).double(), share)


@EXERCISE.conduct(holds=holds)
def arguments(new: Draw, n: int) -> Arguments:
    """Images with three channels."""
    return {
        "x": new.uniform(1, 20, n, 3, 8, 6),
        "share": new.alternate(0.3, 0.8),
        "generator": Seed(new.whole(1, 99)),
    }
