"""Visible tests of week 2: the vanilla autoencoder."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    passed,
    run,
    to_tensor,
)


def mlp(mlp: Callable) -> bool:
    """Shapes and parameters of a small stack, and where it bends."""
    net = run(mlp, [5, 4, 2], name="mlp")
    expect(net is not None, "mlp returned None: did you forget to `return` it?", "returned-none")
    expect_shape(
        run(net, torch.zeros(3, 5), name="mlp([5, 4, 2])"),
        (3, 2),
        "the output for 3 rows and widths [5, 4, 2]",
    )
    shapes = [tuple(p.shape) for p in net.parameters()]
    wanted = [(4, 5), (4,), (2, 4), (2,)]
    expect(
        shapes == wanted,
        f"widths [5, 4, 2] should give layers with parameters {wanted}, but they are {shapes}",
        "wrong-layers",
    )
    x = torch.linspace(-3, 3, 35).reshape(7, 5)
    h = x
    for i, (w, b) in enumerate(zip(*[iter(net.parameters())] * 2, strict=True)):
        h = h if i == 0 else nn.functional.gelu(h)
        h = h @ w.T + b
    out = to_tensor(run(net, x, name="mlp([5, 4, 2])"), "the output")
    expect_close(
        out,
        h,
        "the output (a GELU between the layers)",
        [
            Mistake(
                "activation-at-end",
                nn.functional.gelu(h),
                "there is a GELU after the last layer too",
            )
        ],
        show_expected=True,
    )
    return passed("mlp", "shapes, layers, and a GELU between them only")


def autoencoder(Autoencoder: Callable) -> bool:
    """The mirror image, and forward = decode after encode."""
    model = run(Autoencoder, [6, 4, 2], name="Autoencoder")
    x = torch.linspace(-1, 1, 18).reshape(3, 6)
    z = expect_shape(run(model.encode, x, name="encode"), (3, 2), "the code of 3 rows")
    expect_shape(run(model.decode, z, name="decode"), (3, 6), "the decoded rows")
    expect_close(
        run(model, x, name="model(x)"),
        to_tensor(model.decode(model.encode(x)), "decode(encode(x))"),
        "model(x), compared with decode(encode(x)),",
    )
    shapes = sorted(tuple(p.shape) for p in model.parameters() if p.ndim == 2)
    wanted = sorted([(4, 6), (2, 4), (4, 2), (6, 4)])
    expect(
        shapes == wanted,
        f"widths [6, 4, 2] should give weights {wanted} (the decoder mirrors the encoder), but "
        f"they are {shapes}",
        "wrong-layers",
    )
    x = 100 * torch.randn(50, 6, generator=torch.Generator().manual_seed(0))
    z = to_tensor(run(model.encode, x, name="encode"), "the code")
    expect(
        bool((z < 0).any()), "no code is ever negative: leave the last layer linear", "relu-code"
    )
    out = to_tensor(run(model, x, name="model(x)"), "model(x)")
    expect(
        bool((out < 0).any() and (out > 1).any()),
        "outputs stay on one side, or between 0 and 1: leave the last layer linear",
        "squashed-output",
    )
    return passed("Autoencoder", "shapes, the mirror, forward, and linear ends")


def bernoulli_nll(loss: Callable) -> bool:
    """One pixel, two images, and a logit that overflows."""
    name = "bernoulli_nll"
    for logit, pixel, right in ((0.0, 1.0, 0.693147), (2.0, 1.0, 0.126928), (2.0, 0.0, 2.126928)):
        expect_close(
            run(loss, torch.tensor([[logit]]), torch.tensor([[pixel]]), name=name),
            right,
            f"the loss of one pixel {pixel:g} with logit {logit:g}",
            [Mistake("sign", -right, "the sign: *minus* the log-likelihood")],
            show_expected=True,
        )
    logits, x = torch.zeros(2, 3), torch.ones(2, 3)
    expect_close(
        run(loss, logits, x, name=name),
        3 * 0.693147,
        "the loss of two images of three pixels, all with logit 0,",
        [
            Mistake("mean-over-pixels", 0.693147, "sum over the pixels of an image, not mean"),
            Mistake("sum-over-images", 6 * 0.693147, "average over the images"),
        ],
        show_expected=True,
    )
    expect_close(
        run(loss, logits.reshape(2, 3, 1, 1), x.reshape(2, 3, 1, 1), name=name),
        3 * 0.693147,
        "the same loss for images of shape (2, 3, 1, 1)",
        show_expected=True,
    )
    big = run(loss, torch.tensor([[200.0]]), torch.tensor([[0.0]]), name=name)
    expect_close(big, 200.0, "the loss of pixel 0 with logit 200", show_expected=True)
    return passed("bernoulli_nll", "single pixels, the reduction, and a logit of 200")


def poisson_nll(loss: Callable) -> bool:
    """Two counts with a rate of 2."""
    a = math.log(2)
    expect_close(
        run(loss, torch.tensor([[a, a]]), torch.tensor([[3.0, 0.0]]), name="poisson_nll"),
        4 - 3 * a,
        "the loss of the counts 3 and 0, both with rate 2,",
        [
            Mistake("sign", 3 * a - 4, "the sign: *minus* the log-likelihood"),
            Mistake("mean-over-pixels", (4 - 3 * a) / 2, "sum over the pixels, not mean"),
            Mistake("with-constant", 4 - 3 * a + math.log(6), "leave out the constant log x!"),
            Mistake("rate-not-log", 2 * a - 3 * math.log(a), "a is already the log of the rate"),
        ],
        show_expected=True,
    )
    expect_close(
        run(loss, torch.zeros(2, 3), torch.zeros(2, 3), name="poisson_nll"),
        3.0,
        "the loss of two images of three pixels, each with count 0 and rate 1,",
        [Mistake("sum-over-images", 6.0, "average over the images")],
        show_expected=True,
    )
    return passed("poisson_nll", "two counts with a known rate, and the reduction")


def tanh_cross_entropy(loss: Callable) -> bool:
    """At a = 0.5, tanh is 0.4621 and p is 0.7311."""
    right = -math.log(0.7310586)
    expect_close(
        run(loss, torch.tensor([[0.5]]), torch.tensor([[1.0]]), name="tanh_cross_entropy"),
        right,
        "the loss of pixel 1 at a = 0.5 (p = 0.7311)",
        [
            Mistake("half-logit", -math.log(0.6224593), "sigmoid(a) is not (1 + tanh a) / 2"),
            Mistake("tanh-as-p", -math.log(0.4621172), "tanh a is read as (1 + y) / 2, not as p"),
        ],
        show_expected=True,
    )
    big = run(loss, torch.tensor([[-100.0]]), torch.tensor([[1.0]]), name="tanh_cross_entropy")
    expect_close(big, 200.0, "the loss of pixel 1 at a = −100", show_expected=True)
    expect_close(
        run(loss, torch.zeros(2, 3), torch.ones(2, 3), name="tanh_cross_entropy"),
        3 * 0.693147,
        "the loss of two images of three pixels at a = 0",
        [
            Mistake("mean-over-pixels", 0.693147, "sum over the pixels of an image, not mean"),
            Mistake("sum-over-images", 6 * 0.693147, "average over the images"),
        ],
        show_expected=True,
    )
    return passed("tanh_cross_entropy", "a known point, the reduction, and a = −100")


class _Scale(nn.Module):
    """x_hat = w · x, with one weight: everything about it can be worked out by hand."""

    def __init__(self, w: float) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor(w))

    def forward(self, x: Tensor) -> Tensor:
        self.saw_gradients = torch.is_grad_enabled()
        return self.w * x


def train_epoch(train_epoch: Callable) -> bool:
    """One image, one weight: w goes from 0 to 0.1 · 2 · |x|² = 1, and the loss was |x|² = 5."""
    model = _Scale(0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.tensor([[1.0, 2.0]])
    seed = torch.Generator().manual_seed(0)
    value = run(train_epoch, model, x, optimizer, 1, seed, name="train_epoch")
    expect(
        model.w.item() != 0,
        "the weight did not move: zero_grad(), then backward(), then step()",
        "no-step",
    )
    expect_close(
        model.w,
        1.0,
        "the weight after one step",
        [
            Mistake("mean-over-pixels", 0.5, "the loss was averaged over pixels; sum them"),
            Mistake("uphill", -1.0, "the weight went uphill: minimise the error itself"),
        ],
        show_expected=True,
    )
    expect_close(
        value,
        5.0,
        "the returned loss",
        [Mistake("mean-over-pixels", 2.5, "average over images, but sum over pixels")],
        show_expected=True,
    )
    model = _Scale(0.0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    two = torch.tensor([[1.0], [1.0]])
    run(train_epoch, model, two, optimizer, 1, seed, name="train_epoch")
    expect_close(
        model.w,
        0.19,
        "the weight after two steps of 0.1 · (1 − w) each",
        [Mistake("not-zeroed", 0.29, "gradients of the first step are still there: zero_grad()")],
        show_expected=True,
    )
    model = _Scale(0.0)
    still = torch.optim.SGD(model.parameters(), lr=0.0)
    three = torch.tensor([[1.0], [1.0], [2.0]])
    short = "the short last batch counted as much as a full one"
    expect_close(
        run(train_epoch, model, three, still, 2, seed, name="train_epoch"),
        2.0,
        "the returned loss of three images in batches of two (errors 1, 1 and 4)",
        [
            Mistake("mean-of-means", 2.5, short),
            Mistake("mean-of-means", 1.75, short),
            Mistake("total", 6.0, "this is the total; divide by the number of images"),
        ],
        show_expected=True,
    )
    return passed("train_epoch", "steps worked out by hand, and the mean with a short batch")


def reconstruction_error(error: Callable) -> bool:
    """Three images in batches of two; w = 0, so the error is the sum of squares itself."""
    model = _Scale(0.0)
    x = torch.tensor([[1.0, 0.0], [1.0, 1.0], [3.0, 0.0]])
    name = "reconstruction_error"
    for batch_size in (3, 2):
        expect_close(
            run(error, model, x, batch_size, name=name),
            4.0,
            f"the error of 3 images in batches of {batch_size}",
            [
                Mistake("mean-of-means", 5.25, "the short batch counted as much as the full one"),
                Mistake("mean-over-pixels", 2.0, "sum over the pixels, average over the images"),
                Mistake("total", 12.0, "this is the total; divide by the number of images"),
            ],
            show_expected=True,
        )
    expect(model.training, "the model came in training mode and left in eval mode", "mode-changed")
    expect(not model.saw_gradients, "gradients were on: use torch.no_grad()", "gradients-on")
    model.eval()
    run(error, model, x, 2, name=name)
    expect(not model.training, "the model came in eval mode and left in training mode", "mode")
    return passed("reconstruction_error", "the same for every batch size, and the mode restored")


def tied_autoencoder(TiedAutoencoder: Callable) -> bool:
    """Parameters, shapes, and the transpose."""
    model = run(TiedAutoencoder, 6, 2, name="TiedAutoencoder")
    shapes = sorted(tuple(p.shape) for p in model.parameters())
    wanted = sorted([(2, 6), (2,), (6,)])
    expect(
        shapes in (wanted, sorted([(6, 2), (2,), (6,)])),
        f"a tied autoencoder has one matrix and two biases, {wanted}, but yours has {shapes}",
        "wrong-parameters",
    )
    x = torch.linspace(-1, 1, 18).reshape(3, 6)
    z = expect_shape(run(model.encode, x, name="encode"), (3, 2), "the code")
    expect_shape(run(model.decode, z, name="decode"), (3, 6), "the decoded rows")
    torch.nn.init.constant_(next(p for p in model.parameters() if p.shape == (6,)), 0.25)
    weight = next(p for p in model.parameters() if p.ndim == 2).detach()
    weight = weight if weight.shape == (2, 6) else weight.T
    zero = to_tensor(run(model.decode, torch.zeros(2, 2), name="decode"), "decode(0)")
    unit = to_tensor(run(model.decode, torch.eye(2), name="decode"), "decode(1)")
    expect_close(
        unit - zero,
        weight,
        "what the decoder draws for the two unit codes (the rows of W)",
        show_expected=True,
    )
    expect_close(zero, torch.full((2, 6), 0.25), "decode(0), with image biases of 0.25,")
    bias = next(p for p in model.parameters() if p.shape == (2,)).detach()
    before = x @ weight.T + bias
    expect_close(
        model.encode(x),
        torch.tanh(before),
        "encode(x)",
        [Mistake("no-activation", before, "there is no tanh")],
        show_expected=True,
    )
    return passed("TiedAutoencoder", "one matrix, two biases, tanh, and the transpose")
