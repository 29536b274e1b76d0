"""No optimiser waits for torch's compiler, which no notebook of the course uses.

The first optimiser of a process imports ``torch._dynamo``, with sympy, triton and torch.distributed
some 900 modules: seconds in which a student looks at a cell that should train. The optimisers need
of all that one thing, a note that the compiler shall not look into some of their methods, and while
nobody has imported the compiler it looks into nothing. So until then these methods go without the
note; from the moment when somebody does import it (`torch.compile` does) they are torch's own
again. What a step computes is the same function of torch in both cases, to the last bit.

torch has no switch for this (2.15: ``TORCHDYNAMO_DISABLE`` and `torch.compiler.set_stance` take
effect after the import). A method is touched only if it is wrapped as in the releases known here,
so that another release is slow as before and nothing else.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

COMPILER = "torch._dynamo"
# What torch's two wrappers mention, in all releases from 2.4 to 2.15. A wrapper that mentions
# anything else does something that is not known here, and stays.
KEEPS_OUT = frozenset({COMPILER, "getattr", "_dynamo", "disable", "__dynamo_disable"})
SETS_GRAD = frozenset(
    {COMPILER, "cast", "Optimizer", "is_grad_enabled", "set_grad_enabled", "defaults", "_dynamo"}
    | {"graph_break"}
)
METHODS = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")


def put_off() -> int:
    """Let torch's optimisers work without the compiler until somebody imports that.

    Nothing is imported for it: where torch is not there yet, or the compiler already is, nothing
    happens, and a second call finds nothing left to do.

    Returns:
        The number of methods that wait for the compiler no longer.
    """
    torch = sys.modules.get("torch")
    optim = getattr(torch, "optim", None)
    base = getattr(optim, "Optimizer", None)
    if COMPILER in sys.modules or not isinstance(base, type):
        return 0
    replaced = 0
    for name in METHODS:
        if (method := _wrapped(base, name, KEEPS_OUT)) is not None:
            setattr(base, name, _as_it_is(method))
            replaced += 1
    for kind in [k for k in vars(optim).values() if isinstance(k, type) and issubclass(k, base)]:
        if (method := _wrapped(kind, "step", SETS_GRAD)) is not None:
            # setattr, because the class is torch's own and its types know nothing of this
            setattr(kind, "step", _with_grad_as_asked(method))  # noqa: B010
            replaced += 1
    return replaced


def _wrapped(kind: type, name: str, mentions: frozenset[str]) -> Any:
    """Return a class's own method if torch has wrapped it in the way known here, else None."""
    method = vars(kind).get(name)
    inner = getattr(method, "__wrapped__", None)
    if not isinstance(method, FunctionType) or not isinstance(inner, FunctionType):
        return None
    names = set(method.__code__.co_names)
    return method if COMPILER in names and names <= mentions else None


def _is_there() -> bool:
    """Return whether somebody has imported the compiler, which may be looking at this very call."""
    # In this order: a compiler that reads this line must not go on to the next condition.
    return sys.modules["torch"].compiler.is_compiling() or COMPILER in sys.modules


def _as_it_is(method: Any) -> Callable[..., Any]:
    """Return the method without the note to the compiler, as long as there is none."""
    plain = method.__wrapped__

    @functools.wraps(method)
    def without_compiler(*args: Any, **kwargs: Any) -> Any:
        return (method if _is_there() else plain)(*args, **kwargs)

    return without_compiler


def _with_grad_as_asked(method: Any) -> Callable[..., Any]:
    """Return a `step` that sets torch's gradient mode as torch's does, without the compiler."""
    plain = method.__wrapped__

    @functools.wraps(method)
    def step_without_compiler(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _is_there():
            return method(self, *args, **kwargs)
        with sys.modules["torch"].set_grad_enabled(self.defaults["differentiable"]):
            return plain(self, *args, **kwargs)

    return step_without_compiler
