"""Hidden checks of week 4's salt and pepper and mask, by counting the pixels that were replaced."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import expect
from autograder.checks.week04.draws import draw, from_the_generator, own_for_each, pixels
from autograder.report import Report, check

TOLERANCE = 0.012  # five times the scatter of a share of 24,000 pixels


def _share(which: Tensor) -> float:
    return float(which.double().mean())


def _like(found: tuple[float, float], expected: tuple[float, float]) -> bool:
    return all(abs(f - e) < TOLERANCE for f, e in zip(found, expected, strict=True))


def _salt_mistakes(p: float) -> list[tuple[str, tuple[float, float], str]]:
    """Return names, shares of salt and of pepper, and messages of what students write."""
    half = "the share of *all* damaged pixels, half of them salt and half pepper, should be `share`"
    over = "salt and pepper were drawn apart, so one fell on the other; use one draw for both"
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
        (
            "kept-share",
            ((1 - p) / 2, (1 - p) / 2),
            "`share` of the pixels was kept; it should be damaged",
        ),
    ]


def _salted(out: Tensor, x: Tensor, p: float) -> None:
    replaced = (out - x).abs() > 1e-9
    values = out[replaced]
    low, high = float(x.min()), float(x.max())
    if len(values):
        expect(
            not bool(((values - low).abs() < 1e-6).any() | ((values - high).abs() < 1e-6).any()),
            "pixels became the smallest or largest of the image; pepper is 0 and salt is 1",
            "min-and-max",
        )
        by_one = ((out - x).abs()[replaced] - 1).abs() < 1e-5
        expect(
            not bool(by_one.any()),
            "1 was added to or taken from pixels; they should be *replaced* by 1 or 0",
            "added",
        )
        black_or_white = ((values - 0).abs() < 1e-9) | ((values - 1).abs() < 1e-9)
        expect(bool(black_or_white.all()), "damaged pixels must be exactly 0 or exactly 1", "grey")
    found = (_share(out == 1), _share(out == 0))
    if _like(found, (p / 2, p / 2)):
        return
    for mistake, shares, message in _salt_mistakes(p):
        expect(not _like(found, shares), message, mistake)
    expect(
        False,
        f"{100 * found[0]:.1f} % became salt and {100 * found[1]:.1f} % pepper; each should be "
        "half of `share`",
        "wrong-share",
    )


@check(
    {
        "how many, and what they become": 1,
        "its own places in every image": 1,
        "the generator, and the input": 1,
    }
)
def salt_and_pepper(report: Report, salt_and_pepper: Callable) -> None:
    """Shares of exact zeros and ones among pixels that were neither."""
    x, name = pixels(0.2, 0.8, 23), "salt_and_pepper"
    with report.criterion("how many, and what they become"):
        for share in (0.3, 0.6):
            out = draw(salt_and_pepper, x, share, name).first
            own_for_each(out - x)
            _salted(out, x.double(), share)
    with report.criterion("its own places in every image"):
        out = draw(salt_and_pepper, x, 0.3, name).first
        _own_places(out != x)
    with report.criterion("the generator, and the input"):
        from_the_generator(draw(salt_and_pepper, x, 0.3, name), x, name)


@check({"which pixels are lost": 1, "the generator, and the input": 1})
def mask(report: Report, mask: Callable) -> None:
    """The share of exact zeros among pixels that were none; the others as they were."""
    x, p, name = pixels(0.2, 0.8, 24), 0.3, "mask"
    with report.criterion("which pixels are lost"):
        out = draw(mask, x, p, name).first
        lost = out == 0
        _own_places(lost if bool(lost.any()) else (out - x).abs() > 1e-9)
        expect(
            bool(lost.any()),
            "no pixel became 0: a lost pixel is set to 0, not to another value",
            "not-zero",
        )
        kept = out[~lost] / x.double()[~lost]
        expect(
            not torch.allclose(kept, torch.full_like(kept, 1 / (1 - p)), rtol=1e-4),
            "the pixels that stay were divided by 1 − share, as dropout does; leave them alone",
            "rescaled",
        )
        expect(
            torch.allclose(kept, torch.ones_like(kept), rtol=1e-5),
            "pixels that stay have changed",
            "others-changed",
        )
        found = _share(lost)
        expect(
            abs(found - (1 - p)) > TOLERANCE,
            "`share` of the pixels was kept; it should be lost",
            "kept-share",
        )
        expect(
            abs(found - p) < TOLERANCE,
            f"{100 * found:.1f} % of the pixels became 0, not `share` of them",
            "wrong-share",
        )
        found = _share(draw(mask, x, 0.8, name).first == 0)
        expect(abs(found - 0.8) < TOLERANCE, "another `share` has no effect", "wrong-share")
    with report.criterion("the generator, and the input"):
        from_the_generator(draw(mask, x, p, name), x, name)


def _own_places(damaged: Tensor) -> None:
    """Raise unless the damaged places differ between images, and between pixels of an image."""
    own_for_each(damaged.double())
