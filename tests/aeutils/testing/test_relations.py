"""What a wrong result has to do with the right one: facts, and none that is a chance."""

import pytest
import torch

from aeutils.testing.checking import CheckFailed, Mistake, expect_close
from aeutils.testing.relations import NAMES, relation

RIGHT = torch.randn(5, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
SQUARE = torch.randn(4, 4, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
ROWS = torch.linspace(1, 3, 5, dtype=torch.float64)[:, None]


def but(where, value=7.0, right=RIGHT):
    wrong = right.clone()
    wrong[where] = value
    return wrong


@pytest.mark.parametrize(
    ("name", "got", "right"),
    [
        ("sign", -RIGHT, RIGHT),
        ("constant-factor", RIGHT / 3, RIGHT),
        ("constant-offset", RIGHT + 0.25, RIGHT),
        ("linear", (1 + RIGHT) / 2, RIGHT),
        ("all-zero", 0 * RIGHT, RIGHT),
        ("all-equal", torch.full_like(RIGHT, 2.0), RIGHT),
        ("squared", RIGHT**2, RIGHT),
        ("rooted", RIGHT.abs().sqrt(), RIGHT.abs()),
        ("no-sign", RIGHT.abs(), RIGHT),
        ("clipped", RIGHT.clamp_min(0), RIGHT),
        ("inverted", 1 / RIGHT, RIGHT),
        ("logarithm", RIGHT.abs().log(), RIGHT.abs()),
        ("rounded", RIGHT.round(), RIGHT),
        ("transposed", SQUARE.T, SQUARE),
        ("transposed", RIGHT.T, RIGHT),
        ("reversed", RIGHT.flip(0), RIGHT),
        ("another-order", RIGHT[[1, 2, 3, 4, 0]], RIGHT),
        ("factor-of-each-row", RIGHT * ROWS, RIGHT),
        ("offset-of-each-row", RIGHT + ROWS, RIGHT),
        ("factor-of-each-column", RIGHT * ROWS[:4].T, RIGHT),
        ("offset-of-each-column", RIGHT + ROWS[:4].T, RIGHT),
        ("wrong-diagonal", but(range(4), right=SQUARE) * 0 + SQUARE + torch.eye(4), SQUARE),
        ("wrong-where-negative", torch.where(RIGHT < 0, 9.0, RIGHT), RIGHT),
        ("wrong-in-first-row", but(0), RIGHT),
        ("wrong-in-last-row", but(-1), RIGHT),
        ("wrong-in-some-rows", but([1, 3]), RIGHT),
        ("wrong-in-last-column", but((slice(None), -1)), RIGHT),
        ("wrong-in-last-place", but(-1, right=RIGHT[:, 0]), RIGHT[:, 0]),
        ("axis-of-one", RIGHT[:, :, None], RIGHT),
        ("another-shape", RIGHT.flatten(), RIGHT),
        ("sum-over-axis", RIGHT.sum(1), RIGHT),
        ("mean-over-axis", RIGHT.mean(0), RIGHT),
        ("mean-missing", RIGHT, RIGHT.mean(1)),
    ],
)
def test_a_relation_is_named(name, got, right):
    assert relation(got.double(), right.double()).name == name
    assert name in NAMES


@pytest.mark.parametrize(
    ("got", "right", "name"),
    [
        (-0.7361924, 0.7361924, "sign"),
        (3 * 0.7361924, 0.7361924, "constant-factor"),
        (0.7361924 / 2, 0.7361924, "constant-factor"),
        (1.7361924, 0.7361924, "constant-offset"),
        (0.2638076, 0.7361924, "one-minus"),
        (0.7361924**2, 0.7361924, "squared"),
    ],
)
def test_one_number_is_enough_for_a_plain_relation(got, right, name):
    got, right = (torch.tensor(v, dtype=torch.float64) for v in (got, right))
    assert relation(got, right).name == name


@pytest.mark.parametrize(
    ("got", "right"),
    [
        (0.25, 0.5),  # half of it, 0.25 less, its square: which?
        (7 / 12, 5 / 12),  # 1 minus it, or 7 hits of 12
        (3.0, 6.0),
        (0.0, 0.7361924),
        (1.0, 0.7361924),  # rounded, or something else
        (0.9124, 0.7361924),
    ],
)
def test_what_may_be_chance_is_not_said(got, right):
    got, right = (torch.tensor(v, dtype=torch.float64) for v in (got, right))
    assert relation(got, right) is None


def test_nothing_is_said_of_noise_nan_and_whole_numbers_that_are_right_in_places():
    noise = torch.randn(5, 4, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    assert relation(noise, RIGHT) is None
    assert relation(RIGHT * torch.nan, RIGHT) is None
    labels = torch.tensor([4.0, 1, 7, 3, 2, 9])
    assert relation(torch.tensor([4.0, 1, 7, 3, 2, 1]), labels) is None


def test_a_comparison_says_it_after_the_known_mistakes():
    with pytest.raises(CheckFailed, match="wrong sign everywhere: your result is") as caught:
        expect_close(-RIGHT, RIGHT, "the codes")
    assert caught.value.mistake == "sign"
    known = [Mistake("minus", -RIGHT, "subtract it the other way round")]
    with pytest.raises(CheckFailed, match="the other way round") as caught:
        expect_close(-RIGHT, RIGHT, "the codes", known)
    assert caught.value.mistake == "minus"


def test_a_relation_tells_no_right_number():
    with pytest.raises(CheckFailed) as caught:
        expect_close(torch.tensor(2.0), torch.tensor(0.7361924), "it")
    assert "0.736" not in str(caught.value)
