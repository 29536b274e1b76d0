"""Codes of bits: packing, distances and search against numpy, bit by bit."""

import numpy as np
import pytest
import torch

from aeutils.neighbours import bits
from aeutils.neighbours.bits import hamming, hamming_search, pack


def random_codes(n, width, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return torch.randint(256, (n, width), dtype=torch.uint8, generator=draw)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 8, 16, 40])
def test_distances_are_the_bits_that_differ(width):
    queries, codes = random_codes(5, width, 1), random_codes(70, width, 2)
    different = np.unpackbits((queries[:, None] ^ codes[None]).numpy(), axis=2).sum(axis=2)
    got = hamming(queries, codes)
    assert got.dtype == torch.int64
    assert np.array_equal(got.numpy(), different)


def test_all_bits_of_a_long_code_may_differ():
    assert hamming(torch.full((1, 40), 255).byte(), torch.zeros(1, 40).byte()).item() == 320


def test_packing_is_undone_by_numpy():
    flags = torch.rand(9, 24) > 0.5
    back = np.unpackbits(pack(flags).numpy(), axis=1).astype(bool)
    assert np.array_equal(back, flags.numpy())


@pytest.mark.parametrize("width", [1, 16])
def test_search_finds_what_sorting_finds_also_across_blocks(width, monkeypatch):
    monkeypatch.setattr(bits, "CHUNK", 64)
    codes = random_codes(1000, width)
    queries = codes[:7]
    wanted = torch.sort(hamming(queries, codes), dim=1, stable=True).indices[:, :20]
    assert torch.equal(hamming_search(queries, codes, 20), wanted)


def test_ones_are_counted_without_numpy_2(monkeypatch):
    codes = random_codes(50, 8)
    wanted = hamming(codes[:3], codes)
    monkeypatch.delattr(np, "bitwise_count", raising=False)
    assert torch.equal(hamming(codes[:3], codes), wanted)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: pack(torch.ones(2, 8)), TypeError, "booleans"),
        (lambda: pack(torch.ones(2, 7).bool()), ValueError, "multiple of 8"),
        (lambda: hamming(torch.ones(2, 3), random_codes(2, 3)), TypeError, "bytes"),
        (lambda: hamming(random_codes(2, 3), random_codes(2, 4)), ValueError, "3 bytes .* 4"),
        (lambda: hamming_search(random_codes(1, 2), random_codes(5, 2), 6), ValueError, "1 and 5"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
