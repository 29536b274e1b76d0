"""Roads between codes against SciPy's, and the direction of an attribute."""

import math

import pytest
import torch
from scipy.spatial import geometric_slerp

from aeutils.generation import attribute_direction, great_circle
from aeutils.testing.sealed import ReferenceSealed


def normal(*shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=dtype)


def unit(seed, k=5):
    return torch.nn.functional.normalize(normal(k, seed=seed), dim=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("steps", [2, 3, 9])
def test_between_unit_codes_it_is_scipys(steps, dtype):
    a, b = unit(0), unit(1)
    wanted = geometric_slerp(a.numpy(), b.numpy(), torch.linspace(0, 1, steps).double().numpy())
    got = great_circle(a.to(dtype), b.to(dtype), steps)
    torch.testing.assert_close(got, torch.from_numpy(wanted).to(dtype))


def test_codes_of_one_length_keep_it_and_turn_evenly():
    a = 4 * unit(0, 20)
    road = great_circle(a, 4 * unit(1, 20), 11)
    torch.testing.assert_close(road.norm(dim=1), torch.full((11,), 4.0).double())
    steps = (road[1:] * road[:-1]).sum(dim=1)
    torch.testing.assert_close(steps, steps[:1].expand(10))
    line = torch.stack([torch.lerp(a, 4 * unit(1, 20), t / 10) for t in range(11)])
    assert line[5].norm() < 3.5  # what the circle is for


def test_the_ends_are_the_codes_whatever_their_lengths():
    a, b = normal(6), 7 * normal(6, seed=1)
    road = great_circle(a, b, 5)
    torch.testing.assert_close(road[0], a)
    torch.testing.assert_close(road[-1], b)
    torch.testing.assert_close(great_circle(b, a, 5), road.flip(0))
    angle = math.acos(float(a @ b / a.norm() / b.norm()))
    middle = (a + b) * math.sin(angle / 2) / math.sin(angle)
    torch.testing.assert_close(road[2], middle)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("turn", [0.0, 1e-8, 1e-5, 9e-4, 1.1e-3, 0.01])
def test_in_nearly_one_direction_it_is_the_straight_line(turn, dtype):
    a = torch.tensor([3.0, 0.0, 0.0], dtype=dtype)
    b = 2 * torch.tensor([math.cos(turn), math.sin(turn), 0.0], dtype=dtype)
    line = torch.stack([a + t / 4 * (b - a) for t in range(5)])
    torch.testing.assert_close(great_circle(a, b, 5), line, atol=max(1e-5, turn**2), rtol=0)
    assert torch.equal(great_circle(a, a, 3), a.expand(3, -1))


def test_gradients_pass_along_the_road():
    inputs = normal(3).requires_grad_(), normal(3, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: great_circle(a, b, 4), inputs)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_direction_leads_from_those_without_to_those_with(dtype):
    codes = normal(8, 3, dtype=dtype)
    has = torch.tensor([True, False, False, True, False, False, False, True])
    wanted = [
        sum(float(c[k]) for c, h in zip(codes, has, strict=True) if h) / 3
        - sum(float(c[k]) for c, h in zip(codes, has, strict=True) if not h) / 5
        for k in range(3)
    ]
    got = attribute_direction(codes, has)
    torch.testing.assert_close(got, torch.tensor(wanted, dtype=dtype))
    torch.testing.assert_close(attribute_direction(codes, ~has), -got)
    shifted = codes + has[:, None] * torch.tensor([0.0, 2.0, 0.0], dtype=dtype)
    added = attribute_direction(shifted, has) - got
    torch.testing.assert_close(added, torch.tensor([0.0, 2.0, 0.0], dtype=dtype))


A, B = torch.tensor([1.0, 2.0]), torch.tensor([2.0, -1.0])
C, H = torch.rand(4, 3), torch.tensor([True, False, False, True])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: great_circle(0 * A, B, 3), ValueError, r"a must be a code \(K,\) that is not 0"),
        (lambda: great_circle(A, 0 * B, 3), ValueError, r"b must be a code \(K,\) that is not 0"),
        (lambda: great_circle(A, -A, 3), ValueError, "opposite directions"),
        (lambda: great_circle(A, -0.3 * A, 3), ValueError, "opposite directions"),
        (lambda: great_circle(A[None], B, 3), ValueError, r"a must be a code .*\(1, 2\)"),
        (lambda: great_circle(A, B[:1], 3), ValueError, r"equally long.*\(2,\).*\(1,\)"),
        (lambda: great_circle(A, B, 1), ValueError, "steps must be at least 2.*got 1"),
        (lambda: great_circle(A, B, 0), ValueError, "steps must be at least 1, got 0"),
        (lambda: great_circle(A, B, 3.0), TypeError, "steps"),
        (lambda: great_circle(A.int(), B, 3), TypeError, "a must hold floats"),
        (lambda: great_circle(A, B / 0, 3), ValueError, "b holds 2 NaN or infinite"),
        (lambda: attribute_direction(C, H[:3]), ValueError, r"has must have shape \(4,\).*\(3,\)"),
        (lambda: attribute_direction(C, H.int()), TypeError, "has must be a tensor of booleans"),
        (lambda: attribute_direction(C, H & False), ValueError, "0 of 4 images have the attr"),
        (lambda: attribute_direction(C, H | True), ValueError, "4 of 4 images have the attr"),
        (lambda: attribute_direction(C[0], H), ValueError, r"codes must have shape.*\(3,\)"),
        (lambda: attribute_direction(C.int(), H), TypeError, "codes must hold floats"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_the_references_are_closed_while_their_notebook_is_graded(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "elective_c_generating")
    with pytest.raises(ReferenceSealed, match="great_circle is the reference"):
        great_circle(A, B, 3)
    with pytest.raises(ReferenceSealed, match="attribute_direction is the reference"):
        attribute_direction(C, H)
