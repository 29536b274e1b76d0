"""The class-similarity table by sums against the table by the matrix, in pieces and in float64."""

import math

import pytest
import torch

from aeutils.embeddings import similarity
from aeutils.embeddings.similarity import class_similarity, class_similarity_by_matrix
from aeutils.testing.sealed import ReferenceSealed


def codes(n=200, k=6, classes=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (n,), generator=generator)
    centres = torch.randn(classes, k, generator=generator, dtype=torch.float64)
    noise = torch.randn(n, k, generator=generator, dtype=torch.float64)
    return centres[labels] + noise + 0.5, labels


@pytest.mark.parametrize("centre", [False, True])
@pytest.mark.parametrize("renormalise", [False, True])
@pytest.mark.parametrize("zero", [False, True])
def test_sums_and_matrix_agree(centre, renormalise, zero):
    z, labels = codes()
    if zero:
        z[7] = 0
    fast = class_similarity(z, labels, centre, renormalise)
    slow = class_similarity_by_matrix(z, labels, centre, renormalise)
    for name in ("same", "diff"):
        torch.testing.assert_close(getattr(fast, name), getattr(slow, name), rtol=0, atol=1e-12)
    assert torch.equal(fast.classes, slow.classes)


@pytest.mark.parametrize("centre", [False, True])
def test_pieces_change_nothing(centre, monkeypatch):
    z, labels = codes(n=101)
    whole = class_similarity(z, labels, centre)
    monkeypatch.setattr(similarity, "CHUNK", 7)
    parts = class_similarity(z, labels, centre)
    torch.testing.assert_close(parts.ratio, whole.ratio, rtol=0, atol=1e-13)


def test_no_tensor_grows_with_the_square_of_n_or_with_n_times_k():
    """Between the input and the table, no float tensor is larger than one piece."""
    from torch.utils._python_dispatch import TorchDispatchMode

    largest = [0]

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            made = function(*args, **(kwargs or {}))
            for value in made if isinstance(made, tuple | list) else [made]:
                if isinstance(value, torch.Tensor) and value.dtype == torch.float64:
                    largest[0] = max(largest[0], value.untyped_storage().nbytes() // 8)
            return made

    z, labels = codes(n=5 * similarity.CHUNK)
    with Watch():
        class_similarity(z.float(), labels, centre=True)
    assert 0 < largest[0] <= similarity.CHUNK * z.shape[1]


def test_on_a_circle_by_hand():
    """Two classes of two directions each, 2a apart, a right angle between the classes."""
    a = 0.3
    angles = torch.tensor([-a, a, math.pi / 2 - a, math.pi / 2 + a], dtype=torch.float64)
    z = 5 * torch.stack([angles.cos(), angles.sin()], dim=1)
    found = class_similarity(z, torch.tensor([0, 0, 1, 1]), renormalise=False)
    assert found.same.tolist() == pytest.approx([math.cos(2 * a)] * 2, abs=1e-12)
    between = [math.cos(math.pi / 2 + d) for d in (0, 0, 2 * a, -2 * a)]
    assert found.diff.tolist() == pytest.approx([sum(between) / 4] * 2, abs=1e-12)


def test_shuffled_labels_have_ratio_one():
    z, labels = codes(n=4000)
    shuffled = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(1))]
    assert class_similarity(z, shuffled, centre=True).mean_ratio == pytest.approx(1, abs=0.002)


@pytest.mark.parametrize("twin", [class_similarity, class_similarity_by_matrix])
def test_closed_while_week_6_is_graded(twin, monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "week06_evaluation")
    with pytest.raises(ReferenceSealed, match="week06_evaluation"):
        twin(*codes())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda z, y: class_similarity(z, y[:-1]), ValueError, "length 199"),
        (lambda z, y: class_similarity_by_matrix(z, y.float()), TypeError, "integers"),
        (lambda z, y: class_similarity(z[0], y), ValueError, "one row per image"),
        (lambda z, y: class_similarity(z * torch.nan, y), ValueError, "NaN"),
        (lambda z, y: class_similarity_by_matrix(z, 0 * y), ValueError, "one class only"),
    ],
)
def test_bad_input_is_explained(call, error, message):
    with pytest.raises(error, match=message):
        call(*codes())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("offset", [0.0, 0.1, 1.0, 1000.0])
@pytest.mark.parametrize("table", [class_similarity, class_similarity_by_matrix])
def test_a_collapsed_code_has_no_direction_once_its_mean_is_gone(table, offset, dtype):
    """Equal codes, and codes that differ by rounding only, show no class, at every offset."""
    n, labels = 30, torch.arange(30) % 3
    equal = torch.full((n, 5), offset / 3, dtype=dtype)
    assert table(equal, labels, centre=True).ratio.tolist() == [1, 1, 1]
    raw = table(equal, labels, centre=True, renormalise=False)
    assert raw.same.tolist() == raw.diff.tolist() == [0, 0, 0]
    assert table(equal, labels).ratio == pytest.approx(1, abs=1e-12)  # all of one direction
    rounded = equal.double().clone()
    rounded[labels == 1] = torch.nextafter(rounded[labels == 1], torch.tensor(torch.inf).double())
    assert not torch.equal(rounded, equal.double())
    assert table(rounded, labels, centre=True, renormalise=False).same.tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("offset", [1.0, 1000.0])
@pytest.mark.parametrize("table", [class_similarity, class_similarity_by_matrix])
def test_codes_that_differ_by_the_rounding_of_their_own_dtype_show_no_class(table, offset, dtype):
    """One step of rounding up, for one class or at random: without the guard, ratios of ±10¹⁵."""
    labels = torch.arange(30) % 3
    equal = torch.full((30, 5), offset / 3, dtype=dtype)
    above = torch.nextafter(equal, torch.full_like(equal, torch.inf))
    coin = torch.rand(30, 5, generator=torch.Generator().manual_seed(0)) < 0.5
    for higher in ((labels == 1)[:, None], coin):
        z = torch.where(higher, above, equal)
        assert not torch.equal(z, equal)
        assert table(z, labels, centre=True).ratio.tolist() == [1, 1, 1]
        raw = table(z, labels, centre=True, renormalise=False)
        assert raw.same.tolist() == raw.diff.tolist() == [0, 0, 0]
        assert table(z, labels).ratio == pytest.approx(1, abs=1e-12)  # all of one direction
        assert table(z, labels, renormalise=False).ratio == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("offset", [1.0, 1000.0])
def test_a_spread_of_some_steps_of_rounding_is_seen(offset, dtype):
    """The guard is no wider than rounding: 32 steps up for one class are a direction."""
    labels = torch.arange(30) % 2
    z = torch.full((30, 4), offset, dtype=dtype)
    z[labels == 1] *= 1 + max(32 * torch.finfo(dtype).eps, 1e-11)
    found = class_similarity(z, labels, centre=True, renormalise=False)
    torch.testing.assert_close(found.same, torch.ones(2).double(), rtol=0, atol=1e-3)
    torch.testing.assert_close(found.diff, -torch.ones(2).double(), rtol=0, atol=1e-3)


@pytest.mark.parametrize("offset", [1.0, 1000.0])
@pytest.mark.parametrize("table", [class_similarity, class_similarity_by_matrix])
def test_a_small_spread_is_no_rounding(table, offset):
    """Classes that differ by a millionth of the offset are told apart once it is gone."""
    labels = torch.arange(30) % 2
    z = torch.full((30, 4), offset, dtype=torch.float64)
    z[labels == 1] *= 1 + 1e-6
    found = table(z, labels, centre=True, renormalise=False)
    torch.testing.assert_close(found.same, torch.ones(2).double(), rtol=0, atol=1e-6)
    torch.testing.assert_close(found.diff, -torch.ones(2).double(), rtol=0, atol=1e-6)
