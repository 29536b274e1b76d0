"""What crosses the client arrives as it was; anything else is refused, never evaluated."""

import io
import json
import struct
from collections import Counter, OrderedDict, namedtuple

import numpy as np
import pytest
import torch

from autograder.hall.protocol.codec import (
    HEADER,
    MAX_DEPTH,
    CannotCross,
    Closed,
    Line,
    WireError,
    decode,
    encode,
)


def refuse(value):
    raise CannotCross("stays here")


def no_handles(fields):
    raise WireError("no handles here")


def across(value):
    """Send a value through a frame and back."""
    pipe = io.BytesIO()
    Line(pipe, pipe).send(*encode(value, refuse))
    pipe.seek(0)
    return decode(*Line(pipe, pipe).receive(), no_handles)


Point = namedtuple("Point", "x y")

PLAIN = [
    None,
    True,
    0,
    -(2**70),
    2**9000,
    1.5,
    float("inf"),
    -0.0,
    "text ✔ \ud800",
    b"bytes",
    2 + 3j,
    range(1, 9, 2),
    slice(None, 3),
    [1, [2, (3, {"a": {4}})]],
    {1: "a", (2, 3): None},
    frozenset({1, 2}),
    (),
    torch.float32,
]


@pytest.mark.parametrize("value", PLAIN, ids=lambda v: type(v).__name__)
def test_plain_values_arrive_as_they_were(value):
    got = across(value)
    assert got == value
    assert type(got) is type(value)


def test_nan_arrives():
    assert np.isnan(across(float("nan")))


@pytest.mark.parametrize(
    "dtype",
    [torch.float16, torch.bfloat16, torch.float64, torch.complex64, torch.int16, torch.bool],
)
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_tensors_arrive_with_dtype_and_shape(dtype, shape):
    value = (torch.randn(shape) * 9).to(dtype)
    got = across(value)
    assert got.dtype == dtype
    assert torch.equal(got, value)


def test_strided_and_conjugate_views_arrive_as_values():
    value = torch.randn(4, 6, dtype=torch.complex64).conj().T[::2]
    assert torch.equal(across(value), value.resolve_conj())


@pytest.mark.parametrize("dtype", ["<f4", ">i8", "?", "<U3", "S2", "<M8[D]", "<c16"])
def test_arrays_arrive_with_dtype_and_shape(dtype):
    value = np.zeros((2, 3), dtype=dtype)
    got = across(value)
    assert got.dtype == value.dtype
    assert np.array_equal(got, value)


def test_array_scalars_arrive():
    got = across(np.float32(1.5))
    assert got == 1.5
    assert type(got) is np.float32


def test_containers_of_a_students_class_arrive_as_plain_ones():
    assert across(Point(1, 2)) == (1, 2)
    assert type(across(Point(1, 2))) is tuple
    assert type(across(Counter("aab"))) is dict
    assert type(across(OrderedDict(a=1))) is dict


class Liar(torch.Tensor):
    """A tensor that equals everything."""

    def __eq__(self, other):
        return True

    __hash__ = None


@pytest.mark.parametrize(
    "value",
    [object(), lambda: 1, torch.zeros(2).as_subclass(Liar), np.array([object()]), np, int],
    ids=["object", "function", "tensor subclass", "object array", "module", "class"],
)
def test_what_is_not_plain_is_offered_as_a_handle(value):
    kept = []
    tree, _ = encode([1, value], lambda v: kept.append(v) or {"id": 1, "type": "x"})
    assert kept[0] is value
    assert tree[1] == {"handle": {"id": 1, "type": "x"}}


def test_deep_and_cyclic_values_are_refused():
    cyclic = []
    cyclic.append(cyclic)
    with pytest.raises(CannotCross, match=f"more than {MAX_DEPTH} deep"):
        encode(cyclic, refuse)


def test_a_gradient_asked_of_a_copy_says_what_to_do():
    copy = across(torch.nn.Parameter(torch.ones(2)))
    assert copy.requires_grad
    with pytest.raises(CannotCross, match=r"gradients do not cross.* remote call"):
        (copy**2).sum().backward()


BAD_TREES = [
    {"pickle": "x"},
    {"tuple": 3},
    {"a": 1, "b": 2},
    {},
    {"int": "0xzz"},
    {"tensor": {"dtype": "object", "shape": [1], "buffer": 0, "grad": False}},
    {"tensor": {"dtype": "float32", "shape": [3], "buffer": 0, "grad": False}},
    {"tensor": {"dtype": "float32", "shape": [-1], "buffer": 0, "grad": False}},
    {"tensor": {"dtype": "float32", "shape": [2**40, 2**40], "buffer": 0, "grad": False}},
    {"tensor": {"dtype": "float32", "shape": [1], "buffer": 7, "grad": False}},
    {"tensor": {"dtype": "__class__", "shape": [1], "buffer": 0, "grad": False}},
    {"array": {"dtype": "O", "shape": [1], "buffer": 0}},
    {"array": {"dtype": "f4,f4", "shape": [1], "buffer": 0}},
    {"array": {"dtype": "<f4", "shape": [True], "buffer": 0}},
    {"torch.dtype": "load"},
    {"set": [[1]]},
    {"dict": [[{"dict": []}, 1]]},
    {"range": [1, 2, 0]},
]


@pytest.mark.parametrize("tree", BAD_TREES, ids=repr)
def test_forged_values_are_refused(tree):
    with pytest.raises(WireError):
        decode(tree, [memoryview(b"\0" * 8)], no_handles)


def test_deep_trees_are_refused_without_exhausting_the_stack():
    tree = []
    for _ in range(5000):
        tree = [tree]
    with pytest.raises(WireError):
        decode(tree, [], no_handles)


def received(data):
    return Line(io.BytesIO(data), io.BytesIO()).receive()


def frame(text, buffers=b""):
    return HEADER.pack(len(text), len(buffers)) + text + buffers


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("!IQ", 2**31, 0),
        struct.pack("!IQ", 2, 2**60),
        frame(b"{}"),
        frame(b"not json"),
        frame(b"[" * 200_000),
        frame(json.dumps({"m": 1, "b": [5]}).encode(), b"1234"),
        frame(json.dumps({"m": 1, "b": [-4, 8]}).encode(), b"1234"),
        frame(json.dumps({"m": 1, "b": "xx"}).encode()),
        frame(b"1" * 10_000),
    ],
    ids=["huge tree", "huge buffers", "empty", "no json", "deep", "short", "minus", "text", "int"],
)
def test_frames_that_are_no_messages_are_refused(data):
    with pytest.raises(WireError):
        received(data)


@pytest.mark.parametrize("data", [b"", b"\0\0", HEADER.pack(100, 0) + b"{"])
def test_a_line_that_ends_is_closed(data):
    with pytest.raises(Closed):
        received(data)


def test_values_too_large_are_refused_by_the_sender():
    with pytest.raises(CannotCross, match="too large to cross"):
        across("x" * (17 * 2**20))
