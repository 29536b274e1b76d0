"""Week 4: salt and pepper, which replaces a share of the pixels by 1 or 0."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from aeutils.testing.checking import CheckFailed, expect, to_tensor
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

EXERCISE = Exercise(
    "salt_and_pepper",
    signature="def salt_and_pepper(x, share, generator):",
    right={
        "one throw, two masks": """
            u = torch.rand(x.shape, generator=generator)
            return x.masked_fill(u < share, 1.0).masked_fill(u < share / 2, 0.0)
        """,
        "where, pepper at the other end": """
            u = torch.rand(x.shape, generator=generator)
            out = torch.where(u < share / 2, torch.ones_like(x), x)
            return torch.where(u > 1 - share / 2, torch.zeros_like(x), out)
        """,
        "which pixels, then which colour": """
            hit = torch.rand(x.shape, generator=generator) < share
            colour = (torch.rand(x.shape, generator=generator) < 0.5).to(x.dtype)
            return torch.where(hit, colour, x)
        """,
    },
    wrong={
        "salt-only": """
            return x.masked_fill(torch.rand(x.shape, generator=generator) < share, 1.0)
        """,
        "pepper-only": """
            return x.masked_fill(torch.rand(x.shape, generator=generator) < share, 0.0)
        """,
        "half-share": {"share / 2": "share / 4", "share, 1.0": "share / 2, 1.0"},
        "double-share": """
            salt = torch.rand(x.shape, generator=generator) < share
            pepper = torch.rand(x.shape, generator=generator) < share
            return x.masked_fill(salt, 1.0).masked_fill(pepper, 0.0)
        """,
        "overlapping": """
            out = x.masked_fill(torch.rand(x.shape, generator=generator) < share / 2, 1.0)
            return out.masked_fill(torch.rand(x.shape, generator=generator) < share / 2, 0.0)
        """,
        "kept-share": """
            hit = torch.rand(x.shape, generator=generator) > share
            return torch.where(
                hit, (torch.rand(x.shape, generator=generator) < 0.5).to(x.dtype), x
            )
        """,
        "one-per-image": {
            "rand(x.shape": "rand((len(x),) + (1,) * (x.ndim - 1)",
            "=generator)": "=generator).expand(x.shape)",
        },
        "same-for-all": """
            u = torch.rand(x.shape[1:], generator=generator)
            return torch.where(u < share / 2, 0.0, torch.where(u < share, 1.0, x))
        """,
        "grey": """
            return torch.where(
                torch.rand(x.shape, generator=generator) < share,
                torch.rand(x.shape, generator=generator),
                x,
            )
        """,
        "added": """
            u = torch.rand(x.shape, generator=generator)
            return x + (u < share / 2).float() - (u > 1 - share / 2).float()
        """,
        "min-and-max": """
            u = torch.rand(x.shape, generator=generator)
            return torch.where(u < share / 2, x.min(), torch.where(u < share, x.max(), x))
        """,
        "changed-its-argument": {
            "return x.masked_fill(u < share, 1.0)": "x[u < share] = 1.0",
            ".masked_fill(u < share / 2, 0.0)": "; x[u < share / 2] = 0.0; return x",
        },
        "exact-count": """
            out = x.clone().flatten()
            places = torch.randperm(out.numel(), generator=generator)[: round(share * out.numel())]
            half = len(places) // 2
            out[places[:half]] = 0.0
            out[places[half:]] = 1.0
            return out.reshape(x.shape)
        """,
        "one-for-all-channels": """
            u = torch.rand(x.shape[:1] + x.shape[-2:], generator=generator)
            u = u.reshape(x.shape[:1] + (1,) * (x.ndim - 3) + x.shape[-2:])
            return torch.where(u < share / 2, 0.0, torch.where(u < share, 1.0, x))
        """,
        "generator-ignored": {"rand(x.shape, generator=generator)": "rand_like(x)"},
    },
)

# No pixel is 0 or 1 before it is replaced.
X = pixels(0.2, 0.8, 23)


def expect_black_or_white(out: Tensor) -> None:
    """Raise unless every pixel that changed became exactly 0 or exactly 1."""
    change = (out - X).abs()
    replaced = change > 1e-9
    values = out[replaced]
    low, high = float(X.min()), float(X.max())
    expect(
        not bool(((values - low).abs() < 1e-6).any() | ((values - high).abs() < 1e-6).any()),
        "pixels became the smallest or largest of the image; pepper is 0 and salt is 1",
        "min-and-max",
    )
    expect(
        not bool(((change[replaced] - 1).abs() < 1e-5).any()),
        "1 was added to or taken from pixels; they should be *replaced* by 1 or 0",
        "added",
    )
    black_or_white = ((values - 0).abs() < 1e-9) | ((values - 1).abs() < 1e-9)
    expect(bool(black_or_white.all()), "damaged pixels must be exactly 0 or exactly 1", "grey")


def known_mistakes(p: float) -> list[tuple[str, tuple[float, float], str]]:
    """Return names, shares of salt and of pepper, and messages of what students write."""
    half = "the share of *all* damaged pixels, half of them salt and half pepper, should be `share`"
    over = "salt and pepper were drawn apart, so one fell on the other; use one draw for both"
    kept = "`share` of the pixels was kept; it should be damaged"
    return [
        ("salt-only", (p, 0), "only salt (1); half of the damaged pixels should be pepper (0)"),
        ("salt-only", (p / 2, 0), "only salt (1), no pepper (0)"),
        ("pepper-only", (0, p), "only pepper (0); half of the damaged pixels should be salt (1)"),
        ("pepper-only", (0, p / 2), "only pepper (0), no salt (1)"),
        ("half-share", (p / 4, p / 4), f"half as many damaged pixels as asked for: {half}"),
        ("double-share", (p, p), f"twice as many damaged pixels as asked for: {half}"),
        ("double-share", (p * (1 - p), p), f"too many damaged pixels: {half}"),
        ("double-share", (p, p * (1 - p)), f"too many damaged pixels: {half}"),
        ("overlapping", (p / 2 * (1 - p / 2), p / 2), over),
        ("overlapping", (p / 2, p / 2 * (1 - p / 2)), over),
        ("kept-share", ((1 - p) / 2, (1 - p) / 2), kept),
    ]


def expect_shares(out: Tensor, p: float) -> None:
    """Raise, with its reason, unless half of the share became salt and half became pepper."""
    salt, pepper = share_of(out == 1), share_of(out == 0)

    def found(shares: tuple[float, float]) -> bool:
        return max(abs(salt - shares[0]), abs(pepper - shares[1])) < SHARE_TOLERANCE

    if found((p / 2, p / 2)):
        return
    for mistake, shares, message in known_mistakes(p):
        expect(not found(shares), message, mistake)
    raise CheckFailed(
        f"{100 * salt:.1f} % became salt and {100 * pepper:.1f} % pepper; each should be "
        "half of `share`",
        "wrong-share",
    )


@EXERCISE.criterion("how many, and what they become", points=1)
def how_many(salt_and_pepper: Callable) -> None:
    """Shares of exact zeros and ones among pixels that were neither, at two levels."""
    for share in (0.3, 0.6):
        out = draw(salt_and_pepper, X, share, "salt_and_pepper").first
        own_for_each(out - X)
        expect_black_or_white(out)
        expect_shares(out, share)
    expect_thrown(salt_and_pepper, 0.3, "salt_and_pepper")


@EXERCISE.criterion("its own places in every image", points=1)
def own_places(salt_and_pepper: Callable) -> None:
    """The damaged places differ between images, and between the pixels of an image."""
    out = draw(salt_and_pepper, X, 0.3, "salt_and_pepper").first
    own_for_each((out != X).double())


@EXERCISE.criterion("the generator, and the input", points=1)
def generator_and_input(salt_and_pepper: Callable) -> None:
    """All draws come from the generator; the images that went in are as they were."""
    from_the_generator(salt_and_pepper, X, 0.3, "salt_and_pepper")


def holds(out: Tensor, x: Tensor, share: float, *_: object) -> str:
    """Return what is wrong with damaged images."""
    got = to_tensor(out, "the result").double()
    hit = (got == 0) | (got == 1)
    if not bool((hit | ((got - x).abs() < 1e-6)).all()):
        return "a pixel is neither 0 nor 1 nor what it was"
    return wrong_share(hit.double(), share)


@EXERCISE.conduct(holds=holds)
def arguments(new: Draw, n: int) -> Arguments:
    """Images with three channels."""
    return {
        "x": new.uniform(2, 20, n, 3, 8, 6),
        "share": new.alternate(0.3, 0.8),
        "generator": Seed(new.whole(1, 99)),
    }
