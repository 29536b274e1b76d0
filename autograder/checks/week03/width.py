"""Hidden checks of week 3's choice of a width, and of the network that copies."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from aeutils.checking import CheckFailed, Mistake, expect, expect_close, expect_shape, run, to_pair
from autograder.checks import GRADER_SEED
from autograder.checks import grader_generator as generator
from autograder.hall.errand import errand
from autograder.report import Report, check

WIDTHS = [2, 3, 5, 8, 12]
TARGET = 5.0
# What a model of each width costs: on images it was fitted to, held out, on test images.
FITTED = [4.0, 3.0, 2.0, 1.0, 0.5]
HELD_OUT = [11.0, 9.0, 7.0, 4.5, 2.0]
TEST = [9.5, 6.0, 4.8, 4.2, 3.0]
D, N, M, N_VALIDATION = 4, 40, 16, 11


class Story(NamedTuple):
    """What happened: the result, and every fit and measurement in order."""

    k: object
    error: object
    fits: list[tuple[int, list[int]]]  # width, numbers of the images
    looks: list[tuple[int, list[int]]]  # how many fits came before, numbers of the images


@errand
def _tell(smallest_width, x_train, x_test, widths, target, n_validation, seed, costs):
    import torch

    fits, looks = [], []

    def numbers(x):
        return [round(v) for v in x[:, 0].tolist()]

    def fit(x, k):
        seen = numbers(x)
        fits.append([int(k), seen])
        fitted, held_out, test = costs[int(k)]
        extra = 0.0 if len(set(seen)) == len(x_train) else 1.0

        def model(rows):
            which = numbers(rows)
            looks.append([len(fits), which])
            cost = [test + extra if i >= 1000 else fitted if i in seen else held_out for i in which]
            wrong = rows.clone()
            wrong[:, 1:] += (torch.tensor(cost) / (rows.shape[1] - 1)).sqrt()[:, None]
            return wrong

        return model

    generator = torch.Generator().manual_seed(seed)
    result = smallest_width(
        x_train.clone(), x_test.clone(), list(widths), target, n_validation, generator, fit
    )
    return result, fits, looks


def _story(smallest_width: Callable, seed: int = 0, target: float = TARGET) -> Story:
    x = torch.rand(N + M, D, generator=generator(30))
    x[:, 0] = torch.cat([torch.arange(float(N)), 1000 + torch.arange(float(M))])
    costs = {k: list(c) for k, *c in zip(WIDTHS, FITTED, HELD_OUT, TEST, strict=True)}
    name = "smallest_width"
    result, fits, looks = run(
        lambda: _tell(
            *(smallest_width, x[:N], x[N:], WIDTHS, target, N_VALIDATION, GRADER_SEED + seed, costs)
        ),
        name=name,
    )
    k, error = to_pair(result, name, ["the width", "the test error"])
    expect(len(fits) > 0, "`fit` was never called", "never-fitted")
    return Story(
        k,
        error,
        [(int(width), [int(i) for i in seen]) for width, seen in fits],
        [(int(when), [int(i) for i in which]) for when, which in looks],
    )


@check(
    {
        "a random part is held out": 1,
        "the test images come last": 1,
        "the width": 1,
        "fitted again, and the test error": 1,
    }
)
def smallest_width(report: Report, smallest_width: Callable) -> None:
    """Models with known errors, which remember every image they are given."""
    with report.criterion("a random part is held out"):
        story = _story(smallest_width)
        trained = set(story.fits[0][1])
        expect(not any(i >= 1000 for i in trained), "`fit` got test images", "fitted-on-test")
        others = [set(w) for _, w in story.looks if all(i < 1000 for i in w)]
        measured = set().union(*others) if others else set()
        expect(
            bool(measured) or len(trained) < N,
            "no training image was held out: the first model was fitted to all of them and only "
            "test images were measured",
            "chosen-on-test",
        )
        expect(
            len(trained) == N - N_VALIDATION,
            f"`fit` got {len(trained)} of {N} images while choosing, with {N_VALIDATION} to hold "
            f"out; {N - N_VALIDATION} were expected",
            "overlap" if len(trained) == N else "wrong-split",
        )
        held = set(range(N)) - trained
        expect(
            held not in (set(range(N_VALIDATION)), set(range(N - N_VALIDATION, N))),
            "the first or last images were held out: images may be stored in an order, draw them "
            "at random",
            "not-random",
        )
        choosing = {frozenset(seen) for _, seen in story.fits if len(set(seen)) < N}
        expect(
            len(choosing) == 1,
            "every width had a split of its own: compare them on the same held-out images",
            "split-per-width",
        )
        again, other = _story(smallest_width), _story(smallest_width, seed=1)
        expect(
            set(again.fits[0][1]) == trained,
            "two calls with the same generator held out different images: draw from `generator`",
            "generator-ignored",
        )
        expect(
            set(other.fits[0][1]) != trained,
            "another generator held out the same images: draw from `generator`",
            "generator-ignored",
        )
    with report.criterion("the test images come last"):
        story = _story(smallest_width)
        early = [when for when, which in story.looks if any(i >= 1000 for i in which)]
        expect(bool(early), "the test images were never measured", "never-tested")
        expect(
            early[0] == len(story.fits),
            "test images were measured before the last fit: they helped to choose the width",
            "chosen-on-test",
        )
        mixed = [w for _, w in story.looks if len({i >= 1000 for i in w}) > 1]
        expect(not mixed, "test and training images were measured together", "mixed")
    with report.criterion("the width"):
        known = [
            Mistake("training-error", 2, "chosen by the error on images that `fit` had seen"),
            Mistake("chosen-on-test", 5, "chosen by the error on the test images"),
            Mistake("widest", 12, "the smallest error wins; a narrower one is good enough"),
            Mistake("one-too-narrow", 5, "one too narrow: its validation error is above target"),
            Mistake("index", 3, "this is the place in the list; return the width"),
        ]
        expect_close(_story(smallest_width).k, 8, "the width", known)
        expect_close(
            _story(smallest_width, target=9.0).k,
            3,
            "the width when an error is exactly the target",
            [Mistake("not-at-most", 5, "an error equal to the target is good enough"), *known],
        )
        expect_close(
            _story(smallest_width, target=1.0).k,
            12,
            "the width when none reaches the target (the widest, by the docstring)",
        )
    with report.criterion("fitted again, and the test error"):
        story = _story(smallest_width)
        k = int(torch.as_tensor(story.k)) if type(story.k) is int else 8
        test = TEST[WIDTHS.index(k)] if k in WIDTHS else 4.2
        held = HELD_OUT[WIDTHS.index(k)] if k in WIDTHS else 4.5
        share = D - 1
        expect_close(
            story.error,
            test,
            "the returned error",
            [
                Mistake(
                    "not-refitted",
                    test + 1,
                    "the model was not fitted again on all training images after the choice",
                ),
                Mistake("validation-error", held, "the validation error; return the test error"),
                Mistake("mean-over-pixels", test / D, "averaged over pixels; sum them"),
                Mistake("mean-over-pixels", (test + 1) / D, "averaged over pixels; sum them"),
                Mistake("total", test * M, "the total over images; take their mean"),
                Mistake("rooted", test**0.5, "a square root was taken"),
                Mistake("signed", (test * share) ** 0.5, "differences were not squared"),
            ],
            rtol=1e-3,
        )
        last_k, last = story.fits[-1]
        expect(
            len(set(last)) == N and last_k == k,
            "the last fit should be of the chosen width, on all training images",
            "not-refitted",
        )


@check({"shapes": 1, "positive numbers come back": 1, "so do negative and large ones": 1})
def copy_weights(report: Report, copy_weights: Callable) -> None:
    """The weights are applied here, in float64, to numbers of both signs and every size."""
    d = 5
    parts = ["W", "b", "V", "c"]
    shapes = {"W": (2 * d, d), "b": (2 * d,), "V": (d, 2 * d), "c": (d,)}

    def weights(size: int = d) -> list[Tensor]:
        values = to_pair(run(copy_weights, size, name="copy_weights"), "copy_weights", parts)
        factor = {d: 1, 2 * d: 2}
        wanted = [tuple(size * factor[n] for n in shape) for shape in shapes.values()]
        swapped = [Mistake("transposed", shape[::-1], "transposed") for shape in wanted]
        square = Mistake(
            "not-twice", (size, size), f"the code has {size} numbers; use twice as many"
        )
        short = Mistake("not-twice", (size,), f"the code has {size} numbers; use twice as many")
        found = []
        for value, shape, name, turned in zip(values, wanted, parts, swapped, strict=True):
            known = [turned, square] if len(shape) == 2 else [short] if shape != (size,) else []
            found.append(expect_shape(value, shape, f"{name} for d = {size}", known).double())
        return found

    def copy(x: Tensor, size: int = d) -> Tensor:
        w, b, v, c = weights(size)
        return (x.double() @ w.T + b).relu() @ v.T + c

    def known(x: Tensor) -> list[Mistake]:
        return [
            Mistake("negative-lost", x.relu(), "negative numbers came back as 0"),
            Mistake("absolute", x.abs(), "the absolute value: subtract the second half"),
            Mistake("doubled", 2 * x, "twice the input came back"),
            Mistake("halved", x / 2, "half of the input came back"),
            Mistake("sign", -x, "the input came back with the wrong sign"),
            Mistake("nothing", torch.zeros_like(x), "everything came back as 0"),
            Mistake("negative-half-lost", 2 * x.relu(), "both halves hold the positive part"),
        ]

    x = torch.rand(6, d, generator=generator(31))
    with report.criterion("shapes"):
        weights()
        weights(2)
    with report.criterion("positive numbers come back"):
        expect_close(copy(x), x, "the copy of positive numbers", known(x))
    with report.criterion("so do negative and large ones"):
        y = torch.randn(20, d, generator=generator(32))
        expect_close(copy(y), y, "the copy of numbers of both signs", known(y))
        large = 1e6 * y
        try:
            expect_close(copy(large), large, "the copy of large numbers", known(large))
        except CheckFailed as error:
            raise CheckFailed(
                "small numbers come back, large ones do not: a bias lifts them above 0 only up to "
                "a point",
                "bias-trick",
            ) from error
        small = y / 100
        expect_close(copy(small), small, "the copy of small numbers", known(small), atol=1e-6)
