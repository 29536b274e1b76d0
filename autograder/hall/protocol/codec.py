"""The codec: which values cross between a student's process and the tests, and in what form.

A message is a JSON tree plus raw buffers for arrays. Nothing is ever pickled, evaluated or looked
up by a name that the other side sent; sizes are checked before anything is read. Both sides use
this file; the student's side has nothing of it to keep secret.

A frame on the wire: length of the tree and of the buffers (4 and 8 bytes, big endian), the tree as
JSON, the buffers end to end. In the tree, JSON's own types stand for themselves and an object with
one key is a tagged value: ``{"tuple": [...]}``, ``{"tensor": {...}}``, ``{"handle": {...}}``.
"""

from __future__ import annotations

import json
import math
import struct
import sys
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

MAX_TREE = 16 * 2**20  # bytes of JSON
MAX_BUFFERS = 256 * 2**20  # bytes of arrays
MAX_DEPTH = 40
HEADER = struct.Struct("!IQ")
SMALL = 2**63  # larger integers travel as hexadecimal text

TORCH_DTYPES = [
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128", "bool"),
    *("uint8", "int8", "int16", "int32", "int64"),
]
NUMPY_KINDS = "biufcSUmM"


Keep = Callable[[object], dict[str, Any]]  # from an object to the fields of its handle
MakeProxy = Callable[[dict[str, Any]], object]  # from the fields of a handle to an object


class CannotCross(TypeError):
    """A value that stays in its own process was needed on the other."""


class WireError(Exception):
    """The other side sent something that is not a message, or one that is too large."""


class Closed(WireError):
    """The other side is gone."""


# --- values to trees ------------------------------------------------------------------------------


def encode(value: object, keep: Keep) -> tuple[object, list[bytes]]:
    """Return `value` as a tree and its buffers.

    Args:
        value: anything; containers are copied, so changes on one side do not show on the other.
        keep: called for what is not plain data; returns the fields of a handle, or raises.

    Raises:
        CannotCross: nested too deeply, or `keep` refused a part.
    """
    buffers: list[bytes] = []
    return _tree(value, keep, buffers, 0), buffers


def _tree(value: Any, keep: Keep, buffers: list[bytes], depth: int) -> object:
    if depth > MAX_DEPTH:
        raise CannotCross(f"values nested more than {MAX_DEPTH} deep cannot cross")

    def below(part: Any) -> object:
        return _tree(part, keep, buffers, depth + 1)

    kind = type(value)
    if value is None or kind is bool or kind is float or kind is str:
        return value
    if kind is int:
        return value if -SMALL <= value < SMALL else {"int": hex(value)}
    if kind is list:
        return [below(v) for v in value]
    if kind is tuple or (issubclass(kind, tuple) and hasattr(kind, "_fields")):
        return {"tuple": [below(v) for v in tuple.__iter__(value)]}
    if issubclass(kind, dict):
        return {"dict": [[below(k), below(v)] for k, v in dict.items(value)]}
    if kind in (set, frozenset):
        return {kind.__name__: [below(v) for v in value]}
    if kind is complex:
        return {"complex": [value.real, value.imag]}
    if kind in (bytes, bytearray):
        buffers.append(bytes(value))
        return {kind.__name__: len(buffers) - 1}
    if kind is range:
        return {"range": [value.start, value.stop, value.step]}
    if kind is slice:
        return {"slice": [below(value.start), below(value.stop), below(value.step)]}
    found = _array(value, buffers)
    return {"handle": keep(value)} if found is None else found


def _array(value: Any, buffers: list[bytes]) -> dict[str, Any] | None:
    """Encode tensors and arrays of exactly torch's and numpy's own types."""
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    if torch is not None and type(value) in (torch.Tensor, torch.nn.Parameter):
        dtype = str(value.dtype).removeprefix("torch.")
        if value.layout is not torch.strided or dtype not in TORCH_DTYPES:
            return None
        plain = value.detach().cpu().resolve_conj().resolve_neg()
        if plain.dtype is torch.bfloat16:  # which numpy does not know
            plain = plain.view(torch.int16)
        buffers.append(plain.numpy().tobytes())
        return {
            "tensor": {
                "dtype": dtype,
                "shape": list(value.shape),
                "buffer": len(buffers) - 1,
                "grad": bool(value.requires_grad),
            }
        }
    if torch is not None and type(value) is torch.Size:
        return {"tuple": list(value)}
    if torch is not None and type(value) is torch.dtype and str(value)[6:] in TORCH_DTYPES:
        return {"torch.dtype": str(value)[6:]}
    if numpy is not None and type(value) is numpy.ndarray and value.dtype.kind in NUMPY_KINDS:
        buffers.append(value.tobytes())
        return {
            "array": {
                "dtype": value.dtype.str,
                "shape": list(value.shape),
                "buffer": len(buffers) - 1,
            }
        }
    if numpy is not None and issubclass(type(value), numpy.generic):
        if type(value).__module__ != "numpy" or value.dtype.kind not in NUMPY_KINDS:
            return None
        buffers.append(value.tobytes())
        return {"scalar": {"dtype": value.dtype.str, "shape": [], "buffer": len(buffers) - 1}}
    return None


# --- trees to values ------------------------------------------------------------------------------


def decode(tree: object, buffers: list[memoryview], proxy: MakeProxy) -> Any:
    """Rebuild a value; `proxy` turns the fields of a handle into an object.

    Args:
        tree: what :func:`encode` made of the value, after its way through JSON.
        buffers: the arrays' bytes.
        proxy: makes an object of a handle's fields.

    Returns:
        The value.

    Raises:
        WireError: anything that :func:`encode` would not have made.
    """
    try:
        return _value(tree, buffers, proxy, 0)
    except WireError:
        raise
    except (ArithmeticError, KeyError, IndexError, TypeError, ValueError, RecursionError) as bad:
        raise WireError(f"not a value: {type(bad).__name__}") from None


def _value(tree: Any, buffers: list[memoryview], proxy: MakeProxy, depth: int) -> object:
    if depth > MAX_DEPTH + 1:
        raise WireError("a value is nested too deeply")

    def below(part: Any) -> object:
        return _value(part, buffers, proxy, depth + 1)

    if tree is None or type(tree) in (bool, int, float, str):
        return tree
    if type(tree) is list:
        return [below(v) for v in tree]
    ((tag, body),) = tree.items()
    if tag == "handle":
        return proxy(body)
    if tag == "tuple":
        return tuple(below(v) for v in body)
    if tag == "dict":
        return {below(k): below(v) for k, v in body}
    if tag in ("set", "frozenset"):
        return (set if tag == "set" else frozenset)(below(v) for v in body)
    if tag == "int":
        return int(body, 16)
    if tag == "complex":
        return complex(float(body[0]), float(body[1]))
    if tag in ("bytes", "bytearray"):
        return (bytes if tag == "bytes" else bytearray)(_buffer(body, buffers))
    if tag == "range":
        return range(*(int(v) for v in body))
    if tag == "slice":
        return slice(*(below(v) for v in body))
    if tag == "torch.dtype":
        return getattr(_torch(), _one_of(body, TORCH_DTYPES))
    if tag == "tensor":
        return _tensor(body, buffers)
    if tag in ("array", "scalar"):
        array: Any = _ndarray(body, buffers)
        return array if tag == "array" else array[()]
    raise WireError(f"unknown kind of value {tag[:20]!r}")


def _one_of(name: object, names: list[str]) -> str:
    if name not in names:
        raise WireError("an unknown dtype")
    return str(name)


def _buffer(place: object, buffers: list[memoryview]) -> memoryview:
    if type(place) is not int or not 0 <= place < len(buffers):
        raise WireError("a buffer is missing")
    return buffers[place]


def _shape(shape: object) -> list[int]:
    if type(shape) is not list or len(shape) > 32 or any(type(n) is not int for n in shape):
        raise WireError("not a shape")
    if any(n < 0 or n > MAX_BUFFERS for n in shape):
        raise WireError("not a shape")
    return shape


def _torch() -> Any:
    import torch

    return torch


def _tensor(body: dict[str, Any], buffers: list[memoryview]) -> object:
    torch = _torch()
    dtype = getattr(torch, _one_of(body["dtype"], TORCH_DTYPES))
    shape, raw = _shape(body["shape"]), _buffer(body["buffer"], buffers)
    if math.prod(shape) * dtype.itemsize != len(raw):
        raise WireError(f"a tensor of shape {shape} does not fit its {len(raw)} bytes")
    if not len(raw):
        return torch.empty(shape, dtype=dtype)
    tensor = torch.frombuffer(bytearray(raw), dtype=dtype).reshape(shape)
    if body["grad"] is True and (dtype.is_floating_point or dtype.is_complex):
        tensor.requires_grad_(True)
        tensor.register_hook(_no_gradient)
    return tensor


def _no_gradient(_: object) -> None:
    raise CannotCross(
        "gradients do not cross: this tensor is a copy of the student's. Compute the gradient on "
        "the student's side, in a remote call (autograder.hall.protocol.remote_call)"
    )


def _ndarray(body: dict[str, Any], buffers: list[memoryview]) -> object:
    import numpy

    if type(body["dtype"]) is not str or len(body["dtype"]) > 20:
        raise WireError("an unknown dtype")
    dtype = numpy.dtype(body["dtype"])
    if dtype.kind not in NUMPY_KINDS or dtype.hasobject or dtype.itemsize == 0:
        raise WireError("an unknown dtype")
    shape, raw = _shape(body["shape"]), _buffer(body["buffer"], buffers)
    if math.prod(shape) * dtype.itemsize != len(raw):
        raise WireError(f"an array of shape {shape} does not fit its {len(raw)} bytes")
    return numpy.frombuffer(bytearray(raw), dtype=dtype).reshape(shape)


# --- frames ---------------------------------------------------------------------------------------


class Line:
    """Two pipes, one message at a time."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self.reader, self.writer = reader, writer

    def send(self, tree: object, buffers: Sequence[bytes] = ()) -> None:
        """Send one message.

        Args:
            tree: JSON's own types.
            buffers: bytes that follow.

        Raises:
            CannotCross: the message is larger than the other side would read.
            Closed: nobody is there.
        """
        text = json.dumps({"m": tree, "b": [len(b) for b in buffers]}).encode()
        total = sum(len(b) for b in buffers)
        if len(text) > MAX_TREE or total > MAX_BUFFERS:
            raise CannotCross(
                f"a value of {(len(text) + total) / 2**20:.0f} MB is too large to cross (limits: "
                f"{MAX_TREE // 2**20} MB of lists and text, {MAX_BUFFERS // 2**20} MB of arrays)"
            )
        try:
            self.writer.write(HEADER.pack(len(text), total) + text)
            for buffer in buffers:
                self.writer.write(buffer)
            self.writer.flush()
        except (OSError, ValueError):
            raise Closed("the other side is gone") from None

    def receive(self) -> tuple[Any, list[memoryview]]:
        """Wait for one message; return its tree and buffers.

        Returns:
            The tree and the buffers of the message.

        Raises:
            Closed: the other side is gone.
            WireError: what came is not a message.
        """
        size, total = HEADER.unpack(self._exactly(HEADER.size))
        if size > MAX_TREE or total > MAX_BUFFERS:
            raise WireError(f"a message of {size + total} bytes is too large")
        text, rest = self._exactly(size), memoryview(self._exactly(total))
        try:
            message = json.loads(text)
            lengths = message["b"]
            if any(type(n) is not int or n < 0 for n in lengths) or sum(lengths) != total:
                raise ValueError
            buffers, start = [], 0
            for length in lengths:
                buffers.append(rest[start : start + length])
                start += length
            return message["m"], buffers
        except (KeyError, TypeError, ValueError, RecursionError):
            raise WireError("not a message") from None

    def _exactly(self, count: int) -> bytes:
        parts, left = [], count
        while left:
            try:
                part = self.reader.read(min(left, 2**20))
            except (OSError, ValueError):
                part = b""
            if not part:
                raise Closed("the other side is gone")
            parts.append(part)
            left -= len(part)
        return b"".join(parts)
