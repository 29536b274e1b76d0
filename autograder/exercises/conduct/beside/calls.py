"""One call of a function, and what it did."""

from __future__ import annotations

import contextlib

import numpy as np
import torch

from autograder.exercises.conduct.beside.arguments import Given, prepare, stage_of
from autograder.exercises.conduct.beside.state import Around, fingerprint, seed


def try_case(function, case):
    """Call a function once (twice with a generator) and look at what it did.

    Args:
        function: the student's function.
        case: the arguments, and the conditions of the call.
    """
    parts = {}
    if case.get("stage"):
        parts = stage_of(*case["stage"])(case["stage_seed"])
        for part in parts.values():
            if isinstance(part, torch.nn.Module) and case["dtype"] == "float64":
                part.double()
    trains = case["trains"]
    args = [prepare(v, case, parts, i in trains) for i, v in enumerate(case["args"])]
    given = [Given(v) for v in args]
    seed(case["elsewhere"])
    around = Around(case["elsewhere"])
    try:
        value = function(*args)
    except Exception as error:
        around.restore(random_too=False)
        return {"raised": type(error).__name__}
    told = {"drawn": around.drawn(), "state": around.changed()}
    if told["drawn"]:
        told["after"] = fingerprint()
    around.restore(random_too=bool(told["drawn"]))
    told["broken"] = [[i, line] for i, g in enumerate(given) for line in g.broken()]
    told["value"] = plain(value)
    if trains:
        told["gradients"] = None
        with contextlib.suppress(Exception):  # such as a mask that the answer has written into
            told["gradients"] = gradients(value, [args[i] for i in trains])
    if any(isinstance(a, torch.Generator) for a in args):
        with contextlib.suppress(Exception):
            told["again"] = plain(function(*args))
        around.restore()
    return told


def gradients(value, wanted):
    """Return the gradients of the result's sum for tensors and models; None where there is none.

    Args:
        value: a result; of several, the first counts.
        wanted: the tensors and models.
    """
    leaves = []
    for leaf in wanted:
        leaves += list(leaf.parameters()) if isinstance(leaf, torch.nn.Module) else [leaf]
    while isinstance(value, (tuple, list)) and value:
        value = value[0]
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return None
    with torch.enable_grad():
        found = torch.autograd.grad(value.sum(), leaves, allow_unused=True)
    return [None if g is None else g.detach().clone() for g in found]


def plain(value):
    """Return a result as plain data, by value."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return value.copy()
    return "a module" if isinstance(value, torch.nn.Module) else value
