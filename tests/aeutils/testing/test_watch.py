"""A visible test says when a function leaves something behind, and switches it back."""

import random

import numpy as np
import pytest
import torch

from aeutils.testing.checking import CheckFailed, run
from aeutils.testing.watch import unwatched


def writes(x):
    x += 1


def marks(x):
    x.requires_grad_()


def appends(x):
    x.append(1)


def seeds(x):
    torch.manual_seed(5)


def draws_numpy(x):
    np.random.rand()  # noqa: NPY002


def draws_python(x):
    random.random()


def switches(x):
    torch.set_grad_enabled(False)


def widens(x):
    torch.set_default_dtype(torch.float64)


CASES = [
    (writes, torch.zeros(2), "changed-its-argument"),
    (appends, [1, 2], "changed-its-argument"),
    (marks, torch.zeros(2), "marked-its-argument"),
    (seeds, torch.zeros(2), "seeded"),
    (draws_numpy, torch.zeros(2), "seeded"),
    (draws_python, torch.zeros(2), "seeded"),
    (switches, torch.zeros(2), "gradients-left-off"),
    (widens, torch.zeros(2), "default-dtype-left"),
]


@pytest.mark.parametrize(("function", "given", "mistake"), CASES)
def test_what_is_left_behind_is_named(function, given, mistake):
    with pytest.raises(CheckFailed) as caught:
        run(function, given)
    assert caught.value.mistake == mistake
    assert function.__name__ in str(caught.value)
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() == torch.float32


def test_a_module_may_draw_its_first_weights():
    run(torch.nn.Linear, 2, 3)


def test_the_given_generator_may_move():
    generator = torch.Generator().manual_seed(1)
    run(lambda g: torch.rand(2, generator=g), generator)


def test_the_grader_looks_in_its_own_way():
    with unwatched():
        run(writes, torch.zeros(2))
    with pytest.raises(CheckFailed):
        run(writes, torch.zeros(2))
