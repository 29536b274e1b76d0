"""Convolutional autoencoders: sizes against torch, the bottleneck, the residual sum, bad input."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, gelu

from aeutils.models import count_parameters
from aeutils.models.conv import (
    ConvAutoencoder,
    ResidualBlock,
    ResNetAutoencoder,
    conv_size,
    conv_transpose_size,
)

MODELS = (ConvAutoencoder, ResNetAutoencoder)


@pytest.mark.parametrize("size", [5, 7, 13, 14, 28])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(3, 1, 0), (3, 2, 1), (4, 2, 1), (5, 3, 2)]
)
def test_sizes_are_those_of_torch(size, kernel, stride, padding):
    x = torch.zeros(1, 1, size, size)
    made = nn.Conv2d(1, 1, kernel, stride, padding)(x).shape[-1]
    assert conv_size(size, kernel, stride, padding) == made
    for output_padding in range(stride):
        back = nn.ConvTranspose2d(1, 1, kernel, stride, padding, output_padding)(x).shape[-1]
        assert conv_transpose_size(size, kernel, stride, padding, output_padding) == back


def test_sizes_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="does not fit"):
        conv_size(2, 5)
    with pytest.raises(ValueError, match="from 0 to stride"):
        conv_transpose_size(7, 3, stride=2, padding=1, output_padding=2)
    with pytest.raises(ValueError, match="padding must be"):
        conv_size(7, 3, padding=-1)
    with pytest.raises(ValueError, match="stride"):
        conv_size(7, 3, stride=0)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (2, 8, 12)])
def test_images_go_through_the_code_and_come_back_in_their_shape(model, shape):
    torch.manual_seed(0)
    net, x = model(5, channels=4, image_shape=shape), torch.rand(3, *shape)
    z = net.encode(x)
    assert z.shape == (3, 5)
    assert net.decode(z).shape == x.shape
    torch.testing.assert_close(net(x), net.decode(net.encode(x)))
    torch.testing.assert_close(torch.cat([net.encode(i[None]) for i in x]), z)
    assert (z < 0).any()


@pytest.mark.parametrize("model", MODELS)
def test_only_the_code_passes(model):
    """The output has no more directions than the code: d x_hat / d x has rank at most K."""
    torch.manual_seed(0)
    net = model(3, channels=2, image_shape=(1, 8, 8)).double()
    x = torch.rand(1, 1, 8, 8, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(net, x).reshape(64, 64)
    values = torch.linalg.svdvals(jacobian)
    assert values[2] > 1e-8
    assert values[3] < 1e-12 * values[0]


def test_parameters_counted_by_hand():
    convolutions = (9 + 1) * 16 + (9 * 16 + 1) * 32 + (9 * 32 + 1) * 16 - 16 + 16 + 9 * 16 + 1
    linear = (1568 + 1) * 32 + (32 + 1) * 1568
    assert count_parameters(ConvAutoencoder(32)) == convolutions + linear


def test_residual_block_is_x_plus_f():
    torch.manual_seed(0)
    block, x = ResidualBlock(3).double(), torch.randn(2, 3, 6, 5, dtype=torch.float64)
    w1, b1, w2, b2 = block.parameters()
    f = conv2d(gelu(conv2d(x, w1, b1, padding=1)), w2, b2, padding=1)
    torch.testing.assert_close(block(x), x + f)
    for p in block.parameters():
        nn.init.zeros_(p)
    assert torch.equal(block(x), x)


def test_resnet_takes_another_block():
    made = []

    def block(channels):
        made.append(channels)
        return nn.Identity()

    ResNetAutoencoder(4, channels=8, block=block)
    assert made == [8, 16, 16, 8]


def test_bad_input_is_explained():
    net = ConvAutoencoder(4)
    with pytest.raises(ValueError, match=r"x must have shape \(N, 1, 28, 28\)"):
        net(torch.zeros(2, 784))
    with pytest.raises(ValueError, match=r"z must have shape \(N, 4\)"):
        net.decode(torch.zeros(2, 5))
    with pytest.raises(TypeError, match="float tensor"):
        net(torch.zeros(2, 1, 28, 28, dtype=torch.uint8))
    with pytest.raises(ValueError, match="multiples of 4"):
        ConvAutoencoder(4, image_shape=(1, 30, 30))
    with pytest.raises(ValueError, match="code_size"):
        ConvAutoencoder(0)
