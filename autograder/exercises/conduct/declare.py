"""How an exercise says what its functions owe: arguments, what is right, and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

# Every line of conduct, by the name that a report gives its breach.
LINES = {
    "changed-its-argument": "arguments come back as they were",
    "marked-its-argument": "`requires_grad` and `.grad` of arguments are left alone",
    "seeded": "the global random generators are not seeded",
    "drew-elsewhere": "nothing is drawn from the global random generators",
    "generator-ignored": "the generator that is given decides every draw",
    "same-every-time": "two calls with one generator differ",
    "gradients-left-off": "gradients are switched on or off for others by nobody",
    "default-dtype-left": "the default dtype stays",
    "default-device-left": "the default device stays",
    "mode-changed": "a model's train or eval mode stays",
    "model-changed": "a model's parameters and buffers stay",
    "grads-left-behind": "the `.grad` of a model's parameters stays",
    "hooks-left": "no hook is left on a model",
    "wrong-dtype": "the dtype is the one that the docstring promises",
    "no-gradient": "a gradient reaches what is trained",
    "wrong-gradient": "and it is the right one",
    "another-draw": "other numbers of the same shapes are right, too",
    "rounded": "results are not rounded",
    "remembered": "results come from the arguments, not from memory",
    "scalar-frozen": "every scalar argument is used at every call",
    "strided": "views, whose numbers do not lie side by side, are taken",
    "float64": "float64 is taken",
    "one-row": "the smallest batch is right",
    "many-rows": "a batch above 64 is right",
    "extreme": "the extremes that the docstring allows are right",
    "own-image": "what is made of an image depends on that image alone",
}


@dataclass(frozen=True)
class Part:
    """An argument that a `stage` makes beside the student's objects, for example a model."""

    name: str


@dataclass(frozen=True)
class Seed:
    """An argument that is a `torch.Generator` of this seed."""

    value: int


class Breach(NamedTuple):
    """A line that was not kept.

    Attributes:
        line: its name, one of `LINES`.
        message: what to tell the student, cure included.
        lasting: whether it stands beside wrong numbers; the others are looked at only where all
            numbers of the check were right.
    """

    line: str
    message: str
    lasting: bool


class Draw:
    """Random arguments of one case.

    Args:
        seed: decides all of them.
    """

    def __init__(self, seed: int) -> None:
        self.seed, self.rng = seed, torch.Generator().manual_seed(seed)

    def alternate(self, one: Any, other: Any) -> Any:
        """Return `one` for even seeds and `other` for odd ones, so that two draws differ."""
        return other if self.seed % 2 else one

    def normal(self, *shape: int) -> Tensor:
        """Return normal numbers.

        Args:
            shape: of the result.
        """
        return torch.randn(*shape, generator=self.rng)

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Return numbers between `low` and `high`.

        Args:
            low: the smallest number.
            high: no number reaches it.
            shape: of the result.
        """
        return low + (high - low) * torch.rand(*shape, generator=self.rng)

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Return whole numbers from `low` to below `high`.

        Args:
            low: the smallest number.
            high: no number reaches it.
            shape: of the result.
        """
        return torch.randint(low, high, shape, generator=self.rng)

    def order(self, n: int) -> Tensor:
        """Return the numbers from 0 to below n in random order."""
        return torch.randperm(n, generator=self.rng)

    def number(self, low: float, high: float) -> float:
        """Return one number between `low` and `high`."""
        return float(self.uniform(low, high, 1))

    def whole(self, low: int, high: int) -> int:
        """Return one whole number from `low` to below `high`."""
        return int(self.integers(low, high, 1))

    def labels(self, n: int, classes: int = 3) -> Tensor:
        """Return n labels of classes that all have two members or more, in random order."""
        return (torch.arange(n) % min(classes, max(1, n // 2)))[self.order(n)]


Arguments = Mapping[str, Any]
Sample = Callable[[Draw, int], Arguments]


@dataclass(eq=False)
class Conduct:
    """What one function of an exercise owes.

    Attributes:
        name: the function's or class's name.
        sample: draws arguments by name, in order, for a batch of n.
        right: what is right for these arguments, floats in float64; None where that is random.
        holds: for random results: takes the result and the arguments, returns what is wrong, or "".
        trains: names of the arguments that a gradient must reach.
        up_to: maps a result, right or the student's, to what is determined about it.
        dtypes: the promised dtypes of the results.
        sizes: rows of a usual batch, of the smallest and of one above 64.
        extremes: sets of arguments at the ends of what the docstring allows.
        stage: makes the parts; takes a seed, returns them by name, and imports what it uses.
        methods: for classes, and functions that return a module: draws what each method takes.
        excused: takes the answer and returns whether its numbers are another exercise's fault.
        allows: lines that do not hold here, with the reason.
        between: the smallest and the largest number that the (first) result can hold.
        rtol: relative tolerance.
        atol: absolute tolerance.
    """

    name: str
    sample: Sample
    right: Callable[..., Any] | None = None
    holds: Callable[..., str] | None = None
    trains: Sequence[str] = ()
    up_to: Callable[..., Any] | None = None
    dtypes: Sequence[torch.dtype | None] = ()
    sizes: Sequence[int] = (6, 1, 70)
    extremes: Sequence[Arguments] = ()
    stage: Callable[[int], dict[str, Any]] | None = None
    methods: Callable[..., dict[str, Tensor]] | None = None
    excused: Callable[[Any], bool] | None = None
    allows: Mapping[str, str] | None = None
    between: tuple[float, float] | None = None
    rtol: float = 1e-4
    atol: float = 1e-5

    def __post_init__(self) -> None:
        unknown = set(self.allows or {}) - set(LINES)
        if unknown:
            raise ValueError(f"{self.name}: there is no line of conduct {sorted(unknown)}")

    def allowed(self, line: str) -> bool:
        """Return whether a breach of `line` is allowed here.

        Args:
            line: its name.
        """
        return line in (self.allows or {})
