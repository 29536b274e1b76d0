"""What runs beside the student's objects: calls under other conditions, and a look around each.

While grading, this whole file is sent into the student's process and :func:`try_out` is called
there, so it imports nothing of ours. The student's code may lie in its name: what comes back can
only take points away, and no expected value is ever here.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import random
import warnings
import zlib

import numpy as np
import torch

MODEL = ("mode-changed", "model-changed", "grads-left-behind", "hooks-left")


def try_out(function, order):
    """Call an answer in every case of the order; return what happened, as plain values.

    Args:
        function: the student's function.
        order: what to do, as plain data.
    """
    if order["kind"] == "tidy":
        return tidy(function, order["makes"], order["lines"])
    around = Around()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a right answer may warn, of a view for example
            how = try_module if order["kind"] == "module" else in_turn
            return how(function, order)
    finally:
        around.restore()


def in_turn(function, order):
    """Call an answer case by case, as long as it works at all: the criteria say what is wrong.

    Args:
        function: the student's function.
        order: what to do, as plain data.
    """
    told = []
    for case in order["cases"]:
        told.append(try_case(function, case))
        if "raised" in told[0]:
            break
    return told


# --- the state of the process ---------------------------------------------------------------------


def numpy_state() -> tuple:
    """Return the state of numpy's own generator."""
    return tuple(np.random.get_state())  # noqa: NPY002


class Around:
    """The global state that a call must leave alone, as it was when this was made."""

    def __init__(self):
        self.torch = torch.get_rng_state()
        self.numpy = numpy_state()
        self.python = random.getstate()
        self.grad = torch.is_grad_enabled()
        self.dtype = torch.get_default_dtype()
        self.device = torch.get_default_device()

    def drawn(self):
        """Return the names of the generators that have moved since."""
        now = numpy_state()
        same_numpy = now[2] == self.numpy[2] and np.array_equal(now[1], self.numpy[1])
        moved = {
            "torch": not torch.equal(torch.get_rng_state(), self.torch),
            "numpy": not same_numpy,
            "random": random.getstate() != self.python,
        }
        return [name for name, has in moved.items() if has]

    def changed(self):
        """Return the lines that are broken now."""
        lines = {
            "gradients-left-off": torch.is_grad_enabled() != self.grad,
            "default-dtype-left": torch.get_default_dtype() != self.dtype,
            "default-device-left": torch.get_default_device() != self.device,
        }
        return [name for name, is_so in lines.items() if is_so]

    def restore(self, random_too=True):
        """Put everything back.

        Args:
            random_too: whether the random generators are set back as well.
        """
        torch.set_grad_enabled(self.grad)
        if torch.get_default_dtype() != self.dtype:
            torch.set_default_dtype(self.dtype)
        if torch.get_default_device() != self.device:
            torch.set_default_device(None if self.device.type == "cpu" else self.device)
        if random_too and self.drawn():
            torch.set_rng_state(self.torch)
            np.random.set_state(self.numpy)  # noqa: NPY002
            random.setstate(self.python)


def seed(number):
    """Seed the global generators; torch's directly, which is much faster than `manual_seed`.

    Args:
        number: the seed.
    """
    torch.default_generator.manual_seed(number)
    np.random.seed(number)  # noqa: NPY002
    random.seed(number)


def fingerprint():
    """Return a number for each of torch's, numpy's and Python's generators that tells its state."""
    states = (
        torch.get_rng_state().numpy().tobytes(),
        numpy_state()[1].tobytes(),
    )
    return [*(zlib.crc32(state) for state in states), hash(random.getstate())]


# --- arguments ------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=8)
def stage_of(source, name):
    """Return the function that makes the parts of a case.

    Args:
        source: Python source.
        name: the name of what is looked for.
    """
    space = {"__name__": "stage"}
    exec(compile(source, "<stage>", "exec"), space)
    return space[name]


def prepare(value, case, parts, train):
    """Return an argument as this case wants it: a copy, of its dtype, perhaps a view.

    Args:
        value: what was given or came back.
        case: one call.
        parts: the parts that a gradient should reach.
        train: whether it is to be trained.
    """
    if type(value) is dict and set(value) == {"part"}:
        return parts[value["part"]]
    if type(value) is dict and set(value) == {"generator"}:
        return torch.Generator().manual_seed(value["generator"])
    if not isinstance(value, torch.Tensor):
        return copy.deepcopy(value)
    value = value.detach().clone()
    if value.is_floating_point():
        value = value.to(getattr(torch, case["dtype"]))
    if case["strided"] and value.ndim:
        value = torch.stack([value, value], dim=-1)[..., 0]
    return value.requires_grad_() if train else value


class Given:
    """One argument as it was before the call."""

    def __init__(self, value):
        self.value, self.kind = value, ""
        if isinstance(value, torch.nn.Module):
            self.kind, self.before = "model", of_model(value)
        elif isinstance(value, torch.Tensor):
            self.kind = "tensor"
            self.before = value.detach().clone(), value.requires_grad, value.grad is None
        elif isinstance(value, (list, dict)):
            self.kind, self.before = "plain", copy.deepcopy(value)

    def broken(self):
        """Return the lines that the call has broken."""
        if self.kind == "model":
            now = of_model(self.value)
            return [MODEL[i] for i in range(len(MODEL)) if not same(self.before[i], now[i])]
        if self.kind == "plain":
            return [] if self.value == self.before else ["changed-its-argument"]
        if self.kind != "tensor":
            return []
        content, wants, without = self.before
        if not same(content, self.value.detach()):
            return ["changed-its-argument"]
        if (self.value.requires_grad, self.value.grad is None) != (wants, without):
            return ["marked-its-argument"]
        return []


def same(a, b):
    """Return whether two values are equal, tensors in dtype, shape and every number.

    Args:
        a: one value.
        b: the other value.
    """
    if isinstance(a, torch.Tensor):
        alike = isinstance(b, torch.Tensor) and (a.dtype, a.shape) == (b.dtype, b.shape)
        return alike and bool(torch.equal(a, b))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(v, b[i]) for i, v in enumerate(a))
    return a == b


def of_model(model):
    """Return what a call must leave alone in a model, in the order of `MODEL`."""
    tensors = [*model.named_parameters(), *model.named_buffers()]
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return (
        [module.training for module in model.modules()],
        [(name, t.detach().clone(), t.requires_grad) for name, t in tensors],
        [None if p.grad is None else p.grad.detach().clone() for p in model.parameters()],
        [len(getattr(module, hook, ())) for module in model.modules() for hook in hooks],
    )


# --- one call -------------------------------------------------------------------------------------


def try_case(function, case):
    """Call a function once (twice with a generator) and look at what it did.

    Args:
        function: the student's function.
        case: one call.
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
    around = Around()
    try:
        value = function(*args)
    except Exception as error:
        around.restore(random_too=False)
        return {"raised": type(error).__name__}
    told = {"drawn": around.drawn(), "state": around.changed(), "after": fingerprint()}
    around.restore()
    told["broken"] = [[i, line] for i, g in enumerate(given) for line in g.broken()]
    told["value"] = plain(value)
    if trains:
        told["gradients"] = gradients(value, [args[i] for i in trains])
    if any(isinstance(a, torch.Generator) for a in args):
        with contextlib.suppress(Exception):
            told["again"] = plain(function(*args))
        around.restore()
    return told


def gradients(value, wanted):
    """Return the gradients of the result's sum for tensors and models; None where there is none.

    Args:
        value: what was given or came back.
        wanted: names of what should be trained.
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


# --- modules --------------------------------------------------------------------------------------


def try_module(make, order):
    """Make two models and call each method of the second in many ways.

    Args:
        make: makes the student's model.
        order: what to do, as plain data.
    """
    after = []
    for number, case in enumerate(order["models"]):
        around, args = Around(), [copy.deepcopy(a) for a in case["args"]]
        given = [Given(a) for a in args]
        seed(number)
        moved = Around()
        try:
            model = make(*args)
        except Exception as error:
            around.restore()
            return {"raised": type(error).__name__, "at": "making" if not number else "another"}
        told: dict = {"broken": [[i, x] for i, g in enumerate(given) for x in g.broken()]}
        told |= {"state": around.changed(), "drawn": moved.drawn()}
        after.append(fingerprint())
        around.restore()
        try:
            for name, x in case["methods"].items():
                method_of(model, name)(x[:3].clone())
                around.restore()
        except Exception as error:
            around.restore()
            return {**told, "raised": type(error).__name__, "at": name if number else "making"}
    told["after"] = after
    told["methods"] = {
        name: [try_method(model, name, x, mode) for mode in (True, False)]
        for name, x in case["methods"].items()
    }
    told["double"] = {name: doubled(model, name, x) for name, x in case["methods"].items()}
    return told


def method_of(model, name):
    """Return what is called for a method's name.

    Args:
        model: the student's model.
        name: the name of what is looked for.
    """
    return model if name == "forward" else getattr(model, name)


def try_method(model, name, x, training):
    """Call one method on many rows, few, one, and a view; return results and broken lines.

    Args:
        model: the student's model.
        name: the name of what is looked for.
        x: a tensor.
        training: whether the model is in training mode.
    """
    model.train(training)
    call, before, told = method_of(model, name), Given(model), {}
    view = torch.stack([x, x], -1)[-5:, ..., 0]
    for kind, rows in {"many": x, "few": x[-5:], "one": x[-1:], "view": view}.items():
        rows = rows if kind == "view" else rows.clone()
        seed(7 + training)
        given, around = Given(rows), Around()
        try:
            told[kind] = plain(call(rows))
        except Exception as error:
            told[kind] = type(error).__name__
        if kind == "many":
            told["broken"], told["state"] = given.broken(), around.changed()
            told["drawn"], told["after"] = around.drawn(), fingerprint()
        around.restore()
    told["broken"] += before.broken()
    model.train(training)
    leaf = x[:2].clone().requires_grad_()
    value = call(leaf)
    around.restore()
    found = gradients(value, [leaf])
    told["reached"] = found is not None and found[0] is not None
    return told


def doubled(model, name, x):
    """Return the result for the last rows in float64, by a copy of the model; None if it fails.

    Args:
        model: the student's model.
        name: the name of what is looked for.
        x: a tensor.
    """
    try:
        wide = copy.deepcopy(model).double().eval()
        return plain(method_of(wide, name)(x[-5:].double()))
    except Exception:
        return None


# --- after a breach -------------------------------------------------------------------------------


def copied(value):
    """Return a copy of a tensor through which gradients pass, and anything else as it is.

    Args:
        value: what was given or came back.
    """
    return value.clone() if isinstance(value, torch.Tensor) else value


class Models:
    """The models among the arguments, of which what the broken lines are about is put back."""

    def __init__(self, args, lines):
        models = [a for a in args if isinstance(a, torch.nn.Module)]
        tensors = [t for m in models for t in (*m.parameters(), *m.buffers())]
        self.kept = [(t, t.detach().clone()) for t in tensors if "model-changed" in lines]
        modules = [m for model in models for m in model.modules()]
        self.modes = [(m, m.training) for m in modules if "mode-changed" in lines]

    def restore(self):
        """Put numbers and modes back, unseen by the gradients of what was computed."""
        for tensor, before in self.kept:
            tensor.data.copy_(before)
        for module, training in self.modes:
            module.training = training


def swept(call, lines):
    """Return a function that calls on copies and puts the global state back.

    Args:
        call: makes the call.
        lines: the lines of conduct that are looked at.
    """

    @functools.wraps(call)
    def tidied(*args, **kwargs):
        around, models = Around(), Models(args, lines)
        try:
            return call(*map(copied, args), **{k: copied(v) for k, v in kwargs.items()})
        finally:
            around.restore(random_too="seeded" in lines)
            models.restore()

    return tidied


def tidy(function, makes, lines):
    """Return the answer with a broom, so that what it left behind costs one point and no more.

    `makes` says that it returns a model, whose methods need a broom as well; `lines` are those
    that it has broken.

    Args:
        function: the student's function.
        makes: what is looked at.
        lines: the lines of conduct that are looked at.
    """
    if not makes:
        return swept(function, lines)

    @functools.wraps(function, updated=())
    def made(*args, **kwargs):
        model = swept(function, [])(*args, **kwargs)
        for name in ("encode", "decode", "forward"):
            if callable(getattr(model, name, None)):
                setattr(model, name, swept(getattr(model, name), lines))
        return model

    return made
