"""Similar and new: distances of sets against SciPy, closed forms and loops."""

import pytest
import torch
from scipy.linalg import sqrtm
from torch.utils._python_dispatch import TorchDispatchMode

from aeutils.generation import frechet_distance, mmd, nearest_distances
from aeutils.testing.sealed import ReferenceSealed

DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


def normal(*shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=dtype)


# ------------------------------------------------------------------------------------- the Fréchet


@DTYPES
def test_it_is_the_formula_with_scipys_root(dtype):
    a, b = (normal(40, 5, seed=i) @ normal(5, 5, seed=i + 9) + i for i in (0, 1))
    cov_a, cov_b = a.T.cov(), b.T.cov()
    root = torch.from_numpy(sqrtm((cov_a @ cov_b).numpy()).real)
    wanted = (a.mean(0) - b.mean(0)).square().sum() + (cov_a + cov_b - 2 * root).trace()
    got = frechet_distance(a.to(dtype), b.to(dtype))
    assert isinstance(got, float)
    assert got == pytest.approx(float(wanted), rel=1e-4 if dtype == torch.float32 else 1e-8)
    assert frechet_distance(b, a) == pytest.approx(float(wanted))


def test_in_one_dimension_it_is_a_difference_of_means_and_of_spreads():
    a, b = normal(30, 1), 3 * normal(50, 1, seed=1) + 2
    wanted = (a.mean() - b.mean()) ** 2 + (a.std() - b.std()) ** 2
    assert frechet_distance(a, b) == pytest.approx(float(wanted))


@pytest.mark.parametrize("rows", [3, 60])
def test_a_shift_adds_its_square_and_the_same_set_has_zero(rows):
    """Also with fewer rows than features, and a feature that is constant."""
    a = normal(rows, 8)
    a[:, 2] = 4.0
    shift = normal(8, seed=1)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(a, a) >= 0
    got = frechet_distance(a, a + shift)
    assert got == pytest.approx(float(shift.square().sum()), abs=1e-5)
    rotation = torch.linalg.qr(normal(8, 8, seed=2))[0]
    b = 2 * normal(rows, 8, seed=3)
    turned = frechet_distance(a @ rotation, b @ rotation)
    assert turned == pytest.approx(frechet_distance(a, b), rel=1e-6)


def test_gaussians_on_crossing_lines_have_both_variances():
    a, b = torch.zeros(2, 20, 2).double()
    a[:, 0], b[:, 1] = normal(20), normal(20, seed=1)
    a, b = a - a.mean(dim=0), b - b.mean(dim=0)
    wanted = a[:, 0].var() + b[:, 1].var()
    assert frechet_distance(a, b) == pytest.approx(float(wanted))


def test_with_fewer_rows_it_is_larger_on_average():
    means = []
    for rows in (20, 80, 320):
        pairs = [(normal(rows, 5, seed=i), normal(rows, 5, seed=i + 100)) for i in range(20)]
        means.append(sum(frechet_distance(a, b) for a, b in pairs) / 20)
    assert means[0] > 2 * means[1] > 4 * means[2]


# ----------------------------------------------------------------------------------------- the MMD


@DTYPES
def test_it_is_three_means_of_pairs(dtype):
    codes, prior = normal(7, 3, dtype=dtype) + 1, normal(9, 3, seed=1, dtype=dtype)

    def kernel(x, y):
        return 6 / (6 + float((x - y).square().sum()))

    n, m = range(7), range(9)
    within = sum(kernel(codes[i], codes[j]) for i in n for j in n if i != j) / 42
    draws = sum(kernel(prior[i], prior[j]) for i in m for j in m if i != j) / 72
    between = sum(kernel(codes[i], prior[j]) for i in n for j in m) / 63
    got = mmd(codes, prior)
    assert got.shape == ()
    assert got.dtype == dtype
    assert got.item() == pytest.approx(within + draws - 2 * between, rel=1e-4)


def test_it_is_unbiased_and_sees_what_differs():
    same = [float(mmd(normal(20, 4, seed=i), normal(30, 4, seed=i + 1000))) for i in range(400)]
    spread = torch.tensor(same).std() / 20
    assert abs(sum(same) / 400) < 3 * spread
    assert min(same) < 0 < max(same)
    prior = normal(500, 4, seed=1)
    for other in (normal(500, 4) + 1, 2 * normal(500, 4), 0 * normal(500, 4)):
        assert mmd(other, prior) > 10 * float(spread)


def test_a_step_down_its_gradient_brings_codes_nearer():
    codes, prior = normal(6, 2), normal(8, 2, seed=1)
    assert torch.autograd.gradcheck(lambda c: mmd(c, prior), (codes.requires_grad_(),))
    codes = torch.ones(40, 2).double().requires_grad_()  # equal codes: distances of 0
    (slope,) = torch.autograd.grad(mmd(codes, prior), codes)
    assert slope.isfinite().all()
    assert mmd(codes - slope, prior) < mmd(codes, prior)


def test_rows_far_from_the_origin_keep_their_distances():
    codes, prior = normal(50, 3), normal(60, 3, seed=1)
    far = mmd((codes + 3000).float(), (prior + 3000).float())
    assert far.item() == pytest.approx(mmd(codes, prior).item(), abs=1e-3)


# ----------------------------------------------------------------------------------------- novelty


@DTYPES
def test_it_is_the_smallest_distance_of_a_loop(dtype):
    samples, train = normal(30, 6, dtype=dtype), normal(200, 6, seed=1, dtype=dtype)
    wanted = torch.stack([(train - sample).norm(dim=1).min() for sample in samples])
    got = nearest_distances(samples, train)
    assert got.dtype == dtype
    torch.testing.assert_close(got, wanted)


def test_a_copy_has_a_distance_of_exactly_zero_wherever_it_lies():
    train = normal(300, 784, dtype=torch.float32) + 50
    got = nearest_distances(train[100:200], train)
    assert not got.any()
    near = train[:5].clone()
    near[:, 3] += 0.125
    torch.testing.assert_close(
        nearest_distances(near, train), torch.full((5,), 0.125), rtol=1e-4, atol=0
    )
    assert nearest_distances(near, train[:1]).shape == (5,)


class Largest(TorchDispatchMode):
    """Remember how many numbers the largest tensor has that is made meanwhile."""

    def __init__(self):
        super().__init__()
        self.size = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for made in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(made, torch.Tensor):
                self.size = max(self.size, made.numel())
        return result


def test_memory_does_not_grow_with_samples_times_images():
    samples, train = normal(2000, 4, dtype=torch.float32), normal(3000, 4, seed=1).float()
    with Largest() as watch:
        nearest_distances(samples, train)
    assert watch.size < 2000 * 3000 / 10


A = torch.ones(4, 3)


@pytest.mark.parametrize("function", [frechet_distance, mmd, nearest_distances])
@pytest.mark.parametrize(
    ("left", "right", "error", "words"),
    [
        (A, A[:, :2], ValueError, r"rows of one length, got .*\(4, 3\).*\(4, 2\)"),
        (A[0], A, ValueError, r"(a|codes|samples) must have shape \(N, D\).*\(3,\)"),
        (A, A[:0], ValueError, r"(b|prior|train) must have shape \(N, D\).*\(0, 3\)"),
        (A / 0, A, ValueError, r"(a|codes|samples) holds 12 NaN or infinite"),
        (A, A.int(), TypeError, r"(b|prior|train) must hold floats.*int32"),
    ],
)
def test_bad_input_is_named(function, left, right, error, words):
    with pytest.raises(error, match=words):
        function(left, right)


@pytest.mark.parametrize("function", [frechet_distance, mmd])
def test_one_row_has_no_spread(function):
    for left, right in ((A[:1], A), (A, A[:1])):
        with pytest.raises(ValueError, match=r"at least 2 rows each, got .*\(1, 3\)"):
            function(left, right)


def test_the_references_are_closed_while_their_notebook_is_graded(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "elective_c_generating")
    for function in (frechet_distance, nearest_distances):
        with pytest.raises(ReferenceSealed, match=f"{function.__name__} is the reference"):
            function(A, A)
    mmd(A, A)  # no exercise
