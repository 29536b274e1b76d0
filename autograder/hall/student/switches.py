"""Settings of the whole process that a notebook may leave switched, put back before each test.

A notebook that sets another default dtype, turns gradients off or makes warnings errors changes how
every function behaves from then on, those of the tests' remote calls included. Before a test each
such switch is set as it was when the process began; before the student's next cell it is set as the
student left it.

This file runs inside the sandbox, next to the student's code, as `kernel` does.
"""

from __future__ import annotations

import contextlib
import copy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Switch:
    """One setting of the process.

    Attributes:
        module: name of the module that has it; it is left alone until somebody imports that.
        get: returns its value, given the module.
        set: sets it, given the module and a value.
        usual: its value where the module was not yet imported when the process began.
    """

    module: str
    get: Callable[[Any], Any]
    set: Callable[[Any, Any], Any]
    usual: Callable[[Any], Any]


def _get_errors(module: Any) -> list:
    return [found for found in module.filters if found[0] == "error"]


def _set_errors(module: Any, errors: list) -> None:
    """Make these warnings errors and no others; filters that only silence are left alone."""
    rest = [found for found in module.filters if found[0] != "error"]
    module.filters[:] = [*errors, *rest]
    module._filters_mutated()  # or what was seen before would be remembered


def _set_print_options(torch: Any, options: Any) -> None:
    vars(torch._tensor_str.PRINT_OPTS).update(vars(options))


SWITCHES: dict[str, Switch] = {
    "torch.set_default_dtype": Switch(
        "torch",
        lambda torch: torch.get_default_dtype(),
        lambda torch, dtype: torch.set_default_dtype(dtype),
        lambda torch: torch.float32,
    ),
    "torch.set_default_device": Switch(
        "torch",
        lambda torch: str(torch.get_default_device()),
        lambda torch, device: torch.set_default_device(None if device == "cpu" else device),
        lambda torch: "cpu",
    ),
    "torch.set_grad_enabled": Switch(
        "torch",
        lambda torch: torch.is_grad_enabled(),
        lambda torch, on: torch.set_grad_enabled(on),
        lambda torch: True,
    ),
    "torch.use_deterministic_algorithms": Switch(
        "torch",
        lambda torch: torch.get_deterministic_debug_mode(),
        lambda torch, mode: torch.set_deterministic_debug_mode(mode),
        lambda torch: 0,
    ),
    "torch.autograd.set_detect_anomaly": Switch(
        "torch",
        lambda torch: torch.is_anomaly_enabled(),
        lambda torch, on: torch.autograd.set_detect_anomaly(on),
        lambda torch: False,
    ),
    "torch.set_float32_matmul_precision": Switch(
        "torch",
        lambda torch: torch.get_float32_matmul_precision(),
        lambda torch, precision: torch.set_float32_matmul_precision(precision),
        lambda torch: "highest",
    ),
    "torch.set_num_threads": Switch(
        "torch",
        lambda torch: torch.get_num_threads(),
        lambda torch, number: torch.set_num_threads(number),
        lambda torch: 1,
    ),
    "torch.set_printoptions": Switch(
        "torch",
        lambda torch: _Comparable(copy.copy(torch._tensor_str.PRINT_OPTS)),
        lambda torch, options: _set_print_options(torch, options.value),
        lambda torch: _Comparable(type(torch._tensor_str.PRINT_OPTS)()),
    ),
    "numpy.seterr": Switch(
        "numpy",
        lambda numpy: numpy.geterr(),
        lambda numpy, modes: numpy.seterr(**modes),
        lambda numpy: {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"},
    ),
    "numpy.set_printoptions": Switch(
        "numpy",
        lambda numpy: numpy.get_printoptions(),
        lambda numpy, options: numpy.set_printoptions(**options),
        lambda numpy: numpy.get_printoptions(),
    ),
    "warnings.simplefilter": Switch(
        "warnings",
        _get_errors,
        _set_errors,
        lambda module: [],
    ),
    "sys.setrecursionlimit": Switch(
        "sys",
        lambda module: module.getrecursionlimit(),
        lambda module, limit: module.setrecursionlimit(limit),
        lambda module: 1000,
    ),
}


class _Comparable:
    """An object compared by its attributes."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Comparable) and vars(self.value) == vars(other.value)

    __hash__ = None  # type: ignore[assignment]  # it can change


class SwitchBoard:
    """The switches of this process, as they were and as the student left them."""

    def __init__(self) -> None:
        self.usual: dict[str, Any] = {}
        self.students: dict[str, Any] = {}
        for name, switch in SWITCHES.items():
            module = sys.modules.get(switch.module)
            if module is not None:
                with contextlib.suppress(Exception):
                    self.usual[name] = switch.get(module)

    def reset(self) -> list[str]:
        """Set every switch as it was.

        Returns:
            The names of those that were not.
        """
        changed = []
        for name, switch in SWITCHES.items():
            module = sys.modules.get(switch.module)
            if module is None:
                continue
            # What a student put in the place of torch's own functions may raise anything.
            with contextlib.suppress(BaseException):
                if name not in self.usual:
                    self.usual[name] = switch.usual(module)
                now = switch.get(module)
                if now != self.usual[name]:
                    switch.set(module, self.usual[name])
                    if name not in self.students:
                        self.students[name] = now
                    changed.append(name)
        return changed

    def give_back(self) -> None:
        """Set every switch as the student left it."""
        for name, value in self.students.items():
            with contextlib.suppress(BaseException):
                SWITCHES[name].set(sys.modules[SWITCHES[name].module], value)
        self.students.clear()
