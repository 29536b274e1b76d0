"""Elective D: a copy of an encoder with a new head, frozen or to be fine-tuned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aeutils.testing.checking import Mistake, expect, expect_close, expect_shape, to_tensor
from autograder.exercises import Exercise, close
from autograder.exercises.conduct.declare import Arguments, Draw, Part
from autograder.exercises.elective_d._moving import C, K, N, features, observe, stage
from autograder.exercises.elective_d._transfer_answers import RIGHT, WRONG

EXERCISE = Exercise(
    "transfer",
    defines=("Transferred",),
    setup="import copy\n",
    right=RIGHT,
    wrong=WRONG,
)

Told = Mapping[str, Any]
BOTH = "encoder", "head"


def built(told: Told) -> Told:
    """Return what was seen of a classifier if it is one, with both of its parts, and works."""
    expect(told["module"] is True, "Transferred(...) is no nn.Module", "no-module")
    for name, there in zip(BOTH, told["parts"], strict=True):
        text = f"the classifier has no module `{name}`: store it as `self.{name}`"
        expect(there is True, text, f"no-{name}")
    if "failed" in told:
        shapes = [list(shape) for shape in told["head"]]
        order = f"`head` has a weight of shape ({K}, {C}): nn.Linear(n_features, n_classes)"
        expect(shapes[:1] != [[K, C]], order, "head-turned-round")
        text = f"model(x) raised an error; the parameters of `head` have the shapes {shapes}"
        expect(False, text, "forward-raised")
    return told


def expect_own(told: Told) -> None:
    """Raise unless the original is as it was, and shares nothing with the classifier."""
    further = told["further"]
    inside = (
        "the original is still inside the classifier, whose train() and optimiser reach it then: "
        "keep the copy alone"
    )
    surface = (
        "the classifier shares weights with the original encoder, which is trained along: "
        "`copy.deepcopy(encoder)`"
    )
    if told["shared"] is True and further:
        expect(False, inside, "original-inside")
    if told["shared"] is True:
        deep = f"{surface}; `copy.copy` and a plain assignment copy no weights"
        kind = "not-copied" if told["same object"] is True else "copied-on-the-surface"
        expect(False, deep, kind)
    expect(not further, "there are parameters beside those of `encoder` and `head`", "further")
    expect(
        told["original flags"] is True,
        "the original encoder's `requires_grad` was changed: it stays as it is; copy it first, and "
        "change the copy",
        "original-flags",
    )
    expect(
        told["original modes"] is True and told["original modes kept"] is True,
        "the original encoder's train or eval mode was changed: it stays as it is; copy it first, "
        "and change the copy",
        "original-mode",
    )
    expect(told["original kept"] is True, surface, "not-copied")
    text = "the copy has other weights than the original: what it has learned is to be kept"
    expect(told["same weights"] is True, text, "other-weights")


def expect_logits(told: Told) -> None:
    """Compare the classifier's logits in eval mode with its head's weights, and the features."""
    weight, bias = (w.double() for w in told["head weights"])
    right, what = features(), f"the logits of {N} images in eval mode"
    logits = right @ weight.T + bias
    shapes = [
        Mistake("features-returned", (N, K), "the features; put the head on top of them"),
        Mistake("classes-returned", (N,), "one number for each image; return the logits, (N, C)"),
    ]
    as_is = "return the head's numbers as they are"
    between = "a ReLU between the encoder and the head; the head takes features as they are"
    known = [
        Mistake("softmax", logits.softmax(dim=1), f"a softmax of the logits; {as_is}"),
        Mistake("log-softmax", logits.log_softmax(dim=1), f"a log-softmax; {as_is}"),
        Mistake("activation-between", right.relu() @ weight.T + bias, between),
        Mistake("activation-at-end", logits.relu(), f"a ReLU after the head; {as_is}"),
        Mistake("bias-unused", logits - bias, "the head's bias is missing"),
    ]
    value = expect_shape(told["logits"], (N, C), what, shapes)
    expect_close(value, logits, what, known, rtol=1e-3, atol=1e-4)


@EXERCISE.criterion("a copy and a head", points=1)
def copy_and_head(Transferred: Callable) -> None:
    """What becomes of the original, whether it is frozen or not; and the logits in eval mode."""
    for frozen in (True, False):
        told = built(observe(Transferred, frozen, training=not frozen))
        expect_own(told)
        shapes = [list(shape) for shape in told["head"]]
        found = f"`head` has parameters of the shapes {shapes}; expected ({C}, {K}) and ({C},)"
        expect(told["linear"] is True, f"{found}: one nn.Linear, and no more", "head-not-linear")
        expect(len(shapes) > 1, f"{found}: its bias is missing", "no-bias")
        expect(shapes == [[C, K], [C]], found, "head-of-another-shape")
        expect_logits(told)


def expect_learned(told: Told, what: str) -> None:
    """Raise unless the head learns."""
    expect(
        all(flag is True for flag in told["head flags"]),
        f"{what}: the head's parameters require no gradient, so that nothing is learned: freeze "
        "`self.encoder`, not the whole module",
        "head-frozen",
    )
    expect(not all(told["head kept"]), f"{what}: the head did not move in training", "head-kept")


@EXERCISE.criterion("frozen", points=1)
def stays_frozen(Transferred: Callable) -> None:
    """Flags, modes, weights and running means of a frozen copy, before and after two steps."""
    for training in (True, False):
        told = built(observe(Transferred, True, training))
        flags, cure = [f is True for f in told["flags"]], "`self.encoder.requires_grad_(False)`"
        if all(flags):
            other = built(observe(Transferred, False, training))["flags"]
            turned = "parameters require a gradient if `frozen` is True, and none if it is False"
            expect(any(f is True for f in other), turned, "turned-round")
        all_of = f"all parameters of the frozen copy require a gradient: {cure}"
        expect(not all(flags), all_of, "not-frozen")
        some = f"the frozen copy's parameters are as they came, some of which learn: {cure}"
        expect(not any(flags), some, "left-as-it-came")
        expect_learned(told, "frozen")
        first, trained = told["modes at first"], told["modes of train"]
        after = "after train(), which training loops call for the whole classifier"
        expect(
            not all(trained[1]) or not any(first),
            f"the frozen encoder is in training mode {after}: batch normalisation counts, and the "
            "frozen features move. `train` of the classifier has to put it back into eval mode",
            "batch-norm-counts",
        )
        expect(
            not any(trained[1]) or trained[1][0] is True,
            "the outermost module of the frozen encoder is in eval mode, those inside are not: "
            "`.eval()` reaches all of them, `.training = False` one alone",
            "outermost-only",
        )
        expect(
            not any(trained[1]),
            f"the frozen encoder was in eval mode at first, and is not {after}",
            "eval-only-at-first",
        )
        expect(
            not any(first),
            "the frozen encoder is in training mode until train() or eval() is called: it should "
            "be in eval mode from the start",
            "eval-only-after-train",
        )
        moved = "the frozen encoder moved in training"
        expect(all(told["copy kept"]), f"{moved}: its parameters changed", "not-frozen")
        expect(
            all(told["buffers kept"]), f"{moved}: its running means changed", "batch-norm-counts"
        )
        in_eval = "the rest of the classifier is in eval mode after train()"
        expect(all(trained[0]), f"{in_eval}: only the frozen encoder stays there", "head-in-eval")
        before, trained_logits = (
            to_tensor(told[k], k).double() for k in ("logits", "logits in training")
        )
        other = "the logits by the frozen encoder differ between train() and eval()"
        expect(close(before, trained_logits), other, "batch-norm-counts")


@EXERCISE.criterion("fine-tuning, and the modes", points=1)
def fine_tuned(Transferred: Callable) -> None:
    """Everything requires a gradient and moves; train and eval reach everything."""
    for training in (True, False):
        told = built(observe(Transferred, False, training))
        flags = [flag is True for flag in told["flags"]]
        one = (
            "not all parameters of the copy require a gradient, although it is not frozen: some of "
            "the original's do not, so switch all of them on"
        )
        expect(any(flags), "fine-tuning: no parameter of the copy requires one", "always-frozen")
        expect(all(flags), one, "still-frozen")
        expect_learned(told, "fine-tuning")
        expect(
            not all(told["copy kept"]),
            "fine-tuning: no weight of the encoder moved: is there a `.detach()` or `no_grad()` "
            "between the encoder and the head?",
            "encoder-cut-off",
        )
        for mode, key in ((True, "train"), (False, "eval"), (False, "train(False)")):
            rest, inside = told[f"modes of {key}"]
            call = key if key.endswith(")") else f"{key}()"
            name = "nothing-in-training" if mode else "mode-ignored"
            whole = f"after {call} the classifier is in the other mode: pass `mode` on to super()"
            expect(all(m is mode for m in rest), whole, name)
            text = f"after {call} the encoder, which is not frozen, is not in the same mode"
            kind = "eval-when-fine-tuned" if mode else "mode-ignored"
            expect(all(m is mode for m in inside), text, kind)
        itself = "train() and eval() return the module itself, so that calls can be chained:"
        nothing = f"{itself} `train` returned None; did you forget `return self`?"
        expect(told["returns none"] is not True, nothing, "train-returns-none")
        expect(told["returns itself"] is True, f"{itself} `return self`", "train-returns-another")
        text = "fine-tuning: batch normalisation does not count in training mode"
        expect(not all(told["buffers kept"]), text, "eval-when-fine-tuned")


def of_any_kind(value: object, *_: object) -> str:
    """Return that nothing is wrong: the criteria look at the module."""
    return ""


@EXERCISE.conduct(
    holds=of_any_kind,
    stage=stage,
    allows={
        "drew-elsewhere": "the head's first weights are drawn from the global generator",
        "model-changed": "a criterion looks at the original, and has a name for each change",
        "mode-changed": "a criterion looks at the original's modes",
        "scalar-frozen": "the criteria make both kinds, and look at the sizes",
    },
)
def arguments(new: Draw, n: int) -> Arguments:
    """An encoder of three features."""
    classes, frozen = new.alternate(2, 4), bool(new.alternate(True, False))
    return {"encoder": Part("encoder"), "n_features": 3, "n_classes": classes, "frozen": frozen}
