"""Models that an answer makes: their methods called in many ways."""

from __future__ import annotations

import copy

import torch

from autograder.exercises.conduct.beside.arguments import Given
from autograder.exercises.conduct.beside.calls import gradients, plain
from autograder.exercises.conduct.beside.state import Around, fingerprint, seed


def try_module(make, order):
    """Make two models and call each method of the second in many ways.

    Args:
        make: makes the student's model.
        order: arguments of two models, and what to call their methods with.
    """
    after = []
    for number, case in enumerate(order["models"]):
        around, args = Around(), [copy.deepcopy(a) for a in case["args"]]
        given = [Given(a) for a in args]
        seed(number)
        moved = Around(number)
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
        model: the student's.
        name: "forward" means the model itself.
    """
    return model if name == "forward" else getattr(model, name)


def try_method(model, name, x, training):
    """Call one method on many rows, few, one, and a view; return results and broken lines.

    Args:
        model: the student's.
        name: of the method.
        x: many rows, more than five.
        training: in which mode the model is put first.
    """
    model.train(training)
    call, before, told = method_of(model, name), Given(model), {}
    view = torch.stack([x, x], -1)[-5:, ..., 0]
    for kind, rows in {"many": x, "few": x[-5:], "one": x[-1:], "view": view}.items():
        rows = rows if kind == "view" else rows.clone()
        seed(7 + training)
        given, around = Given(rows), Around(7 + training)
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
        model: the student's.
        name: of the method.
        x: rows, of which the last five count.
    """
    try:
        wide = copy.deepcopy(model).double().eval()
        return plain(method_of(wide, name)(x[-5:].double()))
    except Exception:
        return None
