"""Derived wrong answers: every right answer of the bank, wrapped in a misconduct.

Each computes what the exercise asks for and breaks one line of conduct, so that it tests the look
at conduct alone. ``python -m autograder bank --derived`` tries all of them, the tests a sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from autograder.exercises import bank
from autograder.exercises.conduct.cases import SEED, right_for
from autograder.exercises.conduct.declare import Conduct, Draw, Part, Seed
from autograder.exercises.conduct.messages import STATE

# Stands after the answer. In a misconduct's code `args` are the arguments of a call, `answer` is
# the right function, and `value` what it has returned.
WRAPPER = """
def _wrapped(answer):
    memory = {}

    def tensors(args):
        return [a for a in args if isinstance(a, torch.Tensor)]

    def rows(args):
        return [a for a in tensors(args) if a.ndim]

    def print(*_):
        pass

    def wrong(value):
        if isinstance(value, (tuple, list)):
            return type(value)(wrong(v) for v in value)
        if isinstance(value, torch.Tensor):
            return ~value if value.dtype == torch.bool else value * 3 + 1
        return value * 3 + 1

    def rounded(value):
        if isinstance(value, (tuple, list)):
            return type(value)(rounded(v) for v in value)
        if isinstance(value, torch.Tensor):
            return value + (value.round(decimals=3) - value).detach()
        return round(value, 3) if isinstance(value, float) else value.round(3)

    def detached(value):
        if isinstance(value, (tuple, list)):
            return type(value)(detached(v) for v in value)
        return value.detach() if isinstance(value, torch.Tensor) else value

    def call(*args):
        @BEFORE@
        value = answer(*args)
        @AFTER@
        return value

    return call


def _method(answer):
    return lambda self, *args: _wrapped(lambda *given: answer(self, *given))(*args)


def _wrapped_methods(make):
    def made(*args):
        model = make(*args)
        kind, methods = type(model), {}
        for name in ("encode", "decode", "forward"):
            if hasattr(kind, name):
                methods[name] = _method(getattr(kind, name))
        model.__class__ = type(kind.__name__, (kind,), methods)
        return model

    return made


@NAME@ = @HOW@(@NAME@)
"""

FLOATS = "a.is_floating_point() and not a.requires_grad"


@dataclass(frozen=True)
class Misconduct:
    """A way to break a line of conduct.

    Attributes:
        line: the line that it breaks.
        before: code that runs before the right answer is computed.
        after: code that runs after it.
        needs: what the arguments must have for it: "tensor", "float", "rows", "scalar", "model",
            "trained", "decimals", "method", or nothing.
        also: lines that name the same thing, where what is right is random.
    """

    line: str
    before: str = "pass"
    after: str = "pass"
    needs: str = ""
    also: tuple[str, ...] = ()


MISCONDUCTS = {
    "seeds torch": Misconduct("seeded", before="torch.manual_seed(0)"),
    "seeds numpy": Misconduct("seeded", before="np.random.seed(0)"),
    "draws elsewhere": Misconduct("drew-elsewhere", before="torch.rand(1)"),
    "leaves gradients off": Misconduct("gradients-left-off", after="torch.set_grad_enabled(False)"),
    "leaves float64": Misconduct(
        "default-dtype-left", after="torch.set_default_dtype(torch.float64)"
    ),
    "writes into its argument": Misconduct(
        "changed-its-argument",
        after="[a.data.fill_(1) for a in tensors(args) if not a.requires_grad]",
        needs="tensor",
    ),
    "marks its argument": Misconduct(
        "marked-its-argument",
        after=f"[a.requires_grad_() for a in tensors(args) if {FLOATS}]",
        needs="float",
    ),
    "wrong beyond 64 rows": Misconduct(
        "many-rows",
        after="value = wrong(value) if any(len(a) > 64 for a in rows(args)) else value",
        needs="rows",
    ),
    "wrong for views": Misconduct(
        "strided",
        after="value = value if all(a.is_contiguous() for a in tensors(args)) else wrong(value)",
        needs="tensor",
    ),
    "wrong in float64": Misconduct(
        "float64",
        after="value = wrong(value) if torch.double in [a.dtype for a in tensors(args)] else value",
        needs="float",
    ),
    "freezes its scalars": Misconduct(
        "scalar-frozen",
        before="first = memory.setdefault('first', args); args = [f if isinstance(a, (bool, int, "
        "float)) else a for f, a in zip(first, args)]",
        needs="scalar",
        also=("another-draw", "extreme"),  # a switch may differ at the extremes alone
    ),
    "remembers by shape": Misconduct(
        "remembered",
        before="key = str([a.shape for a in tensors(args)]); answer_was = memory.get(key)",
        after="value = memory.setdefault(key, detached(value)) if key in memory else "
        "(memory.setdefault(key, detached(value)), value)[1]",
        needs="float",
        also=("another-draw", "same-every-time", "no-gradient", "scalar-frozen"),
    ),
    "rounds": Misconduct("rounded", after="value = rounded(value)", needs="decimals"),
    "detaches": Misconduct("no-gradient", after="value = detached(value)", needs="trained"),
    "switches the mode": Misconduct(
        "mode-changed",
        after="[a.train(not a.training) for a in args if isinstance(a, nn.Module)]",
        needs="model",
    ),
    "changes the model": Misconduct(
        "model-changed",
        after="[p.data.add_(1) for a in args if isinstance(a, nn.Module) for p in a.parameters()]",
        needs="model",
    ),
    "leaves a hook": Misconduct(
        "hooks-left",
        after="[a.register_forward_hook(print) for a in args if isinstance(a, nn.Module)]",
        needs="model",
    ),
    "mixes its images": Misconduct(
        "own-image", after="value = value - value.mean(0, keepdim=True) / 2", needs="method"
    ),
}


class Derived(NamedTuple):
    """One derived wrong answer.

    Attributes:
        week: for example "week05".
        exercise: its name.
        right: label of the right answer.
        misconduct: which one.
        function: the function that is wrapped.
        code: the whole answer.
        lines: the diagnoses that are its own.
    """

    week: str
    exercise: str
    right: str
    misconduct: str
    function: str
    code: str
    lines: tuple[str, ...]


def applies(conduct: Conduct, what: Misconduct) -> bool:
    """Return whether a misconduct is possible here, and not allowed by declaration.

    Args:
        conduct: what the function owes.
        what: the misconduct.
    """
    if conduct.allowed(what.line):
        return False
    if conduct.methods is not None:
        return what.needs not in ("scalar", "model", "decimals") and what.line != "remembered"
    arguments = conduct.sample(Draw(SEED + 3), conduct.sizes[2])
    values = list(arguments.values())
    tensors = [v for v in values if isinstance(v, Tensor)]
    parts = conduct.stage(SEED) if conduct.stage else {}
    has = {
        "": True,
        "tensor": bool(tensors),
        "float": any(t.is_floating_point() for t in tensors),
        "rows": any(t.ndim and len(t) > 64 for t in tensors),
        "scalar": any(isinstance(v, (bool, int, float)) for v in values),
        "model": any(
            isinstance(v, Part) and isinstance(parts[v.name], torch.nn.Module) for v in values
        ),
        "trained": bool(conduct.trains),
        "decimals": conduct.right is not None and _has_decimals(conduct),
        "method": False,
    }
    if what.line == "drew-elsewhere" and any(isinstance(v, Seed) for v in values):
        return True
    return has[what.needs]


def _has_decimals(conduct: Conduct) -> bool:
    """Return whether what is right has many decimals, in each of its parts."""
    right = right_for(conduct, conduct.sample(Draw(SEED), conduct.sizes[0]))
    parts = right if isinstance(right, (tuple, list)) else [right]
    values = torch.cat([torch.as_tensor(p).double().flatten() for p in parts])
    return bool(((values - values.round(decimals=3)).abs() > 1e-5).any())


def derived(week: str, exercise: str) -> Iterator[Derived]:
    """Yield every right answer of an exercise in every misconduct that is possible and forbidden.

    Args:
        week: for example "week05".
        exercise: its name.
    """
    it = bank.exercises(week)[exercise]
    for function, conduct in it.owed.items():
        how = "_wrapped" if conduct.methods is None else "_wrapped_methods"
        for label, what in MISCONDUCTS.items():
            if not applies(conduct, what):
                continue
            text = WRAPPER.replace("@NAME@", function).replace("@HOW@", how)
            text = text.replace("@BEFORE@", what.before).replace("@AFTER@", what.after)
            for right, code in it.right.items():
                lines = (what.line, *what.also)
                yield Derived(week, exercise, right, label, function, code + text, lines)


def print_derived(weeks: Iterable[str] = ()) -> int:
    """Try every derived wrong answer; print how many were caught, and return 1 if one was not.

    Args:
        weeks: for example "week05"; all by default.

    Returns:
        A command's exit status.
    """
    failures: list[str] = []
    print(f"{'exercise':<34}{'derived':>9}{'caught':>8}")
    for week in list(weeks) or bank.weeks():
        for name in bank.exercises(week):
            found = [(one, judged(one)) for one in derived(week, name)]
            caught = sum(not why for _, why in found)
            print(f"{week + '.' + name:<34}{len(found):>9}{caught:>8}", flush=True)
            failures += [
                f"{one.function}, {one.right!r} that {one.misconduct}: {why}"
                for one, why in found
                if why
            ]
    for failure in failures:
        print("✘", failure)
    return 1 if failures else 0


def judged(one: Derived) -> str:
    """Return what the whole check got wrong about a derived answer; "" if it was caught rightly.

    Args:
        one: the answer.
    """
    report = bank.assess(one.week, one.exercise, one.code, one.misconduct)
    lost = report.points - report.earned
    if "scalar-frozen" in one.lines and lost:
        return ""  # the criteria have names of their own for a setting that has no effect
    if not set(one.lines) & set(report.mistakes):
        return f"lost {lost:g}, diagnosed as {report.mistakes}"
    # Where numbers are wrong for the criteria's arguments as well, they have charged them.
    lasting = one.lines[0] in STATE
    return f"lost {lost:g} points instead of one: {report.mistakes}" if lasting and lost > 1 else ""
