"""Week 4: speckle, noise in proportion to the pixel."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from aeutils.testing.checking import expect, to_tensor
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw, Seed
from autograder.exercises.moments import correlation, expect_normal, near, standard
from autograder.exercises.week04._draws import draw, from_the_generator, own_for_each, pixels

EXERCISE = Exercise(
    "speckle",
    signature="def speckle(x, sigma, generator):",
    right={
        "a factor": "return x * (1 + sigma * torch.randn(x.shape, generator=generator))",
        "added in proportion": "return x + x * torch.randn(x.shape, generator=generator) * sigma",
        "torch.normal": "return x * torch.normal(torch.ones(x.shape), sigma, generator=generator)",
    },
    wrong={
        "additive": {"x * (1 + sigma": "x + (sigma"},
        "signal-lost": "return x * sigma * torch.randn(x.shape, generator=generator)",
        "variance": {"sigma *": "math.sqrt(sigma) *"},
        "sigma-squared": {"sigma *": "sigma**2 *"},
        "uniform": {"torch.randn": "(2 * torch.rand", "=generator)": "=generator) - 1)"},
        "wrong-mean": {"=generator)": "=generator).abs()"},
        "clipped": {"x * (1": "(x * (1", "=generator))": "=generator))).clamp(0, 1)"},
        "one-per-image": {"x.shape": "(len(x),) + (1,) * (x.ndim - 1)"},
        "one-for-all-channels": {"x.shape": "(len(x), *(1,) * (x.ndim - 3), *x.shape[-2:])"},
        "same-for-all": {"x.shape": "x.shape[1:]"},
        "generator-ignored": {", generator=generator": ""},
        "changed-its-argument": {"return x *": "x *=", "=generator))": "=generator)); return x"},
    },
)

X = pixels(0.3, 1.8, 22)
SIGMA = 0.25


@EXERCISE.criterion("in proportion to the pixel", points=1)
def in_proportion(speckle: Callable) -> None:
    """(out − x) / x is N(0, σ²), at two values of σ."""
    out = draw(speckle, X, SIGMA, "speckle").first
    added, relative = out - X, (out - X) / X
    own_for_each(relative)
    expect(
        bool(out.max() > 1), "the result was clipped to [0, 1]; leave its values alone", "clipped"
    )
    expect(
        not near(float(relative.mean()), -1, 0.05),
        "the image is gone: x · σ n has mean 0; multiply by 1 + σ n",
        "signal-lost",
    )
    expect(
        correlation(added.abs(), X) > 0.1,
        "bright and dark pixels get the same noise: it was added, not multiplied",
        "additive",
    )
    expect_normal(relative, SIGMA, "(out − x) / x")
    strong = (draw(speckle, X, 0.8, "speckle").first - X) / X
    expect_normal(strong, 0.8, "(out − x) / x at another sigma")


@EXERCISE.criterion("the generator, and the input", points=1)
def generator_and_input(speckle: Callable) -> None:
    """All draws come from the generator; the images that went in are as they were."""
    from_the_generator(speckle, X, SIGMA, "speckle")


def holds(out: Tensor, x: Tensor, sigma: float, *_: object) -> str:
    """Return what is wrong with noisy images."""
    return standard((to_tensor(out, "the result").double() - x) / x / sigma)


@EXERCISE.conduct(holds=holds)
def arguments(new: Draw, n: int) -> Arguments:
    """Images with three channels."""
    return {
        "x": new.uniform(1, 20, n, 3, 8, 6),
        "sigma": new.alternate(0.1, 0.3),
        "generator": Seed(new.whole(1, 99)),
    }
