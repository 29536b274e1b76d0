"""Optimisers without the compiler: the same numbers, and torch's own methods once it is there."""

import functools
import json
import subprocess
import sys

import pytest
import torch

from aeutils._internal import compiler

EVERY_STEP = """
import json, sys
import torch
IMPORTS

def weights(kind, **settings):
    torch.manual_seed(0)
    x, model = torch.rand(16, 5), torch.nn.Linear(5, 5)
    optimizer = kind(model.parameters(), lr=1e-2, **settings)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, total_iters=8)
    def closure():
        optimizer.zero_grad()
        loss = (model(x) - x).square().mean()
        loss.backward()
        return loss
    for step in range(4):
        assert torch.is_grad_enabled()
        loss = optimizer.step(closure)
        schedule.step()
        optimizer.load_state_dict(optimizer.state_dict())
    return [float(n).hex() for p in [loss, *model.parameters()] for n in p.detach().flatten()]

kinds = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "NAdam", "RAdam", "Adamax", "Rprop", "ASGD")
found = {name: weights(getattr(torch.optim, name)) for name in kinds}
found["fused"] = weights(torch.optim.Adam, fused=True)
early = "torch._dynamo" in sys.modules

torch.manual_seed(0)
x, model = torch.rand(16, 5), torch.nn.Linear(5, 5)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
@torch.compile(backend="eager")
def compiled():
    optimizer.zero_grad()
    loss = (model(x) - x).square().mean()
    loss.backward()
    optimizer.step()
    return loss
found["compiled"] = [float(compiled().detach()).hex() for _ in range(3)]
print(json.dumps([early, "torch._dynamo" in sys.modules, found]))
"""

FIT = """
import json, sys
import torch
BEFORE
from aeutils import models, training
training.seed_everything(0)
x, model = torch.rand(40, 6), models.Autoencoder((6, 4, 2))
history = training.fit(model, x, epochs=3, batch_size=16, progress=False)
print(json.dumps(["torch._dynamo" in sys.modules, [loss.hex() for loss in history.train_loss]]))
"""


def answer(code):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_optimiser_takes_the_same_steps_to_the_last_bit_and_can_still_be_compiled():
    early, late, ours = answer(EVERY_STEP.replace("IMPORTS", "import aeutils"))
    torch_early, _, torchs = answer(EVERY_STEP.replace("IMPORTS", ""))
    assert not early
    assert late, "torch.compile was to bring the compiler"
    assert torch_early, "torch has stopped importing its compiler: this module can go"
    assert ours == torchs
    assert len(set(map(str, ours.values()))) > 8  # the optimisers do differ


def test_fit_has_the_same_losses_with_the_compiler_and_without():
    without, losses = answer(FIT.replace("BEFORE", ""))
    with_it, same = answer(FIT.replace("BEFORE", "import torch._dynamo"))
    assert (without, with_it) == (False, True)
    assert losses == same
    assert len(losses) == 9


def test_torch_may_be_imported_after_the_package():
    code = "import aeutils, json, sys; early = 'torch' in sys.modules; import torch\n"
    code += "from aeutils import models\n"
    code += "torch.optim.SGD(torch.nn.Linear(2, 2).parameters(), lr=0.1).step()\n"
    code += "print(json.dumps([early, 'torch._dynamo' in sys.modules]))"
    assert answer(code) == [False, False]


# ---------------------------------------------------------------- another release, another state


def wrapped(inner, body):
    """Return `inner` in a wrapper that is compiled from `body`, as torch's decorators make them."""
    made = (
        f"def make(inner):\n  def wrapper(self, *args):\n    {body}\n    return inner(self, *args)"
    )
    scope = {"torch": torch}
    exec(f"{made}\n  return wrapper", scope)
    return functools.wraps(inner)(scope["make"](inner))


def one(self):
    return 1


@pytest.mark.parametrize(
    ("body", "known"),
    [
        ("import torch._dynamo; torch._dynamo.disable", True),
        ("import torch._dynamo; torch._dynamo.disable(self).something_new()", False),
        ("pass", False),
    ],
)
def test_only_a_wrapper_that_does_nothing_unknown_is_taken_off(body, known):
    kind = type("Optimizer", (), {"zero_grad": wrapped(one, body)})
    found = compiler._wrapped(kind, "zero_grad", compiler.KEEPS_OUT)
    assert (found is not None) == known


def test_a_method_without_wrapper_or_inherited_stays():
    base = type("Base", (), {"step": wrapped(one, "import torch._dynamo")})
    for kind in (type("Heir", (base,), {}), type("Plain", (), {"step": one}), type("No", (), {})):
        assert compiler._wrapped(kind, "step", compiler.SETS_GRAD) is None


def test_nothing_is_touched_where_torch_or_its_optimisers_are_missing(monkeypatch):
    monkeypatch.delitem(sys.modules, compiler.COMPILER, raising=False)
    monkeypatch.setitem(sys.modules, "torch", type(sys)("torch"))
    assert compiler.put_off() == 0
    monkeypatch.delitem(sys.modules, "torch")
    assert compiler.put_off() == 0


def test_once_the_compiler_is_there_torchs_own_method_is_called(monkeypatch):
    method = wrapped(one, "import torch._dynamo; args = (*args,)")
    calls = []

    @functools.wraps(method)
    def torchs(self):
        calls.append(self)
        return method(self)

    torchs.__wrapped__ = one
    deferred = compiler._as_it_is(torchs)
    monkeypatch.delitem(sys.modules, compiler.COMPILER, raising=False)
    assert deferred("early") == 1
    assert calls == []
    monkeypatch.setitem(sys.modules, compiler.COMPILER, torch)
    assert deferred("late") == 1
    assert calls == ["late"]
