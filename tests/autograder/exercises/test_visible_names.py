"""Visible tests of elective D name the mistake that was made, and never another one."""

import importlib

import pytest
import torch

from aeutils.testing.checking import CheckFailed
from aeutils.testing.elective_d import probing
from autograder.exercises import bank
from autograder.exercises.elective_d import _probed as exact

WEEK = "elective_d"
NAMED = ("collapse", "moving_average", "probes")
# What the small visible examples cannot tell apart has one message that is true of all.
TOGETHER = {
    "root-below-0": "nan-for-constant-units",
    "how-many-uncentred": "how-many",
    "first-alone": "frozen-left",
    "biases-left": "frozen-left",
    "singular": "ridge-ignored",
    "five-always": "argument-ignored",
}
# Mistakes that the visible tests let through; the hidden ones do not.
HIDDEN = {"absolute-deviations", "limit-on-the-values"}
WRONG = [
    (name, label, code)
    for week, name, label, code in bank.all_answers("wrong")
    if week == WEEK and name in NAMED
]


def seen(name, code, label):
    """Return the name of the mistake that a visible test sees, or "" where it passes."""
    visible = getattr(importlib.import_module(f"aeutils.testing.{WEEK}"), name)
    try:
        visible(*bank.objects(WEEK, name, code, label))
    except CheckFailed as error:
        return error.mistake
    return ""


@pytest.mark.parametrize(("name", "label", "code"), WRONG, ids=[f"{n}-{m}" for n, m, _ in WRONG])
def test_the_visible_test_names_the_mistake(name, label, code):
    wanted = "" if label in HIDDEN else TOGETHER.get(label, label)
    assert seen(name, code, label) == wanted


@pytest.mark.parametrize(
    ("solution", "numbers", "names"),
    [
        ("ridge * torch.eye", (0.01, 0.5), {"ridge-ignored"}),
        ("ridge * torch.eye", (1.0, 3.0), {"ridge-always-1"}),
        ("ridge * torch.eye", (10.0, 100.0), {"argument-ignored"}),
        (".topk(k,", (2, 3, 4, 7), {"argument-ignored"}),
    ],
)
def test_a_number_in_the_place_of_an_argument_is_told_as_such(solution, numbers, names):
    first = next(iter(bank.exercises(WEEK)["probes"].right.values()))
    for number in numbers:
        fixed = solution.replace("ridge", str(number)).replace("(k", f"({number}")
        code = first.replace(solution, fixed)
        assert seen("probes", code, f"{number}") in names


@pytest.mark.parametrize(
    ("scores", "test", "settings", "right", "otherwise"),
    [
        (
            exact.linear,
            probing.TO_FIT,
            probing.RIDGES,
            probing.FITTED,
            probing.OTHERWISE_FITTED,
        ),
        (
            exact.near,
            probing.TO_VOTE,
            probing.NEIGHBOURS,
            probing.VOTED,
            probing.OTHERWISE_VOTED,
        ),
    ],
    ids=["linear", "nearest"],
)
def test_the_tables_are_what_the_mistakes_give_by_either_divisor(
    scores, test, settings, right, otherwise
):
    rows = {"": right} | {name: row[:-1] for name, row in otherwise.items()}
    for name, row in rows.items():
        for divisor in (0, 1):
            for setting, digits in zip(settings, row, strict=True):
                case = exact.Case(probing.IMAGES, probing.LABELS, test, float(setting))
                classes = scores(case, divisor, name).argmax(dim=1)
                assert classes.tolist() == [int(d) for d in digits], (name, divisor, setting)
    assert len(set(rows.values())) == len(rows), "no two mistakes look the same"
    assert torch.equal(probing.LABELS.unique(), torch.arange(3))
