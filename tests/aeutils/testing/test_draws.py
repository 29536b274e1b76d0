"""A visible test names the call that takes no generator."""

import pytest
import torch

from aeutils.testing.checking import CheckFailed
from aeutils.testing.draws import run_drawing


def like(x, generator):
    return x + torch.randn_like(x)


def of_distributions(x, generator):
    return torch.distributions.Normal(x, 1.0).sample()


def of_an_imported_name(x, generator):
    from torch.distributions import MultivariateNormal

    return MultivariateNormal(x, torch.eye(len(x))).sample()


@pytest.mark.parametrize(
    ("function", "call"),
    [
        (like, "torch.randn_like"),
        (of_distributions, "torch.distributions"),
        (of_an_imported_name, "torch.distributions"),
    ],
)
def test_a_call_without_a_generator_is_named(function, call):
    with pytest.raises(CheckFailed, match=call) as error:
        run_drawing(function, torch.zeros(3), torch.Generator(), name="f")
    assert "torch.randn(shape, generator=generator)" in str(error.value)
    assert error.value.mistake == "generator-ignored"


def test_any_other_draw_from_elsewhere_is_told_as_ever():
    with pytest.raises(CheckFailed, match="moved a global random generator") as error:
        run_drawing(lambda x, g: torch.randn(3), torch.zeros(3), torch.Generator(), name="f")
    assert error.value.mistake == "seeded"


def test_a_draw_from_the_generator_comes_back():
    x = torch.zeros(3)
    found = run_drawing(
        lambda x, g: torch.randn(3, generator=g), x, torch.Generator().manual_seed(1), name="f"
    )
    assert torch.equal(found, torch.randn(3, generator=torch.Generator().manual_seed(1)))
