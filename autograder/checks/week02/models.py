"""Hidden checks of week 2's models: layers, the mirror, tied weights."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import gelu

from aeutils.checking import Mistake, expect, expect_close, expect_shape, run, to_tensor
from autograder import handles
from autograder.checks import GRADER_SEED, close
from autograder.checks import grader_generator as generator
from autograder.report import Report, check


def stack(parameters: list[Tensor], x: Tensor, bend: Callable = gelu) -> Tensor:
    """Return the output of linear layers (weight, bias, weight, …) with `bend` between them."""
    for i in range(0, len(parameters), 2):
        x = (bend(x) if i else x) @ parameters[i].double().T + parameters[i + 1].double()
    return x


@check({"layers": 1, "a GELU between layers": 1, "nothing after the last layer": 1})
def mlp(report: Report, mlp: Callable) -> None:
    """Parameter shapes, then the function itself against the same weights in float64."""
    torch.manual_seed(GRADER_SEED)
    sizes = [7, 5, 6, 3]
    x = torch.randn(40, 7, generator=generator()) * 3

    def parts() -> tuple[object, list[Tensor]]:
        net = run(mlp, list(sizes), name="mlp")
        return net, list(handles.parameters(net).values())

    with report.criterion("layers"):
        net, parameters = parts()
        shapes = [tuple(p.shape) for p in parameters]
        wanted = [shape for a, b in pairwise(sizes) for shape in ((b, a), (b,))]
        found = f"widths {sizes} gave parameters of shapes {shapes}, expected {wanted}"
        expect(
            bool(shapes),
            f"no parameters: keep the layers in an nn.Sequential; {found}",
            "no-parameters",
        )
        expect(len(shapes) != 2, f"one layer from first to last width only; {found}", "one-layer")
        expect(len(shapes) >= len(wanted), f"a layer is missing; {found}", "layer-missing")
        expect(shapes == wanted, found, "wrong-layers")
        expect_shape(handles.call(net, "forward", x), (40, 3), "the output for 40 rows")
    with report.criterion("a GELU between layers"):
        net, parameters = parts()
        out = to_tensor(handles.call(net, "forward", x), "the output").double()
        right = stack(parameters, x.double())
        known = [
            Mistake(
                "no-activation",
                stack(parameters, x.double(), lambda h: h),
                "nothing bends: a stack of linear layers alone is one linear layer",
            ),
            Mistake(
                "other-activation", stack(parameters, x.double(), torch.tanh), "tanh, not GELU"
            ),
            Mistake(
                "other-activation", stack(parameters, x.double(), torch.relu), "ReLU, not GELU"
            ),
            Mistake(
                "other-activation",
                stack(parameters, x.double(), torch.sigmoid),
                "sigmoid, not GELU",
            ),
            Mistake(
                "activation-first",
                stack(parameters, gelu(x.double())),
                "a GELU before the first layer spoils negative inputs",
            ),
        ]
        # What happens after the last layer is the next criterion's business.
        at_end = gelu(right)
        wanted_here = at_end if close(out, at_end) else right
        expect_close(out, wanted_here, "the output", known, rtol=1e-3, atol=1e-4)
    with report.criterion("nothing after the last layer"):
        net, parameters = parts()
        right = stack(parameters, x.double())
        last = [
            Mistake(
                "activation-at-end",
                gelu(right),
                "a GELU after the last layer: outputs can hardly be negative",
            ),
            Mistake("sigmoid-at-end", right.sigmoid(), "a sigmoid after the last layer"),
            Mistake("softmax-at-end", right.softmax(1), "a softmax after the last layer"),
            Mistake("no-activation", stack(parameters, x.double(), lambda h: h), "nothing bends"),
        ]
        expect_close(
            handles.call(net, "forward", x), right, "the output", last, rtol=1e-3, atol=1e-4
        )


@check({"shapes": 1, "encoder, and decoder as its mirror": 1, "forward and gradients": 1})
def autoencoder(report: Report, Autoencoder: Callable) -> None:
    """Widths down and up again; the code and the output are linear."""
    torch.manual_seed(GRADER_SEED)
    sizes = [9, 6, 4]
    x = torch.randn(30, 9, generator=generator(1)) * 3

    def make() -> object:
        return run(Autoencoder, list(sizes), name="Autoencoder")

    with report.criterion("shapes"):
        model = make()
        z = expect_shape(
            handles.call(model, "encode", x),
            (30, 4),
            "encode(x)",
            [Mistake("not-encoded", (30, 9), "the code is as long as the image")],
        )
        expect_shape(handles.call(model, "decode", z), (30, 9), "decode(z)")
        expect_shape(
            handles.call(model, "forward", x),
            (30, 9),
            "model(x)",
            [Mistake("forward-returns-code", (30, 4), "forward stops at the code; decode it too")],
        )
    with report.criterion("encoder, and decoder as its mirror"):
        model = make()
        weights = [tuple(p.shape) for p in handles.parameters(model).values() if p.ndim == 2]
        wanted = [(6, 9), (4, 6), (6, 4), (9, 6)]
        expect(
            sorted(weights) == sorted(wanted),
            f"widths {sizes} should give weights {wanted}, found {weights}",
            "not-mirrored",
        )
        z = to_tensor(handles.call(model, "encode", x), "encode(x)")
        expect(
            bool((z < 0).any()),
            "no code is ever negative: an activation bends the code itself",
            "relu-code",
        )
        out = to_tensor(handles.call(model, "decode", z * 20), "decode(z)")
        expect(
            float(out.abs().max()) > 1 or bool((out < 0).any() and (out > 1).any()),
            "the output never leaves an interval: leave it linear, the loss decides what it means",
            "squashed-output",
        )
        expect(
            bool((out < 0).any()),
            "no output is ever negative: an activation bends it",
            "relu-output",
        )
    with report.criterion("forward and gradients"):
        model = make()
        z = to_tensor(handles.call(model, "encode", x), "encode(x)")
        expect_close(
            handles.call(model, "forward", x),
            to_tensor(handles.call(model, "decode", z), "x̂"),
            "model(x), compared with decode(encode(x)),",
            [
                Mistake("forward-is-identity", x, "forward returns its input"),
                Mistake("forward-returns-code", z, "forward stops at the code; decode it too"),
            ],
        )
        missing = [n for n, g in handles.gradients(model, x).items() if g is None]
        expect(not missing, f"no gradient reaches {', '.join(missing)}", "no-gradient")


@check(
    {
        "one matrix and two biases": 1,
        "the code": 1,
        "the transpose draws the image": 1,
        "gradients from both uses": 1,
    }
)
def tied_autoencoder(report: Report, TiedAutoencoder: Callable) -> None:
    """The parameters alone must explain encode, decode, and the gradient of the error."""
    torch.manual_seed(GRADER_SEED)
    d, k = 8, 3
    x = torch.randn(6, d, generator=generator(12))

    def parts() -> tuple[object, Tensor, Tensor, Tensor, str]:
        model = run(TiedAutoencoder, d, k, name="TiedAutoencoder")
        found = handles.parameters(model)
        shapes = [tuple(p.shape) for p in found.values()]
        matrices = [n for n, p in found.items() if p.ndim == 2]
        expect(
            len(matrices) > 0, f"no weight matrix among the parameters {shapes}", "no-parameters"
        )
        expect(
            len(matrices) == 1,
            f"{len(matrices)} matrices, {shapes}: tied means that encoder and decoder share one",
            "untied",
        )
        weight = found[matrices[0]]
        expect(
            tuple(weight.shape) in ((k, d), (d, k)),
            f"the matrix has shape {shapes}",
            "wrong-parameters",
        )
        code = [p for p in found.values() if p.ndim == 1 and len(p) == k]
        image = [p for p in found.values() if p.ndim == 1 and len(p) == d]
        expect(
            len(code) == 1 and len(image) == 1 and len(found) == 3,
            f"one bias of the code ({k}) and one of the image ({d}) expected, found {shapes}",
            "bias-missing",
        )
        weight = weight if weight.shape == (k, d) else weight.T
        return model, weight.double(), code[0].double(), image[0].double(), matrices[0]

    with report.criterion("one matrix and two biases"):
        _, weight, _, _, _ = parts()
        expect(
            float(weight.std()) > 1e-4,
            "all weights start equal: every code number will stay the same; use random ones",
            "not-random",
        )
    with report.criterion("the code"):
        model, w, b, c, _ = parts()
        before = x.double() @ w.T + b
        known = [
            Mistake("no-activation", before, "no tanh"),
            Mistake("other-activation", before.relu(), "a ReLU; the exercise asks for tanh"),
            Mistake("other-activation", before.sigmoid(), "a sigmoid; the exercise asks for tanh"),
        ]
        expect_close(handles.call(model, "encode", x), before.tanh(), "encode(x)", known)
    with report.criterion("the transpose draws the image"):
        model, w, b, c, _ = parts()
        z = torch.randn(5, k, generator=generator(13))
        right = z.double() @ w + c
        known = [
            Mistake(
                "inverse",
                z.double() @ torch.linalg.pinv(w).T + c,
                "a (pseudo-)inverse was used; tied weights are the transpose",
            ),
            Mistake("activation-on-output", right.tanh(), "a tanh on the output; leave it linear"),
            Mistake("activation-on-output", right.sigmoid(), "a sigmoid on the output"),
            Mistake("activation-on-output", right.relu(), "a ReLU on the output"),
        ]
        if float(c.abs().max()) > 0:
            known.append(Mistake("bias-not-used", z.double() @ w, "the image bias is not added"))
        expect_close(handles.call(model, "decode", z), right, "decode(z)", known)
    with report.criterion("gradients from both uses"):
        model, w, b, c, name = parts()
        w.requires_grad_(True)
        code = torch.tanh(x.double() @ w.T + b)
        both = torch.autograd.grad(((code @ w + c - x.double()) ** 2).sum(), w)[0]
        code = torch.tanh(x.double() @ w.T + b)
        encoder = torch.autograd.grad(((code @ w.detach() + c - x.double()) ** 2).sum(), w)[0]
        decoder = both - encoder
        gradient = handles.gradients(model, x)[name]
        expect(gradient is not None, "no gradient reaches the matrix", "no-gradient")
        gradient = gradient if gradient.shape == (k, d) else gradient.T
        known = [
            Mistake(
                "detached-decoder",
                encoder,
                "it comes from the encoder only: the decoder uses a detached copy",
            ),
            Mistake(
                "detached-encoder",
                decoder,
                "it comes from the decoder only: the encoder uses a detached copy",
            ),
        ]
        expect_close(gradient, both, "the gradient of the matrix", known, rtol=1e-3, atol=1e-3)
