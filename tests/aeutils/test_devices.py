"""On another device every public function finds what it finds on the CPU.

CUDA is checked where there is one. Everywhere a second device is checked that the CPU plays
(`other_device`): it finds what is most often wrong, a tensor or a random number made on the CPU.
"""

import importlib
import math
from collections.abc import Iterable, Mapping

import matplotlib.figure
import pytest
import torch
from device_calls import CALLS
from device_runs import X, Y, Z, encoder
from other_device import SecondDevice
from public_names import NO_TENSORS, PACKAGES
from torch import Tensor

from aeutils import corruption, generation, losses, models
from aeutils.widgets.live import Live


@pytest.fixture(autouse=True)
def _anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # predictions are kept beside the notebook


EXACT = 1e-6  # relative and absolute; the same processor computes


def test_every_public_function_is_called_or_takes_no_tensors():
    names = {
        f"{package}.{name}"
        for package in PACKAGES
        for name in importlib.import_module(f"aeutils.{package}").__all__
    }
    called = {name for name in CALLS if not name.startswith("passport.")}
    left = {name for name in NO_TENSORS if not name.startswith("passport.")}
    assert called | left == names
    assert not called & left


def numbers(found):
    """Return the tensors and numbers in what a function made, in their order."""
    if isinstance(found, Tensor):
        return [found.detach().cpu()]
    if isinstance(found, matplotlib.figure.Figure):
        return [found.alt_text]
    if isinstance(found, Live):
        return [found.text]
    if isinstance(found, Mapping):
        return [x for value in found.values() for x in numbers(value)]
    if isinstance(found, Iterable) and not isinstance(found, str):
        return [x for value in found for x in numbers(value)]
    return [found] if isinstance(found, (int, float, str)) else []


def alike(first, second, tolerance):
    if isinstance(first, Tensor):
        torch.testing.assert_close(second, first, rtol=tolerance, atol=tolerance, equal_nan=True)
    elif isinstance(first, float) and not math.isnan(first):
        assert second == pytest.approx(first, rel=tolerance, abs=tolerance)
    elif isinstance(first, str):  # what is said of a picture: its numbers are rounded
        assert tolerance > EXACT or second == first
    elif not isinstance(first, float):
        assert second == first


def compare(name, put, device, tolerance):
    """Call a function on the CPU and on a device; compare values, and where the tensors are."""
    expected = numbers(CALLS[name](lambda x: x))
    found = CALLS[name](put)
    assert len(numbers(found)) == len(expected)
    for first, second in zip(expected, numbers(found), strict=True):
        alike(first, second, tolerance)
    for value in found if isinstance(found, (list, tuple)) else [found]:
        if isinstance(value, Tensor) and name not in ON_THE_CPU:
            assert value.device.type == device, f"{name} returned a tensor on {value.device}"


# Documented so: a map is for drawing, and a message names no device.
ON_THE_CPU = {"compression.decode", "embeddings.tsne"}


@pytest.mark.parametrize("name", CALLS)
def test_a_second_device_changes_nothing(name):
    with SecondDevice() as second:
        compare(name, second.put, SecondDevice.DEVICE.type, EXACT)


DRAWS = {
    "block": lambda put, generator: corruption.block(put(X), 5, generator),
    "gaussian": lambda put, generator: corruption.gaussian(put(X), 0.5, generator),
    "gaussian_samples": lambda put, g: generation.gaussian_samples(put(Z), 5, g),
    "hutchinson": lambda put, g: losses.hutchinson(encoder(put), put(X), 3, g)[0],
    "jitter": lambda put, generator: corruption.jitter(put(X), generator),
    "mask": lambda put, generator: corruption.mask(put(X), 0.3, generator),
    "noisy_code": lambda put, generator: models.noisy_code(put(Z), 1.0, generator),
    "random_pairs": lambda put, generator: losses.random_pairs(put(Y), 9, generator)[0],
    "salt_and_pepper": lambda put, g: corruption.salt_and_pepper(put(X), 0.3, g),
    "sample_latent": lambda put, g: generation.sample_latent(put(Z), put(Z), True, g),
    "speckle": lambda put, generator: corruption.speckle(put(X), 0.3, generator),
}


@pytest.mark.parametrize("name", DRAWS)
def test_a_generator_of_the_second_device_serves_as_well(name):
    """The CPU's serves, too: `CALLS` has it."""
    with SecondDevice() as second:
        found = DRAWS[name](second.put, second.generator(0))
        again = DRAWS[name](second.put, second.generator(0))
        other = DRAWS[name](second.put, second.generator(1))
    assert found.device.type == SecondDevice.DEVICE.type
    assert numbers(found)[0].equal(numbers(again)[0])
    assert not numbers(found)[0].equal(numbers(other)[0])


def test_the_second_device_refuses_what_cuda_refuses():
    with SecondDevice() as second:
        x = second.put(torch.rand(5, 3))
        with pytest.raises(RuntimeError, match="on one device"):
            x @ torch.rand(3, 2)
        with pytest.raises(RuntimeError, match="on one device"):
            torch.cat([x, torch.rand(1, 3)])
        with pytest.raises(RuntimeError, match="another device"):
            torch.rand(3, device=x.device, generator=torch.Generator())
        with pytest.raises(TypeError, match="numpy"):
            x.numpy()
        with pytest.raises(RuntimeError, match="on one device"):
            torch.rand(9)[x[:, 0].long()]
        torch.testing.assert_close(
            (x * torch.tensor(2.0))[torch.tensor([1])].cpu(), 2 * x.cpu()[1:2]
        )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
@pytest.mark.parametrize("name", CALLS)
def test_cuda_changes_nothing_beyond_rounding(name):
    def put(what):
        if isinstance(what, tuple):
            return tuple(map(put, what))
        return what.to("cuda")

    compare(name, put, "cuda", 1e-3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
@pytest.mark.parametrize("name", DRAWS)
def test_a_generator_of_cuda_serves_as_well(name):
    found, again = (
        DRAWS[name](lambda x: x.to("cuda"), torch.Generator("cuda").manual_seed(0))
        for _ in range(2)
    )
    assert found.device.type == "cuda"
    assert found.equal(again)
