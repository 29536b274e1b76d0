"""Codes that become bits: where the noise is, and what the encoder sees."""

import pytest
import torch

from aeutils.losses import multinomial_nll
from aeutils.models import SemanticHash, noisy_code, to_bits


def test_noise_is_before_the_sigmoid_and_from_the_generator():
    logits = torch.linspace(-3, 3, 2000).reshape(2, -1).double()
    code = noisy_code(logits, 2.0, torch.Generator().manual_seed(0))
    back = torch.logit(code) - logits
    assert abs(float(back.std()) - 2) < 0.1
    assert abs(float(back.mean())) < 0.1
    assert torch.equal(code, noisy_code(logits, 2.0, torch.Generator().manual_seed(0)))
    assert torch.equal(noisy_code(logits, 0.0), logits.sigmoid())
    assert to_bits(torch.tensor([[-1.0, 0.0, 1e-3]])).tolist() == [[False, False, True]]


def test_the_code_is_noisy_in_training_only_and_does_not_ask_for_the_length():
    torch.manual_seed(0)
    model = SemanticHash((30, 12, 8), torch.rand(30))
    x = torch.log1p(torch.poisson(torch.ones(5, 30)))
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))
    torch.testing.assert_close(model.encode(x), model.encode(3 * x))
    assert model(x).shape == (5, 30)


def test_the_loss_is_that_of_single_draws():
    logits, counts = torch.randn(4, 6), torch.tensor([[2, 0, 1, 0, 0, 3]] * 3 + [[0] * 6]).float()
    single = [
        torch.nn.functional.cross_entropy(logits[i : i + 1], torch.tensor([v]), reduction="sum")
        for i in range(4)
        for v in range(6)
        for _ in range(int(counts[i, v]))
    ]
    torch.testing.assert_close(multinomial_nll(logits, counts), torch.stack(single).sum() / 4)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"noise": -1.0}, "noise is a standard deviation"),
        ({"hidden_share": 1.0}, "hidden_share is a share"),
        ({"weight": torch.ones(29)}, r"shape \(29,\), but there are 30 words"),
    ],
)
def test_bad_settings_are_named(how, words):
    with pytest.raises(ValueError, match=words):
        SemanticHash((30, 8), **how)
