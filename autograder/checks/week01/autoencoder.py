"""Hidden checks of week 1's error measure and linear autoencoder."""

from __future__ import annotations

from collections.abc import Callable

import torch

from aeutils.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    run,
    to_tensor,
)
from autograder import handles
from autograder.checks import GRADER_SEED
from autograder.report import Report, check


@check({"one sum per image": 1, "images of any shape": 1, "compression factor": 1})
def squared_error_per_image(
    report: Report, squared_error_per_image: Callable, compression_factor: Callable
) -> None:
    """Sums per image for rows and for images; the factor as a fraction."""
    rng = torch.Generator().manual_seed(GRADER_SEED)
    x, x_hat = torch.rand(2, 4, 12, generator=rng)
    difference = x_hat.double() - x.double()
    right = (difference**2).sum(1)
    name = "squared_error_per_image"
    mistakes = [
        Mistake("mean-not-sum", right / 12, "the mean over the pixels; sum them"),
        Mistake("grand-total", right.sum(), "one number for all images; keep one per image"),
        Mistake("grand-mean", right.mean(), "one number for all images; keep one per image"),
        Mistake("grand-mean", right.mean() / 12, "one number for all images; keep one per image"),
        Mistake("summed-over-images", (difference**2).sum(0), "summed over the images, dim 0"),
        Mistake("rooted", right.sqrt(), "a square root was taken"),
        Mistake("absolute", difference.abs().sum(1), "absolute differences; square them"),
        Mistake("halved", right / 2, "half of it: no ½ in this definition"),
        Mistake("square-of-sum", difference.sum(1) ** 2, "summed first, then squared"),
    ]
    with report.criterion("one sum per image"):
        got = run(squared_error_per_image, x_hat.clone(), x.clone(), name=name)
        expect_close(got, right, "the error per image", mistakes)
    with report.criterion("images of any shape"):
        shape = (4, 3, 2, 2)
        got = run(squared_error_per_image, x_hat.reshape(shape), x.reshape(shape), name=name)
        rows = Mistake(
            "only-rows",
            (difference.reshape(shape) ** 2).sum(1),
            "summed over dim 1 alone; images have shape (N, C, H, W): flatten them first",
        )
        last = Mistake(
            "last-dimension",
            (difference.reshape(shape) ** 2).sum(-1),
            "summed over the last dimension alone; flatten the images first",
        )
        expect_close(got, right, "the error of images (4, 3, 2, 2)", [*mistakes, rows, last])
    with report.criterion("compression factor"):
        for d, k in ((784, 30), (3072, 64), (10, 4)):
            expect_close(
                run(compression_factor, d, k, name="compression_factor"),
                d / k,
                f"the compression factor from {d} to {k}",
                [
                    Mistake("upside-down", k / d, "the inverse: how many times *shorter*"),
                    Mistake("whole-division", d // k, "rounded down: use /, not //"),
                    Mistake("saved-share", 1 - k / d, "the share saved, not the factor"),
                ],
            )


@check(
    {
        "shapes of encode, decode and forward": 1,
        "linear with bias": 1,
        "its parameters": 1,
        "gradients reach every parameter": 1,
    }
)
def linear_autoencoder(report: Report, LinearAutoencoder: Callable) -> None:
    """An affine encoder and decoder with exactly their weights and biases."""
    d, k = 10, 3
    rng = torch.Generator().manual_seed(GRADER_SEED)
    x = torch.randn(5, d, generator=rng) * 3
    torch.manual_seed(GRADER_SEED)

    def make() -> object:
        return run(LinearAutoencoder, d, k, name="LinearAutoencoder")

    with report.criterion("shapes of encode, decode and forward"):
        model = make()
        z = expect_shape(
            handles.call(model, "encode", x),
            (5, k),
            "encode(x)",
            [
                Mistake("no-bottleneck", (5, d), "the code is as long as the image; k is not used"),
                Mistake("transposed", (k, 5), "codes are rows: (N, k)"),
            ],
        )
        expect_shape(handles.call(model, "decode", z), (5, d), "decode(z)")
        code = Mistake("forward-returns-code", (5, k), "forward stops at the code; decode it too")
        x_hat = expect_shape(handles.call(model, "forward", x), (5, d), "model(x)", [code])
        expect_close(
            x_hat,
            handles.call(model, "decode", z),
            "model(x), compared with decode(encode(x)),",
            [Mistake("forward-is-identity", x, "forward returns its input")],
        )
    with report.criterion("linear with bias"):
        model = make()
        a, b = x[:1], x[1:2]
        for method, first, second in (("encode", a, b), ("decode", a[:, :k], b[:, :k])):
            half = to_tensor(handles.call(model, method, (first + second) / 2), method)
            ends = [to_tensor(handles.call(model, method, v), method) for v in (first, second)]
            expect(
                torch.allclose(half, (ends[0] + ends[1]) / 2, atol=1e-4),
                f"{method} is not linear: half-way between two inputs it is not half-way between "
                "the outputs; is there an activation, or a clamp?",
                f"nonlinear-{method}",
            )
        at_zero = to_tensor(handles.call(model, "decode", torch.zeros(1, k)), "decode(0)")
        expect(
            bool(at_zero.abs().max() > 0),
            "decode(0) is exactly 0: the decoder has no bias, so it cannot draw the mean image",
            "no-bias",
        )
    with report.criterion("its parameters"):
        shapes = sorted(tuple(p.shape) for p in handles.parameters(make()).values())
        wanted = sorted([(k, d), (k,), (d, k), (d,)])
        extra = f"expected shapes {wanted}, found {shapes}"
        expect(
            bool(shapes),
            f"no parameters found: store layers as attributes of self; {extra}",
            "no-parameters",
        )
        expect(len(shapes) <= 4, f"more than two layers: {extra}", "extra-layers")
        expect(
            shapes == wanted,
            f"other parameters than two layers with bias: {extra}",
            "wrong-parameters",
        )
    with report.criterion("gradients reach every parameter"):
        gradients = handles.gradients(make(), x)
        missing = [name for name, g in gradients.items() if g is None or not g.abs().max() > 0]
        expect(
            bool(gradients) and not missing,
            f"no gradient reaches {', '.join(missing) or 'any parameter'}: is something detached, "
            "under no_grad, or not used?",
            "no-gradient",
        )
