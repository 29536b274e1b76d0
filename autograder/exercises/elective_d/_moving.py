"""Elective D: an encoder moves into a student's classifier, which is watched while it is trained.

Everything about the classifier is found out in the student's process and comes back as plain
values; what is right is worked out here from the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import run
from autograder.exercises import grader_generator
from autograder.hall.protocol.remote_call import remote_call

D, H, K, C, N = 4, 5, 3, 6, 9  # pixels, hidden units, features, classes, images
NAME = "Transferred"
RNG = grader_generator(900)


def normal(*shape: int) -> Tensor:
    """Return normal numbers from the grader's seed."""
    return torch.randn(*shape, generator=RNG)


# In the order of the encoder's parameters, then its running mean and variance.
WEIGHTS = [normal(H, D), normal(H), 1 + normal(H) / 4, normal(H), normal(K, H), normal(K)]
RUNNING = [normal(H), 0.5 + normal(H).square()]
X = normal(N, D)


@remote_call
def _observe(transferred, weights, running, x, sizes, frozen, training):
    """Return what becomes of an encoder, of its copy and of the head, step by step."""
    import torch

    def make():
        (h, d), k = weights[0].shape, len(weights[5])
        layers = torch.nn.Linear(d, h), torch.nn.BatchNorm1d(h), torch.nn.Linear(h, k)
        encoder: Any = torch.nn.Sequential(*layers)
        with torch.no_grad():
            for p, w in zip(encoder.parameters(), weights, strict=True):
                p.copy_(w)
            encoder[1].running_mean.copy_(running[0])
            encoder[1].running_var.copy_(running[1])
        return encoder

    def numbers(module):
        return [t.detach().clone() for t in (*module.parameters(), *module.buffers())]

    def alike(before, module):
        now = numbers(module)
        return [torch.equal(a, b) for a, b in zip(before, now, strict=True)]

    def modes(module):
        return [m.training for m in module.modules()]

    def flags(module):
        return [p.requires_grad for p in module.parameters()]

    encoder = make().train(training)
    encoder[2].train(not training)
    encoder[0].weight.requires_grad_(False)
    before = numbers(encoder), modes(encoder), flags(encoder)
    told: dict = {}
    transferred(torch.nn.Linear(*sizes), sizes[1], 2, frozen).train()  # one that has no parts
    model = transferred(encoder, *sizes, frozen)
    parts: list = [getattr(model, name, None) for name in ("encoder", "head")]
    told["module"] = isinstance(model, torch.nn.Module)
    told["parts"] = [isinstance(part, torch.nn.Module) for part in parts]
    if not told["module"] or not all(told["parts"]):
        return told
    copied, head = parts
    told["original modes"] = modes(encoder) == before[1]
    told["original flags"] = flags(encoder) == before[2]
    told["linear"] = isinstance(head, torch.nn.Linear)
    told["head"] = [list(p.shape) for p in head.parameters()]
    held = {t.data_ptr() for t in (*encoder.parameters(), *encoder.buffers())}
    mine = {t.data_ptr() for t in (*model.parameters(), *model.buffers())}
    told["shared"] = bool(held & mine)
    known = {id(p) for part in parts for p in part.parameters()}
    told["further"] = [n for n, p in model.named_parameters() if id(p) not in known]
    told["same weights"] = len(numbers(copied)) == len(before[0]) and all(alike(before[0], copied))
    told["flags"], told["head flags"] = flags(copied), flags(head)
    told["modes at first"] = modes(copied)
    told["same object"] = copied is encoder
    of_copy, returned = numbers(copied), [model.eval()]
    told["modes of eval"] = [model.training, head.training], modes(copied)
    told["head weights"] = [p.detach().clone() for p in head.parameters()]
    try:
        told["logits"] = model(x).detach()
    except Exception as error:
        told["failed"] = type(error).__name__
        return told
    returned.append(model.train())
    told["returns none"] = any(r is None for r in returned)
    told["returns itself"] = all(r is model for r in returned)
    told["modes of train"] = [model.training, head.training], modes(copied)
    told["logits in training"] = model(x).detach()
    model.train(False)
    told["modes of train(False)"] = [model.training, head.training], modes(copied)
    of_head = numbers(head)
    learning = [p for p in model.parameters() if p.requires_grad]
    told["learning"] = len(learning)
    if learning:
        optimizer = torch.optim.SGD(learning, lr=0.5)
        for _ in range(2):
            model.train()
            loss = (model(x).double() - 1).square().mean()
            optimizer.zero_grad()
            if loss.requires_grad:
                loss.backward()
                optimizer.step()
    told["original kept"] = all(alike(before[0], encoder))
    told["original modes kept"] = modes(encoder) == before[1]
    n = len(list(copied.parameters()))
    kept = alike(of_copy, copied)
    told["copy kept"], told["buffers kept"] = kept[:n], kept[n:]
    told["head kept"] = alike(of_head, head)
    return told


def observe(transferred: Callable, frozen: bool, training: bool = True) -> Mapping[str, Any]:
    """Return what becomes of an encoder in the student's classifier.

    Args:
        transferred: the student's class.
        frozen: its argument.
        training: the mode of the encoder as it comes; its last layer is in the other one.
    """
    given = WEIGHTS, RUNNING, X, (K, C), frozen, training
    found: Any = run(lambda: _observe(transferred, *given), name=NAME)
    return found


def features() -> Tensor:
    """Return the encoder's features of `X` in eval mode, in float64."""
    weight, bias, scale, shift, out, out_bias = (w.double() for w in WEIGHTS)
    h = X.double() @ weight.T + bias
    mean, var = (r.double() for r in RUNNING)
    h = (h - mean) / (var + 1e-5).sqrt() * scale + shift
    return h @ out.T + out_bias


def stage(seed: int) -> dict[str, Any]:
    """Make an encoder with batch normalisation."""
    import torch

    encoder = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
    with torch.no_grad():
        for p in encoder.parameters():
            p.copy_(torch.randn(p.shape, generator=torch.Generator().manual_seed(seed)))
    return {"encoder": encoder}
