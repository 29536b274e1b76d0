"""Week 3: the smallest width that is good enough, chosen on held-out images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_pair, to_tensor
from autograder.exercises import GRADER_SEED, Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw, Part, Seed
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "smallest_width",
    signature=(
        "def smallest_width(x_train, x_test, widths, target, n_validation, generator, fit):"
    ),
    setup="from collections.abc import Callable\n",
    right={
        "loop with break": """
            def error(model, x):
                return float(((model(x) - x) ** 2).sum(dim=1).mean())
            order = torch.randperm(len(x_train), generator=generator)
            x_val, x_fit = x_train[order[:n_validation]], x_train[order[n_validation:]]
            for k in widths:
                if error(fit(x_fit, k), x_val) <= target:
                    break
            return k, error(fit(x_train, k), x_test)
        """,
        "all widths first, then the first that is good enough": """
            shuffled = x_train[torch.randperm(x_train.shape[0], generator=generator)]
            kept, held = shuffled[:-n_validation], shuffled[-n_validation:]
            sse = [
                (fit(kept, k)(held) - held).pow(2).flatten(1).sum(1).mean().item() for k in widths
            ]
            good = [k for k, e in zip(widths, sse) if e <= target]
            best = good[0] if good else widths[-1]
            final = fit(x_train, best)
            return best, (final(x_test) - x_test).pow(2).sum().item() / len(x_test)
        """,
        "a mask, measured in small batches": """
            held = torch.zeros(len(x_train), dtype=torch.bool)
            held[torch.randperm(len(x_train), generator=generator)[:n_validation]] = True
            def error(model, x):
                total = 0.0
                with torch.no_grad():
                    for batch in x.split(4):
                        total += torch.sum((model(batch) - batch) ** 2).item()
                return total / len(x)
            chosen = None
            for k in widths:
                if chosen is None and error(fit(x_train[~held], k), x_train[held]) <= target:
                    chosen = k
            if chosen is None:
                chosen = widths[len(widths) - 1]
            model = fit(x_train, chosen)
            return [chosen, torch.tensor(error(model, x_test))]
        """,
    },
    wrong={
        "chosen-on-test": """
            def error(model, x):
                return float(((model(x) - x) ** 2).sum(dim=1).mean())
            for k in widths:
                model = fit(x_train, k)
                if error(model, x_test) <= target:
                    break
            return k, error(model, x_test)
        """,
        "training-error": {"x_val) <= target": "x_fit) <= target"},
        "overlap": {"x_train[order[n_validation:]]": "x_train"},
        "not-refitted": {"fit(x_train, k), x_test": "fit(x_fit, k), x_test"},
        "validation-error": {"fit(x_train, k), x_test": "fit(x_fit, k), x_val"},
        "widest": {
            """    for k in widths:
        if error(fit(x_fit, k), x_val) <= target:
            break
""": "    k = min(widths, key=lambda k: error(fit(x_fit, k), x_val))\n"
        },
        "not-random": {
            "    order = torch.randperm(len(x_train), generator=generator)\n": "",
            "order[:n_validation]": ":n_validation",
            "order[n_validation:]": "n_validation:",
        },
        "split-per-width": """
            def error(model, x):
                return float(((model(x) - x) ** 2).sum(dim=1).mean())
            for k in widths:
                order = torch.randperm(len(x_train), generator=generator)
                x_val, x_fit = x_train[order[:n_validation]], x_train[order[n_validation:]]
                if error(fit(x_fit, k), x_val) <= target:
                    break
            return k, error(fit(x_train, k), x_test)
        """,
        "generator-ignored": {"generator=generator": ""},
        "mean-over-pixels": {".sum(dim=1).mean()": ".mean()"},
        "not-at-most": {"<=": "<"},
        "wrong-split": {"[n_validation:]": "[:n_validation]"},
    },
)

WIDTHS = [2, 3, 5, 8, 12]
TARGET = 5.0
# What a model of each width costs: on images it was fitted to, held out, on test images.
FITTED = [6.0, 4.0, 2.0, 1.0, 0.5]
HELD_OUT = [11.0, 9.0, 7.0, 4.5, 2.0]
TEST = [9.5, 6.0, 4.8, 4.2, 3.0]
D, N, M, N_VALIDATION = 4, 40, 16, 11


class Story(NamedTuple):
    """What happened: the result, and every fit and measurement in order.

    Attributes:
        k: the width that came back.
        error: the error that came back.
        fits: width and numbers of the images of each fit.
        looks: how many fits came before a measurement, and the numbers of its images.
    """

    k: Any
    error: object
    fits: list[tuple[int, list[int]]]
    looks: list[tuple[int, list[int]]]


@remote_call
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


def tell(smallest_width: Callable, seed: int = 0, target: float = TARGET) -> Story:
    """Let the student's function choose among models with known errors that remember images.

    The first number of an image is its own: 0 to 39 in training, from 1000 in the test set.
    """
    x = torch.rand(N + M, D, generator=grader_generator(30))
    x[:, 0] = torch.cat([torch.arange(float(N)), 1000 + torch.arange(float(M))])
    costs = {k: list(c) for k, *c in zip(WIDTHS, FITTED, HELD_OUT, TEST, strict=True)}
    name, sizes = "smallest_width", (WIDTHS, target, N_VALIDATION, GRADER_SEED + seed, costs)
    told: Any = run(lambda: _tell(smallest_width, x[:N], x[N:], *sizes), name=name)
    result, fits, looks = told
    k, error = to_pair(result, name, ["the width", "the test error"])
    expect(len(fits) > 0, "`fit` was never called", "never-fitted")
    return Story(
        k,
        error,
        [(int(width), [int(i) for i in seen]) for width, seen in fits],
        [(int(when), [int(i) for i in which]) for when, which in looks],
    )


def expect_held_out(story: Story) -> set[int]:
    """Raise unless as many training images as asked for were held out; return the others."""
    trained = set(story.fits[0][1])
    expect(not any(i >= 1000 for i in trained), "`fit` got test images", "fitted-on-test")
    measured = any(which and all(i < 1000 for i in which) for _, which in story.looks)
    expect(
        measured or len(trained) < N,
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
    return trained


@EXERCISE.criterion("a random part is held out", points=1)
def held_out(smallest_width: Callable) -> None:
    """The same part for every width, drawn from the generator."""
    story = tell(smallest_width)
    trained = expect_held_out(story)
    expect(
        set(range(N)) - trained not in (set(range(N_VALIDATION)), set(range(N - N_VALIDATION, N))),
        "the first or last images were held out: images may be stored in an order, draw them "
        "at random",
        "not-random",
    )
    expect(
        len({frozenset(seen) for _, seen in story.fits if len(set(seen)) < N}) == 1,
        "every width had a split of its own: compare them on the same held-out images",
        "split-per-width",
    )
    expect(
        set(tell(smallest_width).fits[0][1]) == trained,
        "two calls with the same generator held out different images: draw from `generator`",
        "generator-ignored",
    )
    expect(
        set(tell(smallest_width, seed=1).fits[0][1]) != trained,
        "another generator held out the same images: draw from `generator`",
        "generator-ignored",
    )


@EXERCISE.criterion("the test images come last", points=1)
def test_images_last(smallest_width: Callable) -> None:
    """Nothing is measured on them before the last fit."""
    story = tell(smallest_width)
    early = [when for when, which in story.looks if any(i >= 1000 for i in which)]
    expect(bool(early), "the test images were never measured", "never-tested")
    expect(
        early[0] == len(story.fits),
        "test images were measured before the last fit: they helped to choose the width",
        "chosen-on-test",
    )
    mixed = [which for _, which in story.looks if len({i >= 1000 for i in which}) > 1]
    expect(not mixed, "test and training images were measured together", "mixed")


@EXERCISE.criterion("the width", points=1)
def width(smallest_width: Callable) -> None:
    """An error below the target, one that equals it, and none that reaches it."""
    known = [
        Mistake("training-error", 3, "chosen by the error on images that `fit` had seen"),
        Mistake("mean-over-pixels", 2, "the errors were averaged over pixels; sum them"),
        Mistake("chosen-on-test", 5, "chosen by the error on the test images"),
        Mistake("widest", 12, "the smallest error wins; a narrower one is good enough"),
        Mistake("one-too-narrow", 5, "one too narrow: its validation error is above target"),
        Mistake("index", 3, "this is the place in the list; return the width"),
    ]
    expect_close(tell(smallest_width).k, 8, "the width", known)
    at_most = Mistake("not-at-most", 5, "an error equal to the target is good enough")
    exact = "the width when an error is exactly the target"
    expect_close(tell(smallest_width, target=9.0).k, 3, exact, [at_most, *known])
    none = "the width when none reaches the target (the widest, by the docstring)"
    expect_close(tell(smallest_width, target=1.0).k, 12, none)


@EXERCISE.criterion("fitted again, and the test error", points=1)
def fitted_again(smallest_width: Callable) -> None:
    """The last model has seen all training images."""
    story = tell(smallest_width)
    k = story.k if type(story.k) is int else 8
    test = TEST[WIDTHS.index(k)] if k in WIDTHS else 4.2
    held = HELD_OUT[WIDTHS.index(k)] if k in WIDTHS else 4.5
    again = "the model was not fitted again on all training images after the choice"
    known = [
        Mistake("not-refitted", test + 1, again),
        Mistake("validation-error", held, "the validation error; return the test error"),
        Mistake("mean-over-pixels", test / D, "averaged over pixels; sum them"),
        Mistake("mean-over-pixels", (test + 1) / D, "averaged over pixels; sum them"),
        Mistake("total", test * M, "the total over images; take their mean"),
        Mistake("rooted", test**0.5, "a square root was taken"),
        Mistake("signed", (test * (D - 1)) ** 0.5, "differences were not squared"),
    ]
    expect_close(story.error, test, "the returned error", known, rtol=1e-3)
    last_k, last = story.fits[-1]
    expect(
        len(set(last)) == N and last_k == k,
        "the last fit should be of the chosen width, on all training images",
        "not-refitted",
    )


def stage(seed: int) -> dict[str, Any]:
    """Make `fit`, whose models keep the first k numbers of an image and know the mean of others."""

    def fit(x, k):
        mean = x.mean(0)

        def model(rows):
            kept = rows.clone()
            kept[:, k:] = mean[k:].to(rows.dtype)
            return kept

        return model

    return {"fit": fit}


def fits(result: Any, x_train: Tensor, x_test: Tensor, widths: list[int], *_: object) -> str:
    """Return what is wrong with a width, which is left to chance, and its test error."""
    k, error = int(to_tensor(result[0], "k")), to_tensor(result[1], "the error").double()
    if k not in widths:
        return f"{k} is none of the widths"
    right = ((x_test - x_train.mean(0)) ** 2)[:, k:].sum(1).mean()
    return "" if torch.allclose(error, right, rtol=1e-3) else "the test error is wrong"


@EXERCISE.conduct(
    holds=fits,
    stage=stage,
    sizes=(12, 4, 70),
    allows={
        "same-every-time": "two splits may lead to the same width",
        "scalar-frozen": "the width hangs on the split; the criteria vary the target",
    },
)
def arguments(new: Draw, n: int) -> Arguments:
    """Images whose later numbers vary less."""
    scale = torch.tensor([2.0, 1.5, 1.0, 0.5, 0.3])
    return {
        "x_train": new.normal(n, 5) * scale,
        "x_test": new.normal(n, 5) * scale + 0.1,
        "widths": [1, 2, 3, 4],
        "target": new.alternate(1.5, 5.0),
        "n_validation": new.alternate(3, 2) if n > 4 else 2,
        "generator": Seed(new.whole(1, 99)),
        "fit": Part("fit"),
    }
