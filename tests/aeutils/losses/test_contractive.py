"""The contractive penalty: five ways against finite differences, float64, and each other."""

import pytest
import torch
from torch import nn

from aeutils.losses import contractive
from aeutils.testing.sealed import ReferenceSealed

N, D, H, K = 4, 7, 5, 3


def layers(dtype=torch.float64):
    """Weights of D → H → K, with a gradient, and rows x."""
    generator = torch.Generator().manual_seed(1)

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=dtype)

    w1, b1, w2 = (p.requires_grad_() for p in (draw(H, D) / 2, draw(H), draw(K, H)))
    return draw(N, D), w1, b1, w2


def by_differences(encode, x, step=1e-6):
    """Jacobians (N, K, D) by central differences."""
    columns = []
    for d in range(x.shape[1]):
        e = torch.zeros_like(x)
        e[:, d] = step
        columns.append((encode(x + e) - encode(x - e)) / (2 * step))
    return torch.stack(columns, dim=2).detach()


def encoders():
    x, w1, b1, w2 = layers()
    return {
        "linear": lambda x: x @ w1.T,
        "sigmoid": lambda x: torch.sigmoid(x @ w1.T + b1),
        "two layers": lambda x: torch.sigmoid(x @ w1.T + b1) @ w2.T,
        "tanh, deep": lambda x: torch.tanh(torch.tanh(x @ w1.T + b1) @ w2.T),
    }, x


@pytest.mark.parametrize("name", encoders()[0])
def test_jacobians_and_loop_are_the_difference_quotient(name):
    encode, x = encoders()[0][name], encoders()[1]
    j = by_differences(encode, x)
    torch.testing.assert_close(contractive.jacobians(encode, x).detach(), j, rtol=1e-7, atol=1e-8)
    expected = j.square().sum(dim=(1, 2)).mean()
    torch.testing.assert_close(contractive.penalty_by_loop(encode, x).detach(), expected)


def gradients(value, weights):
    return torch.autograd.grad(value, weights)


def test_one_sigmoid_layer_in_closed_form():
    x, w, b, _ = layers()
    loop = contractive.penalty_by_loop(lambda x: torch.sigmoid(x @ w.T + b), x)
    exact = contractive.sigmoid_penalty(x, w, b)
    torch.testing.assert_close(exact, loop, rtol=1e-12, atol=0)
    pairs = zip(gradients(exact, (w, b)), gradients(loop, (w, b)), strict=True)
    for a, c in pairs:
        torch.testing.assert_close(a, c, rtol=1e-11, atol=1e-13)


def test_two_layers_in_closed_form():
    x, w1, b1, w2 = layers()
    loop = contractive.penalty_by_loop(lambda x: torch.sigmoid(x @ w1.T + b1) @ w2.T, x)
    exact = contractive.two_layer_penalty(x, w1, b1, w2)
    torch.testing.assert_close(exact, loop, rtol=1e-12, atol=0)
    weights = (w1, b1, w2)
    for a, c in zip(gradients(3 * exact, weights), gradients(3 * loop, weights), strict=True):
        torch.testing.assert_close(a, c, rtol=1e-11, atol=1e-13)


def test_two_layers_gradient_against_differences():
    x, *weights = layers()
    assert torch.autograd.gradcheck(lambda *w: contractive.two_layer_penalty(x, *w), weights)


def test_images_are_averaged():
    x, w1, b1, w2 = layers()
    twice = torch.cat([x, x])
    for penalty in (
        lambda x: contractive.sigmoid_penalty(x, w1, b1),
        lambda x: contractive.two_layer_penalty(x, w1, b1, w2),
        lambda x: contractive.penalty_by_loop(lambda x: torch.sigmoid(x @ w1.T), x),
    ):
        torch.testing.assert_close(penalty(twice), penalty(x))


def test_estimate_is_unbiased_and_knows_its_error():
    x, w1, b1, w2 = layers()

    def encode(x):
        return torch.sigmoid(x @ w1.T + b1) @ w2.T

    exact = float(contractive.penalty_by_loop(encode, x).detach())
    scores = []
    for seed in range(40):
        generator = torch.Generator().manual_seed(seed)
        value, error = contractive.hutchinson(encode, x, 100, generator)
        scores.append((float(value.detach()) - exact) / error)
    scores = torch.tensor(scores)
    assert abs(float(scores.mean())) < 3 / 40**0.5
    assert 0.75 < float(scores.std()) < 1.3


def test_standard_error_is_the_one_in_the_docstring():
    x, w1, b1, w2 = layers()

    def encode(x):
        return torch.sigmoid(x @ w1.T + b1) @ w2.T

    j = contractive.jacobians(encode, x).detach()
    a = j @ j.mT
    one = 2 * (a.square().sum(dim=(1, 2)) - a.diagonal(dim1=1, dim2=2).square().sum(dim=1))
    expected = float((one.sum() / N**2 / 4000).sqrt())
    _, error = contractive.hutchinson(encode, x, 4000, torch.Generator().manual_seed(0))
    assert error == pytest.approx(expected, rel=0.06)


def test_with_two_probes_the_stated_error_matches_the_spread():
    """The squared error, on average, is the variance of the estimate: s² divides by probes − 1."""
    x, w1, b1, w2 = layers()

    def encode(x):
        return torch.sigmoid(x @ w1.T + b1) @ w2.T

    generator = torch.Generator().manual_seed(0)
    estimates, errors = [], []
    for _ in range(1500):
        value, error = contractive.hutchinson(encode, x, 2, generator)
        estimates.append(float(value.detach()))
        errors.append(error)
    spread = torch.tensor(estimates).double().var()
    stated = torch.tensor(errors).double().square().mean()
    assert float(stated / spread) == pytest.approx(1, abs=0.15)  # dividing by `probes` gives 0.5


def test_signs_are_exact_for_one_code_number():
    x, w1, _, _ = layers()

    def encode(x):
        return torch.tanh(x @ w1[:1].T)

    value, error = contractive.hutchinson(encode, x, 2)
    torch.testing.assert_close(value, contractive.penalty_by_loop(encode, x))
    assert error == pytest.approx(0, abs=1e-12)


def test_estimate_has_an_unbiased_gradient():
    x, w1, b1, w2 = layers()

    def encode(x):
        return torch.sigmoid(x @ w1.T + b1) @ w2.T

    generator = torch.Generator().manual_seed(0)
    (exact,) = gradients(contractive.two_layer_penalty(x, w1, b1, w2), (w1,))
    (g,) = gradients(contractive.hutchinson(encode, x, 4000, generator)[0], (w1,))
    assert float((g - exact).norm() / exact.norm()) < 0.05


def test_penalties_leave_x_alone_and_work_where_gradients_are_off():
    x, w1, b1, _ = layers()
    x = x.requires_grad_(False)
    with torch.no_grad():
        value = contractive.penalty_by_loop(lambda x: torch.sigmoid(x @ w1.T + b1), x)
        contractive.hutchinson(lambda x: torch.sigmoid(x @ w1.T + b1), x, 2)
    torch.testing.assert_close(value, contractive.sigmoid_penalty(x, w1, b1))
    assert not x.requires_grad
    assert x.grad is None


def test_singular_values_and_gains():
    x, w1, b1, w2 = layers()
    j = contractive.jacobians(lambda x: torch.sigmoid(x @ w1.T + b1) @ w2.T, x).detach()
    s = contractive.singular_values(j)
    assert s.shape == (N, K)
    torch.testing.assert_close(s.square().sum(1), j.square().sum(dim=(1, 2)))
    # along the right singular vectors of the largest values, the gain is those values
    vectors = torch.linalg.svd(j, full_matrices=False)[2].mT  # (N, D, K)
    along, across = contractive.gains(j, vectors[:, :, :1])
    torch.testing.assert_close(along, s[:, 0])
    torch.testing.assert_close(across, (s[:, 1:].square().sum(1) / (D - 1)).sqrt())
    along, across = contractive.gains(torch.eye(D).expand(N, D, D).double(), vectors)
    torch.testing.assert_close(along, torch.ones(N, dtype=torch.float64))
    torch.testing.assert_close(across, torch.ones(N, dtype=torch.float64))


def test_bad_input_is_explained():
    x, w1, b1, w2 = layers()
    with pytest.raises(ValueError, match="weight must be"):
        contractive.sigmoid_penalty(x, w1.T, b1)
    with pytest.raises(ValueError, match="w2 must be"):
        contractive.two_layer_penalty(x, w1, b1, w2.T)
    with pytest.raises(ValueError, match="shape"):
        contractive.penalty_by_loop(lambda x: x, x[0])
    with pytest.raises(ValueError, match="codes"):
        contractive.penalty_by_loop(lambda x: x.sum(), x)
    with pytest.raises(ValueError, match="probes"):
        contractive.hutchinson(lambda x: x, x, 1)
    with pytest.raises(ValueError, match="orthonormal"):
        contractive.gains(torch.zeros(2, 3, 7), torch.ones(2, 7, 2))
    with pytest.raises(ValueError, match="tangents"):
        contractive.gains(torch.zeros(2, 3, 7), torch.ones(2, 6, 2))
    with pytest.raises(ValueError, match="jacobian"):
        contractive.singular_values(torch.zeros(3, 7))


def test_scaling_the_code_changes_the_penalty_and_not_the_autoencoder():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(D, K), nn.Linear(K, D)).double()
    x = layers()[0]
    before, image = float(contractive.penalty_by_loop(net[0], x).detach()), net(x)
    with torch.no_grad():
        net[0].weight *= 0.1
        net[0].bias *= 0.1
        net[1].weight *= 10
    torch.testing.assert_close(net(x), image)
    assert float(contractive.penalty_by_loop(net[0], x).detach()) == pytest.approx(before / 100)


def test_closed_while_graded(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "week05_contractive")
    x, w1, b1, w2 = layers()
    for call in (
        lambda: contractive.sigmoid_penalty(x, w1, b1),
        lambda: contractive.two_layer_penalty(x, w1, b1, w2),
        lambda: contractive.penalty_by_loop(lambda x: x, x),
        lambda: contractive.jacobians(lambda x: x, x),
        lambda: contractive.hutchinson(lambda x: x, x, 2),
    ):
        with pytest.raises(ReferenceSealed):
            call()
