"""Week 4: Gaussian noise, of the same strength for every pixel."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from aeutils.testing.checking import expect, to_tensor
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw, Seed
from autograder.exercises.moments import correlation, expect_normal, near, standard
from autograder.exercises.week04._draws import draw, from_the_generator, own_for_each, pixels

EXERCISE = Exercise(
    "gaussian",
    signature="def gaussian(x, sigma, generator):",
    right={
        "one line": "return x + sigma * torch.randn(x.shape, generator=generator)",
        "normal_ on an empty tensor": """
            noise = torch.empty_like(x).normal_(0, sigma, generator=generator)
            return x + noise
        """,
        "torch.normal, float64": """
            return x.double() + torch.normal(
                torch.zeros(x.shape, dtype=torch.float64), sigma, generator=generator
            )
        """,
        "image by image": """
            return torch.stack(
                [row + sigma * torch.randn(row.shape, generator=generator) for row in x]
            )
        """,
    },
    wrong={
        "variance": {"sigma *": "sigma**0.5 *"},
        "sigma-squared": {"sigma *": "sigma**2 *"},
        "uniform": {"randn": "rand"},
        "clipped": {"x + sigma": "(x + sigma", "=generator)": "=generator)).clamp(0, 1)"},
        "clipped-before": {"x + sigma": "x.clamp(0, 1) + sigma"},
        "one-per-image": {"x.shape": "(len(x),) + (1,) * (x.ndim - 1)"},
        "one-for-all-channels": {"x.shape": "(len(x), *(1,) * (x.ndim - 3), *x.shape[-2:])"},
        "same-for-all": {"x.shape": "x.shape[1:]"},
        "one-per-row": {"x.shape": "*x.shape[:-1], 1"},
        "generator-ignored": {"randn(x.shape, generator=generator)": "randn_like(x)"},
        "same-every-time": {"return": "generator.manual_seed(0); return"},
        "changed-its-argument": {"return x +": "x +=", "=generator)": "=generator); return x"},
        "multiplied": {"x + sigma": "x * (1 + sigma", "=generator)": "=generator))"},
        "noise-only": {"x + ": ""},
        "wrong-mean": {"=generator)": "=generator).abs()"},
    },
)

# Pixels outside [0, 1] too: they must not be clipped.
X = pixels(-0.5, 1.5, 21)
SIGMA = 0.25


@EXERCISE.criterion("the noise", points=1)
def noise(gaussian: Callable) -> None:
    """What was added to the image is N(0, σ²), also where pixels lie outside [0, 1]."""
    out = draw(gaussian, X, SIGMA, "gaussian").first
    added = out - X
    own_for_each(added)
    expect(
        bool(out.min() < 0 or out.max() > 1),
        "the noisy values were clipped to [0, 1]; clipped noise no longer has mean 0: leave "
        "them as they are",
        "clipped",
    )
    expect(correlation(added, X) > -0.8, "the image is missing: return image + noise", "noise-only")
    clipped_before = out - X.clamp(0, 1)
    expect(
        near(float(added.std()), SIGMA)
        or not near(float(clipped_before.std()), SIGMA)
        or abs(float(clipped_before.mean())) > 0.04 * SIGMA,
        "the image was clipped to [0, 1] before the noise was added; leave its values alone",
        "clipped-before",
    )
    expect(
        abs(correlation(added.abs(), X.abs())) < 0.3,
        "the noise grows with the pixel: this is speckle; *add* the noise",
        "multiplied",
    )
    expect_normal(added, SIGMA, "the noise")
    # One sigma alone could not tell the formula from a constant that fits it.
    strong = draw(gaussian, X, 1.5, "gaussian").first - X
    expect_normal(strong, 1.5, "the noise at another sigma")


@EXERCISE.criterion("its own for every pixel", points=1)
def own_for_every_pixel(gaussian: Callable) -> None:
    """The noise differs between images, and between the pixels of an image."""
    own_for_each(draw(gaussian, X, SIGMA, "gaussian").first - X)


@EXERCISE.criterion("the generator, and the input", points=1)
def generator_and_input(gaussian: Callable) -> None:
    """All draws come from the generator; the images that went in are as they were."""
    from_the_generator(gaussian, X, SIGMA, "gaussian")


def holds(out: Tensor, x: Tensor, sigma: float, *_: object) -> str:
    """Return what is wrong with noisy images."""
    return standard((to_tensor(out, "the result").double() - x) / sigma)


@EXERCISE.conduct(holds=holds)
def arguments(new: Draw, n: int) -> Arguments:
    """Images with three channels."""
    return {
        "x": new.uniform(1, 20, n, 3, 8, 6),
        "sigma": new.alternate(0.3, 0.8),
        "generator": Seed(new.whole(1, 99)),
    }
