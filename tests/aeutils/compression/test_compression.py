"""Quantiser, entropy, code lengths, the range coder, JPEG: against closed forms and round trips."""

import io
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from PIL import Image

from aeutils import data, pca
from aeutils.compression import (
    SymbolModel,
    arithmetic_coder,
    bits_per_pixel,
    compression_factor,
    dequantise,
    entropy,
    quantise,
    rate_at_error,
    sensitivity,
)
from aeutils.compression.jpeg import jpeg


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


# -------------------------------------------------------------------------- factor, steps, entropy


def test_factor_in_numbers_and_in_bits():
    assert compression_factor((1, 28, 28), 32, 1, 1) == 24.5
    assert compression_factor((28, 28), 32) == 6.125
    assert compression_factor((3, 32, 32), 96, 8, 8) == 32
    for bad in (
        lambda: compression_factor((1, 28, 28), 32, 0),
        lambda: compression_factor((), 32),
        lambda: compression_factor((0, 28), 32),
        lambda: compression_factor((28, 28), 0),
    ):
        with pytest.raises(ValueError, match="must be"):
            bad()


@pytest.mark.parametrize("step", [0.3, torch.tensor([0.1, 0.5, 2.0])])
def test_rounding_error_is_at_most_half_a_step(step):
    z = 3 * torch.randn(500, 3, generator=rng())
    symbols = quantise(z, step)
    assert symbols.dtype == torch.int64
    assert ((dequantise(symbols, step) - z).abs() <= torch.as_tensor(step) / 2 + 1e-5).all()


def test_small_steps_cost_a_twelfth_of_their_square():
    z = torch.randn(200_000, 1, generator=rng(1))
    error = (dequantise(quantise(z, 0.25), 0.25) - z).double().square().mean()
    assert float(error) == pytest.approx(0.25**2 / 12, rel=0.02)


def test_bad_steps_and_symbols():
    z = torch.zeros(2, 3)
    with pytest.raises(ValueError, match="above 0"):
        quantise(z, 0.0)
    with pytest.raises(ValueError, match="one for each of the 3"):
        quantise(z, torch.ones(2))
    with pytest.raises(ValueError, match="NaN"):
        quantise(z / 0, 1.0)
    with pytest.raises(TypeError, match="integer tensor"):
        dequantise(z, 1.0)
    with pytest.raises(TypeError, match="integers"):
        SymbolModel(z)
    with pytest.raises(ValueError, match=r"shape \(N, K\)"):
        SymbolModel(torch.zeros(3, dtype=torch.int64))
    with pytest.raises(ValueError, match="2 columns"):
        SymbolModel(torch.zeros(3, 1, dtype=torch.int64)).bits(torch.zeros(3, 2, dtype=torch.int64))


def test_entropy_of_known_distributions():
    for m in (1, 2, 8, 1024):
        assert entropy(torch.ones(m)) == pytest.approx(math.log2(m))
    assert entropy(torch.tensor([0, 7, 0])) == 0
    p = 0.11
    assert entropy(torch.tensor([11, 89])) == pytest.approx(
        -p * math.log2(p) - (1 - p) * math.log2(1 - p)
    )
    for bad in (torch.zeros(3), torch.tensor([1, -1, 2]), torch.ones(2, 2), torch.zeros(0)):
        with pytest.raises(ValueError, match="counts must be"):
            entropy(bad)


def test_entropy_of_a_finely_rounded_gaussian():
    """h(z) − log₂ Δ, with h = ½ log₂ 2πe σ² (Cover and Thomas, theorem 8.3.1)."""
    z = 2 * torch.randn(400_000, 1, generator=rng(2))
    symbols = quantise(z, 0.25)
    expected = 0.5 * math.log2(2 * math.pi * math.e * 4) - math.log2(0.25)
    found = entropy(torch.bincount(symbols[:, 0] - symbols.min()))
    assert found == pytest.approx(expected, abs=0.01)


# ----------------------------------------------------------------------------- lengths and bytes


def test_lengths_by_hand_and_probabilities_add_up_to_one():
    train = torch.tensor([[0, 7], [0, 7], [3, 7]])
    model = SymbolModel(train)
    # column 0: alphabet 0..3, counts 2 0 0 1 and one each: 3, 1, 1, 2 of 7; column 1: always 7
    wanted = [-math.log2(3 / 7), -math.log2(1 / 7), -math.log2(2 / 7)]
    symbols = torch.tensor([[0, 7], [1, 7], [9, -4]])
    assert model.bits(symbols).tolist() == pytest.approx(wanted)
    assert model.clip(symbols).tolist() == [[0, 7], [1, 7], [3, 7]]
    every = torch.tensor([[s, 7] for s in range(4)])
    assert float(torch.exp2(-model.bits(every)).sum()) == pytest.approx(1)
    assert bits_per_pixel(train, symbols, 10) == pytest.approx(sum(wanted) / 3 / 10)


def test_codes_of_other_images_are_never_shorter_than_their_own_entropy():
    """Cross-entropy ≥ entropy (Gibbs), whatever the training symbols were."""
    for seed in range(5):
        train = torch.randint(-4, 5, (50, 1), generator=rng(seed))
        other = (2 * torch.randn(300, 1, generator=rng(10 + seed))).round().long().clamp(-3, 3)
        own = entropy(torch.bincount(other[:, 0] + 3))
        assert bits_per_pixel(train, other, 1) >= own - 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_bytes_come_back_and_are_as_short_as_promised(seed):
    widths = torch.tensor([0.01, 0.4, 3.0, 40.0])
    train = (torch.randn(300, 4, generator=rng(seed)) * widths).round().long()
    symbols = (1.3 * torch.randn(200, 4, generator=rng(50 + seed)) * widths).round().long()
    model = SymbolModel(train)
    message = arithmetic_coder.encode(symbols, model)
    back = arithmetic_coder.decode(message, len(symbols), model)
    assert torch.equal(back, model.clip(symbols))
    ideal = float(model.bits(symbols).sum())
    assert ideal <= 8 * len(message) <= ideal + 2 + 7 + 1e-4 * ideal


def test_the_message_is_a_number_inside_the_interval():
    """Exact arithmetic with fractions: the interval narrows as the probabilities say."""
    train = torch.tensor([[0], [0], [0], [1], [2]])
    model = SymbolModel(train)  # 4, 2, 2 of 8: exact in binary
    symbols = torch.tensor([[0], [2], [1], [0], [0], [1]])
    low, width = Fraction(0), Fraction(1)
    for s in symbols[:, 0].tolist():
        low += width * Fraction([0, 4, 6][s], 8)
        width *= Fraction([4, 2, 2][s], 8)
    message = arithmetic_coder.encode(symbols, model)
    number = Fraction(int.from_bytes(message, "big"), 256 ** len(message))
    assert low <= number < low + width
    assert math.log2(1 / width) == pytest.approx(float(model.bits(symbols).sum()))


def test_one_possible_symbol_costs_next_to_nothing():
    model = SymbolModel(torch.full((10, 3), 5))
    assert len(arithmetic_coder.encode(torch.full((1000, 3), 5), model)) <= 1
    with pytest.raises(ValueError, match="at least 1 row"):
        arithmetic_coder.decode(b"", 0, model)


# ------------------------------------------------------------------------ comparing at equal error


def test_rate_at_an_error():
    rates, errors = [3.0, 1.0, 2.0], [2.0, 10.0, 4.0]
    assert rate_at_error(rates, errors, 4.0) == 2.0
    assert rate_at_error(rates, errors, 7.0) == 1.5
    assert rate_at_error(rates, errors, 2.5) == 2.75
    assert rate_at_error(rates, errors, 10.0) == 1.0
    assert rate_at_error(rates, errors, 1.9) == math.inf
    with pytest.raises(ValueError, match="lower rates"):
        rate_at_error(rates, errors, 11.0)
    with pytest.raises(ValueError, match="as many"):
        rate_at_error([1.0], [], 1.0)


def test_sensitivity_of_a_linear_decoder_is_the_length_of_its_columns():
    w = torch.randn(6, 3, generator=rng(3))
    z = torch.randn(40, 3, generator=rng(4))
    found = sensitivity(lambda z: z @ w.T + 1, z)
    torch.testing.assert_close(found, w.norm(dim=0), rtol=1e-3, atol=1e-4)
    x = torch.rand(30, 12, generator=rng(5))
    axes = pca.PCA(4).fit(x)
    torch.testing.assert_close(
        sensitivity(axes.inverse_transform, axes.encode(x)), torch.ones(4), rtol=1e-3, atol=1e-3
    )
    with pytest.raises(ValueError, match="dead"):
        sensitivity(lambda z: z, torch.ones(5, 2))


# ------------------------------------------------------------------------------------------ JPEG


def test_jpeg_counts_the_bytes_it_says():
    x = data.load("mnist").x_test[:10]
    result = jpeg(x, 75)
    assert result.images.shape == result.mosaic_images.shape == x.shape
    first = (x[0, 0] * 255).round().to(torch.uint8).numpy()
    file = io.BytesIO()
    Image.fromarray(first).save(file, format="JPEG", quality=75)
    alone = jpeg(x[:1], 75)
    assert alone.whole_file == pytest.approx(8 * len(file.getvalue()) / 784)
    decoded = np.asarray(Image.open(io.BytesIO(file.getvalue()))) / 255
    torch.testing.assert_close(result.images[0, 0], torch.tensor(decoded, dtype=torch.float32))
    # the header: every byte up to the scan's own data, and the end marker
    header = file.getvalue().index(b"\xff\xda") + 2 + 8 + 2
    assert alone.scan == pytest.approx(8 * (len(file.getvalue()) - header) / 784)
    assert result.scan < result.whole_file
    assert result.mosaic < result.whole_file


def test_jpeg_mosaic_puts_every_image_back_in_its_place():
    x = torch.arange(7.0).reshape(7, 1, 1, 1).expand(7, 1, 12, 20) / 10
    result = jpeg(x.contiguous(), 95)
    torch.testing.assert_close(result.mosaic_images, x, atol=0.02, rtol=0)


def test_better_quality_costs_bits_and_brings_error_down():
    x = data.load("mnist").x_test[:30]
    low, high = jpeg(x, 20), jpeg(x, 90)
    assert high.scan > low.scan
    assert (high.images - x).square().sum() < (low.images - x).square().sum()


def test_jpeg_refuses_what_it_cannot_do():
    with pytest.raises(ValueError, match="grey"):
        jpeg(torch.zeros(1, 3, 8, 8), 50)
    with pytest.raises(ValueError, match="quality"):
        jpeg(torch.zeros(1, 1, 8, 8), 96)
