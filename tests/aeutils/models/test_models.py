"""Sizes, shapes and weights of the autoencoders."""

import pytest
import torch
from torch import nn

from aeutils import models, pca, training
from aeutils.testing.sealed import ReferenceSealed

MODELS = {
    "autoencoder": lambda: models.Autoencoder((12, 8, 3)),
    "linear": lambda: models.LinearAutoencoder(12, 3),
    "tied": lambda: models.TiedAutoencoder((12, 8, 3)),
}


def widths(stack):
    return [(layer.in_features, layer.out_features) for layer in stack if hasattr(layer, "weight")]


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_shapes_of_rows_and_images(make):
    model, images = make(), torch.rand(5, 3, 2, 2)
    assert model.encode(images).shape == (5, 3)
    assert model.decode(model.encode(images)).shape == (5, 12)
    assert model(images).shape == images.shape
    assert model(images.flatten(1)).shape == (5, 12)
    torch.testing.assert_close(model(images).flatten(1), model.decode(model.encode(images)))


def test_decoder_mirrors_the_encoder():
    model = models.Autoencoder((784, 512, 256, 32), activation=nn.GELU)
    assert widths(model.encoder) == [(784, 512), (512, 256), (256, 32)]
    assert widths(model.decoder) == [(32, 256), (256, 512), (512, 784)]
    for stack in (model.encoder, model.decoder):
        assert [type(layer) for layer in stack[1::2]] == [nn.GELU, nn.GELU]
        assert isinstance(stack[-1], nn.Linear)


def test_default_sizes():
    assert models.Autoencoder().sizes == models.TiedAutoencoder().sizes == (784, 512, 256, 32)


def test_sigmoid_output_is_the_sigmoid_of_the_linear_one():
    linear, sigmoid = models.Autoencoder((12, 3)), models.Autoencoder((12, 3), output="sigmoid")
    sigmoid.load_state_dict(linear.state_dict())
    x = torch.rand(4, 12)
    torch.testing.assert_close(sigmoid(x), linear(x).sigmoid())


def test_code_is_linear():
    """A ReLU on the code would forbid negative coordinates."""
    for make in MODELS.values():
        assert (make().encode(torch.randn(100, 12)) < 0).any()


def test_mlp_last_activation():
    stack = models.mlp((4, 3, 2), nn.ReLU, last_activation=nn.Tanh)
    assert [type(layer) for layer in stack] == [nn.Linear, nn.ReLU, nn.Linear, nn.Tanh]


def test_counts():
    assert models.count_parameters(MODELS["autoencoder"]()) == 12 * 8 + 8 * 3 + 11 + 3 * 8 + 96 + 20
    assert models.count_parameters(models.LinearAutoencoder(784, 32)) == 2 * 784 * 32 + 32 + 784
    assert models.count_parameters(models.LinearAutoencoder(784, 32, bias=False)) == 2 * 784 * 32
    # weights once; biases of the encoder (8 + 3) and of the decoder (8 + 12)
    assert models.count_parameters(MODELS["tied"]()) == 12 * 8 + 8 * 3 + 11 + 20


def test_tied_decoder_computes_the_transpose():
    model = models.TiedAutoencoder((12, 8, 3), activation=nn.Tanh)
    for bias in model.decoder_biases:
        nn.init.normal_(bias)
    first, last = model.encoder[0], model.encoder[-1]
    z = torch.randn(5, 3)
    hidden = (z @ last.weight + model.decoder_biases[0]).tanh()
    torch.testing.assert_close(model.decode(z), hidden @ first.weight + model.decoder_biases[1])


def test_tied_gradient_is_the_sum_of_both_uses():
    model, x = models.TiedAutoencoder((12, 8, 3)), torch.rand(6, 12)
    weight = model.encoder[0].weight

    def gradient(x_hat):
        return torch.autograd.grad((x_hat - x).square().sum(), weight)[0]

    z = model.encode(x)
    total = gradient(model(x))
    decoder_use = gradient(model.decode(z.detach()))
    frozen = models.TiedAutoencoder((12, 8, 3))
    frozen.load_state_dict(model.state_dict())
    frozen.requires_grad_(False)
    encoder_use = gradient(frozen.decode(z))
    assert encoder_use.abs().sum() > 0
    assert decoder_use.abs().sum() > 0
    torch.testing.assert_close(total, encoder_use + decoder_use)


def test_linear_autoencoder_approaches_pca_and_finds_its_subspace():
    generator = torch.Generator().manual_seed(1)
    scales = torch.tensor([3.0, 2.5, 2.0, 0.5, 0.4, 0.3, 0.2, 0.2])
    rotation = torch.linalg.qr(torch.randn(8, 8, generator=generator))[0]
    x = (torch.randn(400, 8, generator=generator) * scales) @ rotation + 1
    best = pca.PCA(3).fit(x)
    pca_error = training.reconstruction_error(best.reconstruct, x)

    training.seed_everything(0)
    model = models.LinearAutoencoder(8, 3)
    training.fit(model, x, steps=600, batch_size=100, lr=0.1, progress=False)
    error = training.reconstruction_error(model, x)
    assert pca_error * (1 - 1e-6) <= error < 1.001 * pca_error
    angles = pca.principal_angles(model.decoder.weight.T.detach(), best.components_)
    assert angles.max() < 0.005


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: models.Autoencoder((784,)), ValueError, "at least two widths"),
        (lambda: models.Autoencoder((784, 0)), ValueError, "at least two widths >= 1"),
        (lambda: models.LinearAutoencoder(12, 0), ValueError, "widths >= 1"),
        (lambda: models.Autoencoder((12, 3), output="tanh"), ValueError, "'linear', 'sigmoid'"),
        (lambda: models.mlp((12, 3, 2), activation=lambda: 3), TypeError, "such as nn.ReLU"),
        (lambda: models.mlp((12, 3, 2), activation=nn.ReLU()), TypeError, "without parentheses"),
    ],
)
def test_bad_sizes_are_explained(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_bad_input_is_explained(make):
    model = make()
    with pytest.raises(ValueError, match=r"x of shape \(5, 1, 28, 28\) has 784 .* takes 12"):
        model(torch.rand(5, 1, 28, 28))
    with pytest.raises(ValueError, match=r"z of shape \(5, 12\) has 12 .* takes 3"):
        model.decode(torch.rand(5, 12))
    with pytest.raises(ValueError, match="unsqueeze"):
        model.encode(torch.rand(12))
    with pytest.raises(TypeError, match="255"):
        model(torch.zeros(5, 12, dtype=torch.uint8))


def test_sealed_in_their_own_week_only(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "week01_pca")
    with pytest.raises(ReferenceSealed):
        models.LinearAutoencoder(12, 3)
    models.Autoencoder((12, 3))
    monkeypatch.setenv("AEUTILS_SEALED", "week02_vanilla")
    for sealed in (models.Autoencoder, models.TiedAutoencoder):
        with pytest.raises(ReferenceSealed):
            sealed((12, 3))
    assert models.LinearAutoencoder(12, 3)(torch.rand(2, 12)).shape == (2, 12)
