"""A transformer of patches: what hidden patches may not do, shapes, and refusals."""

import pytest
import torch

from aeutils.models import PatchEncoder, PatchPredictor
from aeutils.prediction import random_mask

SHAPE = (2, 12, 8)


def networks(outputs=5, width=None, layers=2):
    torch.manual_seed(0)
    encoder = PatchEncoder(SHAPE, size=4, width=16, layers=layers, heads=2)
    return encoder, PatchPredictor(encoder, outputs, width, heads=2)


def inputs(n=7, n_hidden=4):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(n, *SHAPE, generator=generator), random_mask(n, 6, n_hidden, generator)


@pytest.mark.parametrize("n_hidden", [1, 4, 5])
@pytest.mark.parametrize("width", [None, 8])
def test_there_is_a_token_for_each_visible_patch_and_a_prediction_for_each(n_hidden, width):
    encoder, predictor = networks(width=width)
    images, hidden = inputs(n_hidden=n_hidden)
    tokens = encoder(images, hidden)
    assert (encoder.grid, encoder.n_patches) == ((3, 2), 6)
    assert tokens.shape == (7, 6 - n_hidden, 16)
    assert predictor(tokens, hidden).shape == (7, 6, 5)
    assert encoder(images).shape == (7, 6, 16)


def test_what_is_in_hidden_patches_has_no_influence():
    encoder, _ = networks()
    images, hidden = inputs()
    noise = torch.where(
        hidden.reshape(7, 1, 3, 2).repeat_interleave(4, 2).repeat_interleave(4, 3), 1.0, 0.0
    )
    torch.testing.assert_close(encoder(images + noise, hidden), encoder(images, hidden))
    assert not torch.allclose(encoder(images + noise), encoder(images))


def test_with_nothing_hidden_the_mask_makes_no_difference():
    encoder, _ = networks()
    images, hidden = inputs()
    torch.testing.assert_close(encoder(images, torch.zeros_like(hidden)), encoder(images))


def test_tokens_stand_in_the_order_of_the_grid():
    encoder, predictor = networks(layers=1)
    images, _ = inputs(2)
    hidden = torch.tensor([[1, 0, 1, 1, 0, 1], [0, 1, 1, 1, 1, 0]]).bool()
    encoder.layers = torch.nn.Identity()  # a token then depends on its own patch only
    patches = torch.nn.functional.unfold(images, 4, stride=4).transpose(1, 2)
    wanted = encoder.embed(patches) + encoder.position
    got = encoder(images, hidden)
    torch.testing.assert_close(got, torch.stack([wanted[0, [1, 4]], wanted[1, [0, 5]]]))

    predictor.layers = predictor.last = torch.nn.Identity()
    every = predictor(got, hidden) - predictor.position
    torch.testing.assert_close(every[1, [0, 5]], predictor.into(got[1]))
    torch.testing.assert_close(every[hidden], predictor.mask_token.expand(8, -1))


def test_both_are_moved_by_position_and_a_hidden_patch_by_its_own():
    _, predictor = networks()
    _, hidden = inputs(1)
    said = predictor(torch.randn(1, 2, 16), hidden)[0, hidden[0]]
    assert torch.pdist(said).min() > 1e-3


def test_gradients_reach_every_weight_of_both():
    encoder, predictor = networks()
    images, hidden = inputs()
    predictor(encoder(images, hidden), hidden)[hidden].square().sum().backward()
    for network in (encoder, predictor):
        assert all(p.grad is not None and p.grad.any() for p in network.parameters())


def test_layers_start_with_different_weights():
    encoder, _ = networks()
    first, second = (layer.linear1.weight for layer in encoder.layers.layers)
    assert not torch.allclose(first, second)


def test_encode_is_the_mean_token_of_the_whole_image_whatever_else_is_in_the_batch():
    encoder, _ = networks()
    images, _ = inputs(1100)
    codes = encoder.encode(images)
    assert codes.shape == (1100, 16)
    torch.testing.assert_close(codes[1050:], encoder(images[1050:]).mean(dim=1))


def test_doubles():
    encoder, predictor = (network.double() for network in networks())
    images, hidden = inputs()
    assert predictor(encoder(images.double(), hidden), hidden).dtype == torch.float64


def test_wrong_arguments_are_refused():
    encoder, predictor = networks()
    images, hidden = inputs()
    uneven = hidden.clone()
    uneven[0] = torch.tensor([1, 1, 1, 1, 1, 0]).bool()
    with pytest.raises(ValueError, match=r"same number of visible patches.* from 1 to 2"):
        encoder(images, uneven)
    with pytest.raises(ValueError, match="at least one, got from 0 to 0"):
        encoder(images, torch.ones_like(hidden))
    with pytest.raises(ValueError, match=r"images must have shape \(N, 2, 12, 8\)"):
        encoder(images[:, :1])
    with pytest.raises(ValueError, match=r"hidden must have shape \(7, 6\)"):
        encoder(images, hidden[:3])
    with pytest.raises(TypeError, match="hidden must be a tensor of booleans"):
        encoder(images, hidden.float())
    with pytest.raises(ValueError, match=r"tokens must have shape \(7, 2, 16\)"):
        predictor(torch.rand(7, 3, 16), hidden)
    with pytest.raises(ValueError, match="12 × 8 pixels cannot be cut into whole patches of 5"):
        PatchEncoder(SHAPE, 5)
    with pytest.raises(ValueError, match="width must be a multiple of heads, got 16 and 3"):
        PatchEncoder(SHAPE, 4, width=16, heads=3)
    with pytest.raises(ValueError, match="layers must be at least 1"):
        PatchPredictor(encoder, 5, layers=0)
