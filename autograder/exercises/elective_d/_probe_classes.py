"""Elective D: the classes that a student's probes give, and what mistake they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import CheckFailed, Mistake, expect, expect_close, expect_shape, run
from autograder.exercises.elective_d._probed import Case
from autograder.hall.protocol.remote_call import remote_call


@remote_call
def asked(probe, given):
    """Return a probe's classes; the helper that it calls gets copies, so that no fault spreads."""
    import inspect

    scope = getattr(inspect.unwrap(probe), "__globals__", {})
    helper: Any = scope.get("standardise")

    def on_copies(train, other):
        return helper(train.detach().clone(), other.detach().clone())

    if callable(helper):
        scope["standardise"] = on_copies
    try:
        return probe(*given)
    finally:
        if callable(helper):
            scope["standardise"] = helper


def classes_of(probe: Callable, cases: Sequence[Case], name: str, whole: bool) -> list[Tensor]:
    """Return the classes that the student's probe gives the test features of each case.

    Args:
        probe: the student's function.
        cases: what it is given.
        name: of the function.
        whole: whether the setting is a whole number.
    """
    what, found = f"the classes by {name}", []
    for train, labels, test, setting in cases:
        m, c = len(test), int(labels.max()) + 1
        shapes = [
            Mistake(
                "scores-returned" if name == "linear_probe" else "votes-returned",
                (m, c),
                "a number for each class; return the class with the largest",
            ),
            Mistake("class-of-each-unit", (c,), "one number for each class; one for each image"),
            Mistake("train-classified", (len(train),), "the training images; classify `test`"),
            Mistake("neighbours", (m, int(setting)), "one for each neighbour; let them vote"),
            Mistake("column", (m, 1), "a column; return one number for each image, (M,)"),
        ]
        given = train.clone(), labels.clone(), test.clone(), int(setting) if whole else setting
        answer = run(lambda given=given: asked(probe, given), name=name)
        value = expect_shape(answer, (m,), what, shapes)
        kind = str(value.dtype).removeprefix("torch.")
        integers = not value.is_floating_point() and value.dtype != torch.bool
        expect(integers, f"{what} are of type {kind}; return integers", "not-integers")
        found.append(value.long())
    return found


def helped(standardise: Callable, case: Case) -> tuple[Tensor, Tensor] | None:
    """Return training and test features by the student's own helper, or None if it fails."""
    found = []
    for other in (case.train, case.test):
        try:
            value = run(standardise, case.train.clone(), other.clone(), name="standardise")
            found.append(expect_shape(value, tuple(other.shape), "the columns").double())
        except CheckFailed:
            return None
    both = bool(torch.isfinite(torch.cat(found)).all())
    return (found[0], found[1]) if both else None


def best(scores: Tensor) -> Tensor:
    """Return which classes have the largest score, (M, C); several where they are equal."""
    return scores >= scores.amax(dim=1, keepdim=True) - 1e-9


def all_right(found: Sequence[Tensor], scores: Sequence[Tensor]) -> bool:
    """Return whether every class is one with the largest score."""
    for got, each in zip(found, scores, strict=True):
        if bool((got < 0).any() or (got >= each.shape[1]).any()):
            return False
        if not bool(best(each).gather(1, got[:, None]).all()):
            return False
    return True


def expect_classes(
    found: Sequence[Tensor],
    cases: Sequence[Case],
    scores: Callable[..., Tensor],
    messages: dict[str, str],
    what: str,
) -> None:
    """Raise unless the classes are those with the largest scores, or name the mistake.

    Args:
        found: the student's classes of each case.
        cases: what they are about.
        scores: gives the scores of a case, or what a mistake makes of them.
        messages: of the mistakes, by name.
        what: how messages call the classes.
    """
    if all_right(found, [scores(case) for case in cases]):
        return
    beyond = any(bool((g > c.labels.max()).any()) for g, c in zip(found, cases, strict=True))
    rows = f"{what} are numbers that no label has: are they the places of neighbours?"
    expect(not beyond, f"{rows} Return their labels", "places")
    for how, message in messages.items():
        # Without a ridge on the diagonal the classes are determined where there are more images
        # than units.
        some = [
            (got, case)
            for got, case in zip(found, cases, strict=True)
            if how not in ("ridge-ignored", "ridge-everywhere")
            or len(case.train) > case.train.shape[1]
        ]
        for divisor in (1, 0):
            if all_right([g for g, _ in some], [scores(c, divisor, how) for _, c in some]):
                raise CheckFailed(f"{what}: {message}", how)
    right = torch.cat([scores(case).argmax(dim=1) for case in cases])
    expect_close(torch.cat(list(found)), right, what)


def excused(
    standardise: Callable, found: Sequence[Tensor], cases: Sequence[Case], scores: Callable
) -> bool:
    """Return whether the classes are right for what the student's own, wrong, helper gives."""
    own = []
    for case in cases:
        both = helped(standardise, case)
        if both is None:
            return False
        own.append(scores(both[0], case.labels, both[1], case.setting))
    return all_right(found, own)


def linear_classes(linear_probe: Callable, cases: Sequence[Case]) -> list[Tensor]:
    """Return the classes by the student's linear probe; say why there are none.

    Args:
        linear_probe: the student's function.
        cases: what it is given.

    Raises:
        CheckFailed: it raised, or returned no classes.
    """
    name = "linear_probe"
    narrow = [case for case in cases if len(case.train) > case.train.shape[1]]
    try:
        return classes_of(linear_probe, cases, name, whole=False)
    except CheckFailed as error:
        if not error.mistake.startswith("raised-") or len(narrow) == len(cases):
            raise
        first = error
    # The sandbox says no more of a library's error than that it was one.
    try:
        classes_of(linear_probe, narrow, name, whole=False)
    except CheckFailed:
        raise first from None
    text = "It works where there are more images than units. Where there are fewer ZᵀZ has no "
    text = f"{first}\n  {text}inverse, and ZᵀZ + ρI has one: was the ridge forgotten?"
    raise CheckFailed(text, "singular")
