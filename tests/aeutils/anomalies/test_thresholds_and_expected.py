"""Thresholds for a share of false alarms, and errors over what is expected of an image."""

import pytest
import torch
from sklearn.linear_model import LinearRegression

from aeutils.anomalies import corrected_errors, fine_detail, threshold


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("levels", [0, 3], ids=["no ties", "ties"])
@pytest.mark.parametrize("rate", [0, 0.01, 0.07, 0.25, 0.29, 0.5, 0.999])
def test_it_is_the_smallest_error_that_leaves_the_share(rate, levels, dtype):
    errors = torch.rand(100, dtype=dtype)
    errors = (errors * levels).round() if levels else errors
    good = [v for v in errors.tolist() if sum(e > v for e in errors.tolist()) / 100 <= rate]
    assert threshold(errors, rate) == min(good)


def test_a_share_that_is_just_borne_is_borne():
    """0.29 · 100 is 28.999999999999996 in floating point."""
    errors = torch.arange(100.0)
    for percent in range(100):
        assert threshold(errors, percent / 100) == 99 - percent


def test_the_order_does_not_matter_and_nothing_is_changed():
    errors = torch.rand(30)
    kept = errors.clone()
    assert threshold(errors, 0.2) == threshold(errors.flip(0), 0.2)
    assert threshold(errors, 0) == float(errors.max())
    assert threshold(errors[:1], 0.9) == float(errors[0])
    assert torch.equal(errors, kept)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_fine_detail_is_what_means_of_blocks_lose(dtype):
    images = torch.rand(3, 1, 8, 12, dtype=dtype)
    wanted = []
    for image in images[:, 0]:
        blocks = [image[i : i + 4, j : j + 4] for i in (0, 4) for j in (0, 4, 8)]
        wanted.append(sum(float(((b - b.mean()) ** 2).sum()) for b in blocks))
    got = fine_detail(images)
    assert got.shape == (3, 1)
    torch.testing.assert_close(got, torch.tensor(wanted, dtype=dtype).log()[:, None])
    assert fine_detail(torch.ones(1, 1, 4, 4)).exp().item() == pytest.approx(1e-3)
    assert fine_detail(images, block=1).exp().max().item() == pytest.approx(1e-3)


@pytest.mark.parametrize(("dtype", "near"), [(torch.float32, 1e-3), (torch.float64, 1e-9)])
@pytest.mark.parametrize("features", [1, 3])
def test_expected_errors_are_those_of_a_regression(features, dtype, near):
    draw = torch.Generator().manual_seed(0)
    f, normal = (torch.randn(n, features, generator=draw, dtype=dtype) + 3 for n in (9, 40))
    noise = 0.1 * torch.randn(40, generator=draw, dtype=dtype)
    e, normal_e = torch.rand(9, generator=draw, dtype=dtype) + 0.1, (normal.sum(1) + noise).exp()
    line = LinearRegression().fit(normal.double(), normal_e.double().log())
    wanted = e / torch.from_numpy(line.predict(f.double())).exp().to(dtype)
    got = corrected_errors(e, f, normal_e, normal)
    assert got.dtype == dtype
    torch.testing.assert_close(got, wanted, rtol=near, atol=near)


def test_an_image_as_good_as_its_kind_has_one():
    f = torch.linspace(0, 5, 30).double()[:, None]
    e = (1 + 0.5 * f[:, 0]).exp()
    torch.testing.assert_close(corrected_errors(e, f, e, f), torch.ones(30).double())
    torch.testing.assert_close(corrected_errors(3 * e, f, e, f), torch.full((30,), 3.0).double())


def test_a_feature_that_says_nothing_changes_nothing():
    e, f = torch.rand(20).double() + 0.5, torch.rand(20, 1).double()
    still = torch.cat([f, torch.full((20, 1), 7.0)], dim=1)
    torch.testing.assert_close(corrected_errors(e, still, e, still), corrected_errors(e, f, e, f))
    only = corrected_errors(e, still[:, 1:], e, still[:, 1:])
    torch.testing.assert_close(only, e / e.log().mean().exp())


E, F = torch.ones(5), torch.rand(5, 2)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: threshold(E.int(), 0.1), TypeError, "errors must hold floats"),
        (lambda: threshold(F, 0.1), ValueError, r"errors must be a vector.*\(5, 2\)"),
        (lambda: threshold(E[:0], 0.1), ValueError, r"at least one number.*\(0,\)"),
        (lambda: threshold(E / 0, 0.1), ValueError, "errors holds 5 NaN or infinite"),
        (lambda: threshold(E, 1.0), ValueError, "rate must be from 0 to below 1, got 1.0"),
        (lambda: threshold(E, -0.1), ValueError, "rate must be from 0 to below 1"),
        (lambda: threshold(E, float("nan")), ValueError, "rate must be from 0 to below 1"),
        (lambda: fine_detail(torch.ones(2, 1, 28, 30)), ValueError, r"of 4.*\(2, 1, 28, 30\)"),
        (lambda: fine_detail(torch.ones(2, 784)), ValueError, r"\(N, C, H, W\).*\(2, 784\)"),
        (lambda: fine_detail(torch.ones(2, 1, 4, 4).int()), TypeError, "images must hold floats"),
        (lambda: fine_detail(torch.ones(2, 1, 4, 4), 0), ValueError, "block must be at least 1"),
        (lambda: fine_detail(torch.ones(2, 1, 4, 4), 2.0), TypeError, "block"),
        (lambda: corrected_errors(E[:4], F, E, F), ValueError, r"^errors .* 5 rows.*\(4,\)"),
        (lambda: corrected_errors(E, F, E[:4], F), ValueError, r"^normal_errors .* 5 rows"),
        (lambda: corrected_errors(E - 1, F, E, F), ValueError, "^errors must be a number above 0"),
        (lambda: corrected_errors(E, F, -E, F), ValueError, "^normal_errors must be a number"),
        (lambda: corrected_errors(E, F[:, :1], E, F), ValueError, "1 columns, normal_features 2"),
        (lambda: corrected_errors(E, F, E[:3], F[:3]), ValueError, "3 normal images are too few"),
        (lambda: corrected_errors(E, F[:, 0], E, F), ValueError, r"features must have shape"),
        (lambda: corrected_errors(E, F.int(), E, F), TypeError, "features must hold floats"),
        (lambda: corrected_errors(E, F, E.int(), F), TypeError, "normal_errors must hold floats"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
