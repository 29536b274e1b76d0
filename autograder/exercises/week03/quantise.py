"""Week 3: codes as whole numbers of steps, and back."""

from __future__ import annotations

from collections.abc import Callable

import torch

from aeutils.testing.checking import Mistake, expect, expect_close, run
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "quantise",
    defines=("quantise", "dequantise"),
    right={
        "round, then the type": """
            def quantise(z, step):
                return (z / step).round().long()

            def dequantise(symbols, step):
                return symbols * step
        """,
        "floor of a half more": """
            def quantise(z, step):
                return torch.floor(z / step + 0.5).to(torch.int64)

            def dequantise(symbols, step):
                return symbols * step
        """,
        "numpy": """
            def quantise(z, step):
                return torch.as_tensor(np.rint(z.numpy() / np.asarray(step)).astype(np.int64))

            def dequantise(symbols, step):
                return symbols.double() * torch.as_tensor(step).double()
        """,
    },
    wrong={
        "floor": {".round()": ".floor()"},
        "truncated": {".round()": ""},
        "ceiling": {".round()": ".ceil()"},
        "multiplied": {"z / step": "z * step", "symbols * step": "symbols / step"},
        "not-rounded": {"(z / step).round().long()": "z / step"},
        "not-counted": {".long()": " * step", "symbols * step": "symbols"},
        "step-ignored": {"(z / step)": "z", "symbols * step": "symbols.float()"},
        "not-integers": {".long()": ""},
        "divided": {"symbols * step": "symbols / step"},
        "not-scaled": {"symbols * step": "symbols.float()"},
        "half-step": {".round()": ".floor()", "symbols * step": "(symbols + 0.5) * step"},
        "clipped": {".round()": ".round().clamp(min=0)"},
    },
)

Z = 3 * torch.randn(40, 4, generator=grader_generator(50))
STEPS = {"0.7": 0.7, "one for each column": torch.tensor([0.25, 0.6, 1.5, 3.0])}


@EXERCISE.criterion("the nearest whole number of steps", points=1)
def nearest(quantise: Callable, dequantise: Callable) -> None:
    """Rounding in float64, negative numbers, one step for all or one for each column."""
    for text, step in STEPS.items():
        wide = torch.as_tensor(step).double()
        ratio, times = Z.double() / wide, Z.double() * wide
        right = ratio.round()
        steps = "these are multiples of the step; return how many steps"
        known = [
            Mistake("floor", ratio.floor(), "rounded down; take the nearest"),
            Mistake("truncated", ratio.trunc(), "cut towards zero; round before the type"),
            Mistake("ceiling", ratio.ceil(), "rounded up; take the nearest"),
            Mistake("multiplied", times.round(), "multiplied by the step; divide by it"),
            Mistake("multiplied", times, "multiplied by the step; divide by it"),
            Mistake("not-rounded", ratio, "not rounded to whole numbers"),
            Mistake("not-counted", right * wide, steps),
            Mistake("step-ignored", Z.round(), "the step was not used"),
            Mistake("step-ignored", Z.trunc(), "the step was not used"),
            Mistake("magnitude", right.abs(), "the signs were lost"),
            Mistake("clipped", right.clamp(min=0), "negative symbols were cut off"),
        ]
        result = run(quantise, Z.clone(), step, name="quantise")
        got = expect_close(result, right, f"the symbols for a step of {text}", known)
        expect(
            not got.is_floating_point(),
            f"the symbols are of type {str(got.dtype).removeprefix('torch.')}; return int64",
            "not-integers",
        )


@EXERCISE.criterion("and back", points=1)
def back(quantise: Callable, dequantise: Callable) -> None:
    """Symbols times the step, in float64."""
    symbols = (Z / 0.3).round().long()
    for text, step in STEPS.items():
        s = torch.as_tensor(step).double()
        right = symbols.double() * s
        known = [
            Mistake("divided", symbols.double() / s, "divided by the step; multiply by it"),
            Mistake("not-scaled", symbols.double(), "the symbols came back; multiply"),
            Mistake("half-step", right + s / 2, "half a step too high: that belongs to floor"),
            Mistake("half-step", right - s / 2, "half a step too low"),
            Mistake("truncated-back", right.trunc(), "cut to whole numbers"),
        ]
        got = run(dequantise, symbols.clone(), step, name="dequantise")
        expect_close(got, right, f"the numbers for a step of {text}", known)


@EXERCISE.conduct(right=lambda z, step: (z / step + 0.5).floor(), dtypes=[torch.int64])
def arguments(new: Draw, n: int) -> Arguments:
    """Codes and a step."""
    return {"z": 3 * new.normal(n, 4), "step": new.alternate(0.7, 0.4)}


@EXERCISE.conduct("dequantise", right=lambda symbols, step: symbols.double() * step)
def arguments_of_dequantise(new: Draw, n: int) -> Arguments:
    """Symbols and a step."""
    return {"symbols": new.integers(-9, 9, n, 4), "step": new.alternate(0.712345, 0.432123)}
