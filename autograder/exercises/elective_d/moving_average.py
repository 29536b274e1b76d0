"""Elective D: a moving average of weights, and a moving average without its start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_unchanged,
    run,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw, Part
from autograder.exercises.elective_d._moving_average_answers import RIGHT, WRONG
from autograder.exercises.elective_d._teacher import expect_rest, joined, numbers, updated

EXERCISE = Exercise(
    "moving_average",
    defines=("ema_update", "without_start"),
    right=RIGHT,
    wrong=WRONG,
)

UPDATE, WITHOUT = EXERCISE.defines

# --- the update -----------------------------------------------------------------------------------

OF_WEIGHTS = {
    "nothing-changed": "they have not changed: `old = …` gives a name to a new tensor; operations "
    "that end in an underscore change the old one",
    "swapped": "the model's weights were multiplied by the decay, and the average's by 1 − decay; "
    "it is the other way round",
    "model-copied": "these are the model's; the average moves a little towards them",
    "share-missing": "the model's weights were not multiplied by 1 − decay",
    "decay-missing": "the old average was not multiplied by the decay",
    "decay-ignored": "`decay` has no effect",
    "away": "the average moves away from the model",
    "frozen-left": "parameters that ask for no gradient were left out; every parameter moves",
    "first-alone": "the first parameter alone has moved",
    "biases-left": "biases, and all that is no matrix, were left out; every parameter moves",
    "once": "one of the updates alone had an effect",
}
FROZEN = 3  # the place of the parameter that asks for no gradient


def averaged(
    old: Sequence[Tensor], new: Sequence[Tensor], decays: Sequence[float], how: str = ""
) -> Tensor:
    """Return the parameters after all updates, unrolled, or what a mistake makes of them.

    Args:
        old: the average's parameters.
        new: the model's.
        decays: of the updates.
        how: the mistake, one of `OF_WEIGHTS`.
    """
    kept = float(torch.tensor(decays).double().prod())
    fixed = {"decay-ignored": 0.99, "once": decays[-1]}
    found = []
    for place, (a, m) in enumerate(zip(old, new, strict=True)):
        start, end = a.double(), m.double()
        moved = kept * start + (1 - kept) * end
        if how == "swapped":
            share = float((1 - torch.tensor(decays).double()).prod())
            moved = share * start + (1 - share) * end
        elif how in ("share-missing", "decay-missing", "away"):
            moved = start
            for d in decays:
                steps = {
                    "share-missing": d * moved + end,
                    "decay-missing": moved + (1 - d) * end,
                    "away": moved - (1 - d) * (end - moved),
                }
                moved = steps[how]
        elif how == "decay-ignored":
            share = fixed[how] ** len(decays)
            moved = share * start + (1 - share) * end
        elif how == "once":
            moved = fixed[how] * start + (1 - fixed[how]) * end
        elif how == "model-copied":
            moved = end
        left = {
            "nothing-changed": True,
            "frozen-left": place == FROZEN,
            "first-alone": place > 0,
            "biases-left": a.ndim < 2,
        }
        found.append(start if left.get(how) else moved)
    return joined(found)


def other_shares(old: Tensor, new: Tensor, got: Tensor) -> Mistake:
    """Return which sum of both comes nearest to what an update gave.

    Args:
        old: the average's parameters in a row, before the update.
        new: the model's.
        got: the average's after it.
    """
    both = torch.stack([old, new], dim=1)
    shares = torch.linalg.lstsq(both, got.nan_to_num()[:, None]).solution
    of_old, of_new = shares.flatten().tolist()
    text = f"they are {of_old:.3g} times the average's own plus {of_new:.3g} times the model's; "
    text += "the shares should be decay and 1 − decay, which add up to 1"
    return Mistake("other-shares", (both @ shares).squeeze(1), text)


@EXERCISE.criterion("the average of the weights", points=1)
def weights(ema_update: Callable, without_start: Callable) -> None:
    """One update, then two more with other decays; with decay 0 a copy, with 1 no move."""
    for seed, decays in ((840, [0.7]), (841, [0.9, 0.35, 0.8]), (842, [0.0]), (843, [1.0])):
        old, new = numbers(seed), numbers(seed + 50)
        seen = updated(ema_update, old, new, decays)
        expect_rest(seen, new)
        a, m = old[:6], new[:6]
        for count, got in enumerate(seen.steps, start=1):
            some = decays[:count]
            said = ", ".join(f"{d:g}" for d in some)
            what = f"the parameters of the average after updates with decay {said},"
            right, known = averaged(a, m, some), []
            for how, text in OF_WEIGHTS.items():
                wrong = averaged(a, m, some, how)
                if not torch.allclose(wrong, right, rtol=1e-3):
                    known.append(Mistake(how, wrong, text))
            if count == 1:
                known.append(other_shares(joined(a), joined(m), got))
            expect_close(got, right, what, known)


@EXERCISE.criterion("buffers, and memory of its own", points=1)
def buffers(ema_update: Callable, without_start: Callable) -> None:
    """Means, variances and a count are the model's, and stay when the model's change."""
    old, new = numbers(860), numbers(861)
    seen = updated(ema_update, old, new, [0.6])
    before, right = joined(old[6:]), joined(new[6:])
    mixed = 0.6 * before + 0.4 * right
    averages = "they were averaged; a buffer is copied from the model"
    left = torch.cat([right[:-1], before[-1:]])
    known = [
        Mistake("buffers-left", before, "they have not changed; copy those of the model"),
        Mistake("counts-left", left, "the count of batches has not changed; copy every buffer"),
        *(
            Mistake("buffers-averaged", torch.cat([mixed[:-1], torch.as_tensor([v])]), averages)
            for v in (mixed[-1], mixed[-1].floor(), mixed[-1].round(), before[-1], right[-1])
        ),
    ]
    expect_close(seen.buffers, right, "the buffers of the average", known)
    expect(
        bool((seen.later != 77).all()),
        "average and model share their memory: a step of training that comes later changes the "
        "average as well. `copy_` copies numbers; `old.data = new` does not",
        "shared-memory",
    )


# --- without the start ----------------------------------------------------------------------------

OF_START = {
    "only-divided": "the start's part was not subtracted: dividing alone is right where the start "
    "is 0, as Adam's is",
    "not-divided": "the start's part was subtracted, and what is left not divided by the sum of "
    "the other weights, 1 − decay^steps",
    "start-whole": "the whole start was subtracted; the average contains decay^steps of it",
    "one-step": "the start's weight is decay^steps after `steps` updates, not decay",
    "product": "decay · steps was taken for decay^steps",
    "steps-off": "a step too few: after t updates the start's weight is decay^t",
    "steps-more": "a step too many: after t updates the start's weight is decay^t",
    "share-for-decay": "1 − decay was taken for the decay",
    "added": "the start's part was added; subtract it",
    "divided-by-left": "divide by the sum of the other weights, 1 − decay^steps",
    "roles-swapped": "`average` and `start` are exchanged",
    "unchanged": "the average came back as it was",
}


def started(average: Tensor, start: Tensor, decay: float, steps: int) -> Tensor:
    """Return the average without its start: it lies on the line from the start through the average.

    Args:
        average: after the updates.
        start: before them.
        decay: of the updates.
        steps: how many.
    """
    others = sum(decay**i for i in range(steps)) * (1 - decay)  # a geometric series
    return start + (average - start) / others


def mistaken(average: Tensor, start: Tensor, decay: float, steps: int, how: str) -> Tensor:
    """Return what a mistake makes of it.

    Args:
        average: after the updates.
        start: before them.
        decay: of the updates.
        steps: how many.
        how: the mistake, one of `OF_START`.
    """
    left = {
        "one-step": decay,
        "product": decay * steps,
        "steps-off": decay ** (steps - 1),
        "steps-more": decay ** (steps + 1),
        "share-for-decay": (1 - decay) ** steps,
    }.get(how, decay**steps)
    others = 1 - left if left != 1 else float("nan")
    return {
        "only-divided": average / others,
        "not-divided": average - left * start,
        "start-whole": (average - start) / others,
        "added": (average + left * start) / others,
        "divided-by-left": (average - left * start) / (left or float("nan")),
        "roles-swapped": (start - left * average) / others,
        "unchanged": average,
    }.get(how, (average - left * start) / others)


@EXERCISE.criterion("the average without its start", points=1)
def without(ema_update: Callable, without_start: Callable) -> None:
    """Averages of numbers, rows and tables, after a few steps and many; then one of one number."""
    rng = grader_generator(870)
    cases: list[tuple[tuple[int, ...], float, int]] = [
        ((4, 3), 0.8, 3),
        ((5,), 0.97, 20),
        ((), 0.6, 2),
        ((2, 3, 2), 0.3, 4),
        ((3,), 0.9, 1),
        ((3, 2), 0.5, 40),
    ]
    for shape, decay, steps in cases:
        average = torch.randn(shape, generator=rng) + 1.4
        start = torch.randn(shape, generator=rng) - 2.2
        what = f"an average of shape {shape} without its start, after {steps} steps of {decay:g},"
        expect_without(without_start, average, start, decay, steps, what)
    average, start = torch.randn(2, 3, generator=rng), torch.randn(2, 3, generator=rng)
    try:
        value = run(without_start, average.clone(), start.clone(), 0.0, 2, name=WITHOUT)
    except CheckFailed as error:
        text = f"for decay 0 {error}\n  0 is allowed, and has no logarithm: take `decay**steps`"
        expect(not error.mistake.startswith("raised-"), text, "no-decay")
        raise
    expect_close(value, average, "the average without its start for decay 0, which holds none,")


def expect_without(
    without_start: Callable, average: Tensor, start: Tensor, decay: float, steps: int, what: str
) -> None:
    """Compare with the line from the start through the average."""
    given = average.clone(), start.clone()
    value = run(without_start, *given, decay, steps, name=WITHOUT)
    for before, after in zip((average, start), given, strict=True):
        expect_unchanged(before, after, WITHOUT)
    wide = average.double(), start.double(), decay, steps
    right, known = started(*wide), []
    for how, message in OF_START.items():
        wrong = mistaken(*wide, how)
        if bool(torch.isfinite(wrong).all()) and not torch.allclose(wrong, right, rtol=1e-3):
            known.append(Mistake(how, wrong, message))
    expect_close(value, right, what, known, rtol=1e-3)


# --- conduct --------------------------------------------------------------------------------------


def stage(seed: int) -> dict[str, Any]:
    """Make an average and a model of one layer and a normalisation, in training mode."""
    import torch

    rng, found = torch.Generator().manual_seed(seed), {}
    for name in ("average", "model"):
        module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
        for parameter in module.parameters():
            parameter.data.copy_(torch.randn(parameter.shape, generator=rng))
        found[name] = module
    return found


def silent(*_: object) -> str:
    """Return what is wrong with what an update returns: nothing is; it works in place."""
    return ""


@EXERCISE.conduct(
    stage=stage,
    holds=silent,
    allows={
        "model-changed": "the average changes; the criteria look at the model",
        "scalar-frozen": "nothing comes back; the criteria update with several decays",
    },
)
def arguments(new: Draw, n: int) -> Arguments:
    """Two modules and a decay."""
    return {
        "average": Part("average"),
        "model": Part("model"),
        "decay": new.alternate(0.9, 0.6),
    }


@EXERCISE.conduct(
    WITHOUT,
    right=started,
    rtol=1e-3,
    extremes=[
        {"average": torch.tensor(3.0), "start": torch.tensor(1.0), "decay": 0.5, "steps": 1},
        {"average": torch.ones(2), "start": torch.ones(2), "decay": 0.0, "steps": 3},
    ],
)
def arguments_of_without_start(new: Draw, n: int) -> Arguments:
    """Rows of three numbers; at the extremes a single number, and decay 0."""
    return {
        "average": new.normal(n, 3),
        "start": new.normal(n, 3) + 1,
        "decay": new.alternate(0.9, 0.6),
        "steps": new.alternate(3, 5),
    }
