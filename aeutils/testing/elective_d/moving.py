"""Visible test of elective D: an encoder that moves into a classifier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from aeutils.testing.checking import Mistake, expect, expect_close, expect_shape, passed, run

K, C = 3, 4  # features and classes


def _encoder() -> Any:
    """Return a small encoder in training mode, of which one parameter requires no gradient."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder: Any = nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, K))
    encoder[0].bias.requires_grad_(False)
    encoder[1].running_mean += 0.3
    return encoder


def _numbers(module: nn.Module) -> list[Tensor]:
    return [t.detach().clone() for t in (*module.parameters(), *module.buffers())]


def _same(module: nn.Module, before: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(_numbers(module), before, strict=True))


def _modes(module: nn.Module) -> list[bool]:
    return [part.training for part in module.modules()]


def _flags(module: nn.Module) -> list[bool]:
    return [p.requires_grad for p in module.parameters()]


def _made(transferred: Callable, encoder: nn.Module, frozen: bool) -> Any:
    """Return the student's classifier; raise where it has not the parts that it should have."""
    before = _modes(encoder), _flags(encoder)
    model = run(transferred, encoder, K, C, frozen, name="Transferred")
    expect(isinstance(model, nn.Module), "Transferred(...) is no nn.Module", "no-module")
    for name in ("encoder", "head"):
        there = isinstance(getattr(model, name, None), nn.Module)
        text = f"the classifier has no module `{name}`: store it as `self.{name}`"
        expect(there, text, f"no-{name}")
    mine = {t.data_ptr() for t in (*model.parameters(), *model.buffers())}
    shared = any(t.data_ptr() in mine for t in (*encoder.parameters(), *encoder.buffers()))
    text = "the classifier shares weights with the original: `copy.deepcopy(encoder)`"
    expect(not shared, text, "not-copied")
    stays = "of the original was changed; copy it first, and change the copy"
    expect(_modes(encoder) == before[0], f"the train or eval mode {stays}", "original-mode")
    expect(_flags(encoder) == before[1], f"`requires_grad` {stays}", "original-flags")
    same = _same(model.encoder, _numbers(encoder))
    expect(same, "the copy has other weights than the original", "other-weights")
    shapes = [tuple(p.shape) for p in model.head.parameters()]
    right = isinstance(model.head, nn.Linear) and shapes == [(C, K), (C,)]
    text = f"`head` should be nn.Linear({K}, {C}) here, but its parameters have shapes {shapes}"
    expect(right, text, "wrong-head")
    return model


def _logits(model: Any, encoder: nn.Module, x: Tensor) -> None:
    """Compare the logits in eval mode with head(encoder(x))."""
    with torch.no_grad():
        features = encoder.eval()(x)
        encoder.train()
        logits = nn.functional.linear(features, *model.head.parameters())
        between = nn.functional.linear(features.relu(), *model.head.parameters())
    shapes = [
        Mistake("features-returned", (len(x), K), "the features; put the head on top"),
        Mistake("classes-returned", (len(x),), "one number for each image; return the logits"),
    ]
    what = "the logits in eval mode"
    value = expect_shape(run(model.eval(), x, name="model(x)"), (len(x), C), what, shapes)
    known = [
        Mistake("softmax", logits.softmax(dim=1), "a softmax; return the head's numbers"),
        Mistake("log-softmax", logits.log_softmax(dim=1), "a log-softmax; return the head's"),
        Mistake("activation-between", between, "a ReLU before the head; it takes the features"),
    ]
    expect_close(value, logits, what, known, rtol=1e-3)


def _trained(model: nn.Module, x: Tensor) -> None:
    """Take two steps, each after `train()`, as a training loop does."""
    learning = [p for p in model.parameters() if p.requires_grad]
    expect(bool(learning), "no parameter of the classifier requires a gradient", "head-frozen")
    optimizer = torch.optim.SGD(learning, lr=0.5)
    for _ in range(2):
        model.train()
        loss = (model(x) - 1).square().mean()
        text = "the loss has no gradient: is the head's output detached?"
        expect(loss.requires_grad, text, "no-gradient")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _expect_modes(model: Any, frozen: bool) -> None:
    """Raise unless train and eval reach everything but a frozen encoder, and return the module."""
    if frozen:
        text = "the frozen encoder should be in eval mode from the start"
        expect(not any(_modes(model.encoder)), text, "eval-only-after-train")
    for mode, call in ((True, "train()"), (False, "eval()"), (True, "train()")):
        returned = model.train() if mode else model.eval()
        expect(
            returned is model, f"{call} should return the module itself", "train-returns-another"
        )
        rest = model.training is mode and model.head.training is mode
        text = f"after {call} the classifier, or its head, is in the other mode"
        expect(rest, text, "mode-ignored")
        if frozen:
            text = f"after {call} the frozen encoder, or a part of it, is in training mode: batch "
            text += "normalisation counts then. `train` has to put it back into eval mode"
            expect(not any(_modes(model.encoder)), text, "batch-norm-counts")
        else:
            right = all(m is mode for m in _modes(model.encoder))
            text = f"after {call} the encoder, which is not frozen, is in the other mode"
            expect(right, text, "eval-when-fine-tuned" if mode else "mode-ignored")


def transfer(Transferred: Callable) -> bool:
    """A small encoder with batch normalisation, frozen and fine-tuned, through two steps each."""
    x = torch.randn(8, 5, generator=torch.Generator().manual_seed(1))
    for frozen in (True, False):
        encoder = _encoder()
        original = _numbers(encoder)
        model = _made(Transferred, encoder, frozen)
        kind = "frozen" if frozen else "fine-tuned"
        flags = _flags(model.encoder)
        if frozen:
            text = "the frozen copy has parameters that require a gradient"
            expect(not any(flags), text, "not-frozen")
        text = "not all parameters of the copy require a gradient, although it is not frozen"
        expect(frozen or all(flags), text, "always-frozen")
        text = "the head's parameters require no gradient: freeze `self.encoder` alone"
        expect(all(_flags(model.head)), text, "head-frozen")
        _expect_modes(model, frozen)
        _logits(model, encoder, x)
        of_copy, of_head = _numbers(model.encoder), _numbers(model.head)
        _trained(model, x)
        text = f"{kind}: training the classifier has changed the original encoder"
        expect(_same(encoder, original), text, "not-copied")
        expect(not _same(model.head, of_head), f"{kind}: the head did not learn", "head-frozen")
        moved = not _same(model.encoder, of_copy)
        text = "frozen: the copy's weights or running means moved in training"
        expect(not (frozen and moved), text, "batch-norm-counts")
        weights = [
            not torch.equal(p, b) for p, b in zip(model.encoder.parameters(), of_copy, strict=False)
        ]
        text = "fine-tuned: no weight of the encoder moved; is there a `.detach()` on the way?"
        expect(frozen or any(weights), text, "encoder-cut-off")
    return passed("transfer", "a copy of its own, frozen for good or trained as a whole")
