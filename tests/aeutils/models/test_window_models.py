"""Autoencoders of windows: shapes, a code that is as small as it says, errors, bad input."""

import pytest
import torch

from aeutils.models import ConvWindowAutoencoder, WindowAutoencoder
from aeutils.testing.sealed import ReferenceSealed

BOTH = pytest.mark.parametrize("kind", [WindowAutoencoder, ConvWindowAutoencoder])


@BOTH
@pytest.mark.parametrize("latent", [1, 3])
def test_windows_go_through_a_code_and_come_back(kind, latent):
    model, x = kind(16, 6, latent), torch.rand(5, 16)
    assert model.encode(x).shape == (5, latent)
    assert model.decode(model.encode(x)).shape == model(x).shape == (5, 16)
    assert torch.equal(model(x), model.decode(model.encode(x)))
    torch.testing.assert_close(model(x[:1]), model(x)[:1])  # a window for itself


@BOTH
def test_nothing_passes_by_the_code(kind):
    model, x = kind(16, 12, 3).double(), torch.rand(16).double()
    jacobian = torch.autograd.functional.jacobian(lambda w: model(w[None])[0], x)
    values = torch.linalg.svdvals(jacobian)
    assert values[2] > 1e-6 * values[0]
    assert values[3] < 1e-10 * values[0]


@BOTH
def test_codes_are_linear_at_their_end_and_can_be_negative(kind):
    codes = kind(16, 6, 4).encode(torch.randn(200, 16))
    assert codes.min() < 0 < codes.max()


@BOTH
def test_errors_are_means_of_squares_and_leave_no_graph(kind):
    model, x = kind(16, 6, 2), torch.rand(7, 16, requires_grad=True)
    errors = model.errors(x)
    assert not errors.requires_grad
    wanted = ((model(x) - x).detach().numpy() ** 2).sum(axis=1) / 16
    torch.testing.assert_close(errors, torch.from_numpy(wanted))
    assert model(x).requires_grad  # only the errors are without


def test_layers_are_those_of_the_text():
    model = WindowAutoencoder(48, 64, 4)
    linear = [part for part in model.modules() if isinstance(part, torch.nn.Linear)]
    sizes = [(part.in_features, part.out_features) for part in linear]
    assert sizes == [(48, 64), (64, 4), (4, 64), (64, 48)]


@BOTH
@pytest.mark.parametrize(
    ("sizes", "error", "words"),
    [
        ((0, 6, 2), ValueError, "width must be at least 1, got 0"),
        ((16, 6, 0), ValueError, "latent must be at least 1, got 0"),
        ((16, -1, 2), ValueError, r"(hidden|channels) must be at least 1, got -1"),
        ((16, 6, 2.0), TypeError, "latent"),
    ],
)
def test_bad_sizes_are_named(kind, sizes, error, words):
    with pytest.raises(error, match=words):
        kind(*sizes)


@BOTH
@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (torch.rand(5, 15), ValueError, r"x must have shape \(N, 16\).*\(5, 15\)"),
        (torch.rand(5, 1, 16), ValueError, r"x must have shape \(N, 16\).*\(5, 1, 16\)"),
        (torch.rand(16), ValueError, r"\(16,\)"),
        (torch.ones(5, 16).int(), TypeError, "x must hold floats"),
        (torch.full((1, 16), torch.nan), ValueError, "x holds 16 NaN"),
    ],
)
def test_bad_windows_are_named(kind, x, error, words):
    model = kind(16, 6, 2)
    for call in (model, model.errors):
        with pytest.raises(error, match=words):
            call(x)


def test_a_width_that_cannot_be_halved_twice_is_named():
    with pytest.raises(ValueError, match="width must be a multiple of 4, got 18"):
        ConvWindowAutoencoder(18, 6, 2)


def test_the_reference_is_closed_while_its_notebook_is_graded(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "elective_b_anomalies")
    with pytest.raises(ReferenceSealed, match="WindowAutoencoder is the reference"):
        WindowAutoencoder(16, 6, 2)
    ConvWindowAutoencoder(16, 6, 2)  # no exercise
