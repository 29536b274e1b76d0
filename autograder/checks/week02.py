"""Hidden checks of week 2: the vanilla autoencoder."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect, expect_close, expect_shape, run, to_tensor
from autograder import handles
from autograder.checks import GRADER_SEED
from autograder.report import Report, check


def generator(seed: int = 0) -> torch.Generator:
    """Return a generator with a seed that no student sees."""
    return torch.Generator().manual_seed(GRADER_SEED + seed)


def stack(parameters: list[Tensor], x: Tensor, bend: Callable = torch.relu) -> Tensor:
    """Return the output of linear layers (weight, bias, weight, …) with `bend` between them."""
    for i in range(0, len(parameters), 2):
        x = (bend(x) if i else x) @ parameters[i].double().T + parameters[i + 1].double()
    return x


@check({"layers": 1, "a ReLU between layers": 1, "nothing after the last layer": 1})
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
    with report.criterion("a ReLU between layers"):
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
                "other-activation", stack(parameters, x.double(), torch.tanh), "tanh, not ReLU"
            ),
            Mistake(
                "other-activation",
                stack(parameters, x.double(), torch.sigmoid),
                "sigmoid, not ReLU",
            ),
            Mistake(
                "activation-first",
                stack(parameters, x.double().relu()),
                "a ReLU before the first layer throws negative inputs away",
            ),
        ]
        # What happens after the last layer is the next criterion's business.
        wanted_here = right.clamp(min=0) if bool((out >= 0).all()) else right
        expect_close(out, wanted_here, "the output", known, rtol=1e-3, atol=1e-4)
    with report.criterion("nothing after the last layer"):
        net, parameters = parts()
        right = stack(parameters, x.double())
        last = [
            Mistake(
                "activation-at-end",
                right.relu(),
                "a ReLU after the last layer: no output can be negative",
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
            "no code is ever negative: a ReLU bends the code itself",
            "relu-code",
        )
        out = to_tensor(handles.call(model, "decode", z * 20), "decode(z)")
        expect(
            float(out.abs().max()) > 1 or bool((out < 0).any() and (out > 1).any()),
            "the output never leaves an interval: leave it linear, the loss decides what it means",
            "squashed-output",
        )
        expect(bool((out < 0).any()), "no output is ever negative: a ReLU bends it", "relu-output")
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


def _reductions(per_pixel: Tensor) -> tuple[Tensor, list[Mistake]]:
    """Return the right reduction of a loss per pixel (N, D), and the usual wrong ones."""
    right = per_pixel.sum(1).mean()
    return right, [
        Mistake("sign", -right, "the sign: *minus* the log-likelihood"),
        Mistake("mean-over-pixels", per_pixel.mean(), "averaged over pixels too; sum them"),
        Mistake("sum-over-images", per_pixel.sum(), "summed over images; average over them"),
        Mistake("one-per-image", per_pixel.sum(1), "one number per image; average them"),
        Mistake("not-reduced", per_pixel, "one number per pixel; sum, then average over images"),
        Mistake("mean-over-images-only", per_pixel.mean(0), "averaged over images but not summed"),
    ]


@check({"the formula": 1, "sum over pixels, mean over images": 1, "large logits": 1})
def bernoulli_nll(report: Report, bernoulli_nll: Callable) -> None:
    """Against x log p + (1 − x) log(1 − p) in float64, and its limit where p rounds to 0 or 1."""
    name = "bernoulli_nll"
    logits = torch.randn(5, 4, generator=generator(2)) * 2
    x = torch.rand(5, 4, generator=generator(3))

    def per_pixel(a: Tensor, target: Tensor) -> Tensor:
        p = a.double().sigmoid()
        return -(target.double() * p.log() + (1 - target.double()) * (1 - p).log())

    with report.criterion("the formula"):
        a, target = logits[:1, :1], x[:1, :1]
        p = a.double().sigmoid()
        t = target.double()
        right = per_pixel(a, target).sum()
        twice = per_pixel(p, target).sum()
        known = [
            Mistake("sign", -right, "the sign: *minus* the log-likelihood"),
            Mistake(
                "ink-only",
                -(t * p.log()).sum(),
                "the term for paper, (1 − x) log(1 − p), is missing",
            ),
            Mistake("sigmoid-twice", twice, "a sigmoid was applied twice"),
            Mistake(
                "swapped",
                per_pixel(torch.logit(target.double()), p).sum(),
                "logits and pixels are swapped",
            ),
            Mistake("squared-error", ((p - t) ** 2).sum(), "squared error of the probabilities"),
            Mistake("base-two", right / math.log(2), "logarithm to base 2; use the natural one"),
            Mistake("two-logits", per_pixel(2 * a, target).sum(), "twice the logit was used"),
        ]
        expect_close(
            run(bernoulli_nll, a.clone(), target.clone(), name=name),
            right,
            "the loss of one pixel",
            known,
        )
    with report.criterion("sum over pixels, mean over images"):
        right, wrong = _reductions(per_pixel(logits, x))
        expect_close(
            run(bernoulli_nll, logits.clone(), x.clone(), name=name),
            right,
            "the loss of 5 images of 4 pixels",
            wrong,
        )
        images = (5, 2, 1, 2)
        rows_only = per_pixel(logits, x).reshape(images).sum(1).mean()
        expect_close(
            run(bernoulli_nll, logits.reshape(images), x.reshape(images), name=name),
            right,
            "the loss of images of shape (5, 2, 1, 2)",
            [*wrong, Mistake("only-rows", rows_only, "summed over dim 1 alone; flatten first")],
        )
    with report.criterion("large logits"):
        for a, target, right in ((-200.0, 1.0, 200.0), (1000.0, 0.0, 1000.0), (1000.0, 1.0, 0.0)):
            got = to_tensor(
                run(bernoulli_nll, torch.tensor([[a]]), torch.tensor([[target]]), name=name),
                "the loss",
            )
            expect(
                bool(torch.isfinite(got).all()),
                f"the loss of pixel {target:g} at logit {a:g} is {float(got):g}: the "
                "probability rounded to 0 or 1 before its logarithm was taken; stay with the "
                "logit",
                "overflow",
            )
            expect(
                abs(float(got) - right) < 0.01 * max(right, 1) or right == 0,
                f"the loss of pixel {target:g} at logit {a:g} is {float(got):.4g}: an epsilon "
                "inside the logarithm hides the overflow and caps the loss",
                "epsilon",
            )
            expect_close(got, right, f"the loss of pixel {target:g} at logit {a:g}", atol=1e-3)


@check({"the formula": 1, "sum over pixels, mean over images": 1})
def poisson_nll(report: Report, poisson_nll: Callable) -> None:
    """Rate minus count times log rate, in float64."""
    name = "poisson_nll"
    a = torch.randn(4, 6, generator=generator(4))
    x = torch.poisson(a.exp() * 2 + 1, generator=generator(5))
    per_pixel = a.double().exp() - x.double() * a.double()
    with report.criterion("the formula"):
        log_rate, count = torch.tensor([[0.8]]), torch.tensor([[4.0]])
        right = math.exp(0.8) - 4 * 0.8
        known = [
            Mistake("sign", -right, "the sign: *minus* the log-likelihood"),
            Mistake("with-constant", right + math.log(24), "the constant log x! was to be dropped"),
            Mistake(
                "rate-not-log",
                0.8 - 4 * math.log(0.8),
                "log_rate was used as the rate; its exponential is the rate",
            ),
            Mistake("swapped", math.exp(4) - 0.8 * 4, "log rates and counts are swapped"),
            Mistake("no-exponential", 0.8 - 4 * 0.8, "the rate is exp(log_rate), not log_rate"),
            Mistake(
                "log-again",
                math.exp(0.8) - 4 * math.log(0.8),
                "the logarithm of log_rate was taken: it is a logarithm already",
            ),
            Mistake("squared-error", (math.exp(0.8) - 4) ** 2, "this is the squared error"),
        ]
        expect_close(
            run(poisson_nll, log_rate, count, name=name), right, "the loss of one pixel", known
        )
    with report.criterion("sum over pixels, mean over images"):
        right, wrong = _reductions(per_pixel)
        expect_close(
            run(poisson_nll, a.clone(), x.clone(), name=name),
            right,
            "the loss of 4 images of 6 pixels",
            wrong,
        )


@check({"the formula, reduced like the others": 1, "large values": 1})
def tanh_cross_entropy(report: Report, tanh_cross_entropy: Callable) -> None:
    """Against (1 + tanh a) / 2 in float64, and its limit."""
    name = "tanh_cross_entropy"
    a = torch.randn(5, 3, generator=generator(6))
    x = torch.rand(5, 3, generator=generator(7))
    t = x.double()

    def entropy(p: Tensor) -> Tensor:
        return -(t * p.log() + (1 - t) * (1 - p).log())

    with report.criterion("the formula, reduced like the others"):
        y = a.double().tanh()
        right, wrong = _reductions(entropy((1 + y) / 2))
        logit_y = entropy(y.sigmoid()).sum(1).mean()
        known = [
            Mistake(
                "half-logit",
                entropy(a.double().sigmoid()).sum(1).mean(),
                "sigmoid(a) is not (1 + tanh a) / 2: which logit has that sigmoid?",
            ),
            Mistake("tanh-as-logit", logit_y, "tanh a was used as a logit"),
            Mistake("squared-error", ((y - t) ** 2).sum(1).mean(), "squared error"),
            Mistake(
                "four-times",
                entropy((4 * a.double()).sigmoid()).sum(1).mean(),
                "the logit is too large by 2",
            ),
            Mistake(
                "rescaled-pixels",
                -((2 * t - 1) * ((1 + y) / 2).log() + (2 - 2 * t) * ((1 - y) / 2).log())
                .sum(1)
                .mean(),
                "the pixels were rescaled to [−1, 1]; cross-entropy wants them in [0, 1]",
            ),
        ]
        got = to_tensor(run(tanh_cross_entropy, a.clone(), x.clone(), name=name), "the loss")
        expect(
            not bool(got.isnan().any()),
            "NaN: the logarithm of a negative tanh was taken; tanh a stands for the "
            "probability (1 + y) / 2",
            "log-of-tanh",
        )
        expect_close(got, right, "the loss of 5 images of 3 pixels", [*known, *wrong])
    with report.criterion("large values"):
        for value, target, right in ((-100.0, 1.0, 200.0), (1000.0, 0.0, 2000.0)):
            got = to_tensor(
                run(
                    tanh_cross_entropy, torch.tensor([[value]]), torch.tensor([[target]]), name=name
                ),
                "the loss",
            )
            expect(
                bool(torch.isfinite(got).all()),
                f"the loss of pixel {target:g} at a = {value:g} is {float(got):g}: tanh rounded "
                "to ±1 before the logarithm was taken",
                "overflow",
            )
            known = [Mistake("half-logit", right / 2, "half of it: which logit has this sigmoid?")]
            expect_close(
                got, right, f"the loss of pixel {target:g} at a = {value:g}", known, atol=0.1
            )


def _descend(
    weight: Tensor,
    x: Tensor,
    lr: float,
    batches: list[Tensor],
    *,
    zero: bool = True,
    scale: float = 1.0,
    sums: bool = False,
) -> tuple[Tensor, list[tuple[float, int]]]:
    """Train x_hat = x Wᵀ by hand in float64; return W and (loss, images) of every batch."""
    w, x = weight.double().clone(), x.double()
    kept, losses = torch.zeros_like(w), []
    for index in batches:
        batch = x[index]
        residual = batch @ w.T - batch
        losses.append((float((residual**2).sum(1).mean()), len(index)))
        gradient = scale * 2 * residual.T @ batch / (1 if sums else len(index))
        kept = gradient if zero else kept + gradient
        w = w - lr * kept
    return w, losses


@check(
    {
        "steps on every image, in the order asked for": 1,
        "gradients are cleared": 1,
        "the loss that is minimised": 1,
        "the mean that is returned": 1,
    }
)
def train_epoch(report: Report, train_epoch: Callable) -> None:
    """A linear model trained by the student's loop and by hand, for several batch sizes."""
    n, d, lr, seed = 11, 4, 0.02, GRADER_SEED
    x = torch.randn(n, d, generator=generator(8))
    weight = torch.randn(d, d, generator=generator(9)) / 3
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))

    def answer(batch_size: int) -> tuple[object, Tensor]:
        return handles.epoch(train_epoch, weight, x, lr, batch_size, seed)

    def by_hand(batch_size: int, **variant: object) -> Tensor:
        return _descend(weight, x, lr, list(order.split(batch_size)), **variant)[0]

    close = {"rtol": 1e-3, "atol": 1e-5}
    still = Mistake("no-step", weight, "the weights did not move: backward() and step()?")
    with report.criterion("steps on every image, in the order asked for"):
        _, got = answer(4)
        batches = list(order.split(4))
        fixed = list(torch.arange(n).split(4))
        known = [
            still,
            Mistake("uphill", by_hand(4, scale=-1), "the weights went uphill"),
            Mistake(
                "not-shuffled",
                _descend(weight, x, lr, fixed)[0],
                "the images came in their stored order, not in a random one",
            ),
            Mistake(
                "last-batch-dropped",
                _descend(weight, x, lr, batches[:-1])[0],
                "the last, shorter batch was left out",
            ),
            Mistake(
                "one-batch-only",
                _descend(weight, x, lr, batches[:1])[0],
                "only the first batch was used: is `return` inside the loop?",
            ),
            Mistake("step-per-epoch", by_hand(n), "one step for the whole epoch"),
            Mistake("not-zeroed", by_hand(4, zero=False), "gradients of earlier steps add up"),
            Mistake("mean-over-pixels", by_hand(4, scale=1 / d), "loss averaged over pixels"),
            Mistake("sum-over-batch", by_hand(4, sums=True), "loss summed over the batch"),
        ]
        expect_close(got, by_hand(4), "the weights after an epoch in batches of 4", known, **close)
    with report.criterion("gradients are cleared"):
        _, got = answer(3)
        expect_close(
            got,
            by_hand(3),
            "the weights after an epoch in batches of 3",
            [
                still,
                Mistake(
                    "not-zeroed",
                    by_hand(3, zero=False),
                    "gradients of earlier steps add up; call optimizer.zero_grad()",
                ),
            ],
            **close,
        )
    with report.criterion("the loss that is minimised"):
        _, got = answer(n)  # one step on everything: the order does not matter
        expect_close(
            got,
            by_hand(n),
            "the weights after one step on all images",
            [
                still,
                Mistake("uphill", by_hand(n, scale=-1), "the weights went uphill"),
                Mistake(
                    "mean-over-pixels",
                    by_hand(n, scale=1 / d),
                    "the loss was averaged over pixels; sum them",
                ),
                Mistake(
                    "sum-over-batch",
                    by_hand(n, sums=True),
                    "the loss was summed over the batch; average over its images",
                ),
                Mistake("halved", by_hand(n, scale=0.5), "half the squared error was minimised"),
            ],
            **close,
        )
    with report.criterion("the mean that is returned"):
        value, _ = answer(4)
        losses = _descend(weight, x, lr, list(order.split(4)))[1]
        total = sum(loss * count for loss, count in losses)
        known = [
            Mistake(
                "mean-of-means",
                sum(loss for loss, _ in losses) / len(losses),
                "the mean of the batch means: a short batch counts as much as a full one",
            ),
            Mistake("total", total, "the total over images; divide by their number"),
            Mistake("sum-of-means", sum(loss for loss, _ in losses), "the sum of the batch means"),
            Mistake("last-batch", losses[-1][0], "the loss of the last batch only"),
            Mistake("mean-over-pixels", total / n / d, "averaged over pixels; sum them"),
        ]
        expect_close(value, total / n, "the returned value", known, rtol=1e-3)


@check({"the mean over images": 1, "eval mode, and back": 1, "no gradients": 1})
def reconstruction_error(report: Report, reconstruction_error: Callable) -> None:
    """A linear model with known error, in batches that do not divide the images."""
    x = torch.randn(13, 5, generator=generator(10))
    weight = torch.randn(5, 5, generator=generator(11)) / 2
    squares = ((x.double() @ weight.double().T - x.double()) ** 2).sum(1)
    right = squares.mean()

    def known(batch_size: int) -> list[Mistake]:
        means = torch.stack([piece.mean() for piece in squares.split(batch_size)])
        whole = squares[: len(squares) // batch_size * batch_size]
        return [
            Mistake("mean-over-pixels", right / 5, "averaged over pixels; sum them"),
            Mistake("total", squares.sum(), "the total; divide by the number of images"),
            Mistake(
                "mean-of-means",
                means.mean(),
                "the mean of the batch means: a short batch counts as much as a full one",
            ),
            Mistake("last-batch-dropped", whole.sum() / 13, "the last, shorter batch is missing"),
            Mistake("rooted", squares.sqrt().mean(), "a square root was taken"),
            Mistake("first-batch-only", squares[:batch_size].mean(), "only the first batch"),
            Mistake("one-per-image", squares, "one number per image; average them"),
        ]

    with report.criterion("the mean over images"):
        for batch_size in (4, 13, 100, 1):
            value, _, _ = handles.error(reconstruction_error, weight, x, batch_size)
            expect_close(
                value,
                right,
                f"the error of 13 images in batches of {batch_size}",
                known(batch_size) if batch_size == 4 else [],
            )
    with report.criterion("eval mode, and back"):
        value, mode, _ = handles.error(reconstruction_error, weight, x, 4, dropout=0.5)
        tensor = to_tensor(value, "the error")
        expect(
            any(_close(tensor, v) for v in (right, *(m.value for m in known(4)))),
            "dropout was active while measuring: switch the model to eval mode",
            "train-mode",
        )
        expect(mode, "the model came in training mode and was left in eval mode", "mode-changed")
        _, mode, _ = handles.error(reconstruction_error, weight, x, 4, training=False)
        expect(not mode, "the model came in eval mode and was left in training mode", "mode-forced")
    with report.criterion("no gradients"):
        value, _, recorded = handles.error(reconstruction_error, weight, x, 4)
        to_tensor(value, "the error")
        expect(
            not recorded, "gradients were recorded: measure inside torch.no_grad()", "gradients-on"
        )


def _close(a: Tensor, b: object) -> bool:
    b = to_tensor(b, "b").double()
    return a.shape == b.shape and torch.allclose(a.double(), b, rtol=1e-3)


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
