"""A second device without the hardware: tensors that say they are elsewhere, computed by the CPU.

`SecondDevice` is to the library what CUDA is. Its tensors report the device `SecondDevice.DEVICE`,
stay there through every operation, and refuse what CUDA refuses: an operation on tensors of two
devices, a generator of the wrong one, and NumPy. The values are the CPU's, so results can be
compared exactly. torch's own "meta" device lends its name, because it is one on which torch itself
does nothing as long as the mode takes every operation first.

    with SecondDevice() as second:
        x = second.put(torch.rand(5, 3))
        x @ torch.rand(3, 2)      # RuntimeError, as on CUDA

What stays different from CUDA: operations that resize a tensor in place, and files of tensors.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_flatten, tree_map

aten = torch.ops.aten
CROSSES = {aten._to_copy.default, aten.copy_.default}  # from one device to another
FILLING = {
    aten.fill_.Tensor,
    aten.masked_fill.Tensor,
    aten.masked_fill_.Tensor,
}  # with a value that is a scalar
OWN_SEEDS = 1 << 60  # operations get a bare copy of a generator, whose seed alone says whose it is
INDEXING = {aten.index.Tensor, aten.index_put_.default, aten.index_put.default}


class Elsewhere(Tensor):
    """A tensor that says it is on the second device; a CPU tensor inside holds its values."""

    held: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor, requires_grad: bool = False) -> Elsewhere:
        return torch.Tensor._make_wrapper_subclass(
            cls, inner.shape, strides=inner.stride(), storage_offset=inner.storage_offset(),
            dtype=inner.dtype, device=SecondDevice.DEVICE, requires_grad=requires_grad,
        )  # fmt: skip

    def __init__(self, inner: Tensor, requires_grad: bool = False) -> None:
        self.held = inner

    def __tensor_flatten__(self) -> tuple[list[str], None]:
        return ["held"], None

    @staticmethod
    def __tensor_unflatten__(
        parts: dict[str, Tensor], _: None, size: Any, stride: Any
    ) -> Elsewhere:
        return Elsewhere(parts["held"])

    def __repr__(self) -> str:
        return f"{self.held!r} elsewhere"

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        if func is Tensor.tolist:  # torch knows it for its own tensors only
            return args[0].detach().held.tolist()
        if func in (Tensor.numpy, Tensor.__array__):
            raise TypeError(
                "can't convert a tensor of the second device to numpy; use .cpu() first"
            )
        with torch._C.DisableTorchFunctionSubclass():  # torch's own would turn results into ours
            return func(*args, **(kwargs or {}))

    @classmethod
    def __torch_dispatch__(
        cls, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        return run(func, args, kwargs or {})


class Draws(torch.Generator):
    """A generator of the second device."""

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return SecondDevice.DEVICE


class FromData(TorchFunctionMode):
    """Makes tensors from Python's numbers on the second device; torch itself would lose them."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func is Tensor.new_tensor:
            return torch.tensor(args[1], dtype=args[0].dtype).to(args[0].device)
        asked = kwargs.get("device")
        if func in (torch.tensor, torch.as_tensor) and asked == SecondDevice.DEVICE:
            if isinstance(args[0], Tensor):
                return args[0].to(asked, kwargs.get("dtype") or args[0].dtype)
            return func(*args, **kwargs | {"device": None}).to(asked)
        return func(*args, **kwargs)


class SecondDevice(TorchDispatchMode):
    """For the length of a `with` block there is a second device."""

    DEVICE = torch.device("meta")

    def __enter__(self) -> SecondDevice:
        self.from_data = FromData()
        self.from_data.__enter__()
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self.from_data.__exit__(*error)

    def put(self, what: Any) -> Any:
        """Return a tensor, the weights of a module, or what is in a tuple, on the second device."""
        if isinstance(what, torch.nn.Module):
            return what.to(self.DEVICE)
        if isinstance(what, Tensor):
            return what.to(self.DEVICE)
        return tree_map(lambda x: x.to(self.DEVICE) if isinstance(x, Tensor) else x, what)

    def generator(self, seed: int) -> torch.Generator:
        """Return a generator of the second device."""
        return Draws().manual_seed(OWN_SEEDS + seed)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        return run(func, args, kwargs or {})


def run(func: Any, args: tuple, kwargs: dict) -> Any:
    """Compute on the CPU; the result is elsewhere if the operation was, or was asked to be."""
    given = [x for x in tree_flatten((args, kwargs))[0] if isinstance(x, Tensor)]
    there = any(isinstance(x, Elsewhere) for x in given)
    asked = kwargs.get("device")
    elsewhere = there if asked is None else torch.device(asked) == SecondDevice.DEVICE
    if there and func not in CROSSES:
        refuse_mixtures(func, args, given)
    refuse_draws(func, kwargs.get("generator"), elsewhere)
    if asked is not None:
        kwargs = kwargs | {"device": torch.device("cpu")}
    if func is aten._to_copy.default and elsewhere != there:
        kwargs = kwargs | {"non_blocking": False}
    inner_args, inner_kwargs = tree_map(inside, (args, kwargs))
    found = func(*inner_args, **inner_kwargs)
    if func is aten._to_copy.default and found is inner_args[0]:
        found = found.clone()
    if not elsewhere and not (there and func is aten.copy_.default):
        return args[0] if func is aten.copy_.default else found
    found = tree_map(lambda x: Elsewhere(x) if isinstance(x, Tensor) else x, found)
    if func is aten.copy_.default:
        return args[0]
    return return_and_correct_aliasing(func, args, kwargs, found)


def inside(x: Any) -> Any:
    """Return the CPU tensor in a tensor of the second device, anything else as it is."""
    return x.held if isinstance(x, Elsewhere) else x


def refuse_mixtures(func: Any, args: tuple, given: list[Tensor]) -> None:
    """Raise where CUDA would: scalars may join elementwise operations, row numbers may index."""
    here = [x for x in given if not isinstance(x, Elsewhere)]
    if func in INDEXING and isinstance(args[0], Elsewhere):
        values = args[2:3] if len(args) > 2 else ()
        here = [x for x in values if not isinstance(x, Elsewhere)]
    takes_scalars = torch.Tag.pointwise in func.tags or func in INDEXING | FILLING
    if any(x.ndim > 0 or not takes_scalars for x in here):
        raise RuntimeError(
            f"expected all tensors of {func} on one device, but found some on "
            f"{SecondDevice.DEVICE} and of shapes {[tuple(x.shape) for x in here]} on the CPU"
        )


def refuse_draws(func: Any, generator: torch.Generator | None, elsewhere: bool) -> None:
    """Raise where a generator is not of the device that its numbers go to."""
    if generator is not None and (generator.initial_seed() >= OWN_SEEDS) != elsewhere:
        raise RuntimeError(f"{func}: the generator is of another device than the tensor")
