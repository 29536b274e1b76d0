"""Week 4: the best linear denoiser, by least squares with a ridge."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect_close, expect_shape, run, to_pair
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "linear_least_squares",
    signature="def linear_least_squares(noisy, clean, ridge):",
    right={
        "centred normal equations": """
            a, y = noisy.double(), clean.double()
            ma, my = a.mean(0), y.mean(0)
            a, y = a - ma, y - my
            eye = torch.eye(a.shape[1], dtype=a.dtype)
            w = torch.linalg.solve(a.T @ a + ridge * eye, a.T @ y)
            return w.float(), (my - ma @ w).float()
        """,
        "column of ones without a penalty": """
            n, d = noisy.shape
            a = torch.cat([noisy, torch.ones(n, 1)], dim=1).double()
            penalty = ridge * torch.eye(d + 1, dtype=torch.float64)
            penalty[d, d] = 0
            both = torch.linalg.inv(a.T @ a + penalty) @ a.T @ clean.double()
            return both[:d].float(), both[d].float()
        """,
        "lstsq with rows for the ridge": """
            a = noisy.double() - noisy.double().mean(0)
            y = clean.double() - clean.double().mean(0)
            d = a.shape[1]
            more = math.sqrt(ridge) * torch.eye(d, dtype=torch.float64)
            top, bottom = (
                torch.cat([a, more]),
                torch.cat([y, torch.zeros(d, d, dtype=torch.float64)]),
            )
            w = torch.linalg.lstsq(top, bottom).solution
            return w.float(), (clean.double().mean(0) - noisy.double().mean(0) @ w).float()
        """,
        "singular values": """
            m, c = noisy.mean(0), clean.mean(0)
            u, s, vt = torch.linalg.svd(noisy - m, full_matrices=False)
            keep = torch.where(s > 1e-5 * s[0], s / (s**2 + ridge), torch.zeros_like(s))
            w = vt.T @ (keep[:, None] * (u.T @ (clean - c)))
            return w, c - m @ w
        """,
    },
    wrong={
        "no-bias": """
            d = noisy.shape[1]
            w = torch.linalg.solve(noisy.T @ noisy + ridge * torch.eye(d), noisy.T @ clean)
            return w, torch.zeros(d)
        """,
        "swapped": {"a, y = noisy": "noisy, clean = clean, noisy; a, y = noisy"},
        "transposed": {"w.float(), (my - ma @ w).float()": "w.T.float(), (my - ma @ w).float()"},
        "ridge-on-bias": """
            n, d = noisy.shape
            a = torch.cat([noisy, torch.ones(n, 1)], dim=1)
            both = torch.linalg.solve(a.T @ a + ridge * torch.eye(d + 1), a.T @ clean)
            return both[:d], both[d]
        """,
        "ridge-ignored": {"solve(a.T @ a + ridge * eye, a.T @ y)": "pinv(a) @ y"},
        "ridge-per-image": {
            "a.T @ a": "a.T @ a / len(a)",
            "a.T @ y": "a.T @ y / len(a)",
        },
        "ridge-squared": {"ridge * eye": "ridge**2 * eye"},
        "wrong-dtype": {"w.float(), (my - ma @ w).float()": "w, my - ma @ w"},
        "mean-only": {"w.float(), (my - ma @ w).float()": "w.float(), my.float()"},
        "bias-transposed": {"w.float(), (my - ma @ w).float()": "w.float(), (my - w @ ma).float()"},
    },
)

N, D = 40, 4
MIX = torch.randn(D, D, generator=grader_generator(33))
CLEAN = torch.randn(N, D, generator=grader_generator(34)) @ MIX + torch.tensor(
    [2.0, -1.0, 0.0, 3.0]
)
NOISY = CLEAN + 0.8 * torch.randn(N, D, generator=grader_generator(35))
NOISY = NOISY + torch.tensor([1.0, 0.0, -2.0, 0.5])

agree = functools.partial(expect_close, rtol=1e-3, atol=1e-4)


def solve(
    noisy: Tensor, clean: Tensor, ridge: float, *, bias: bool = True, on_bias: bool = False
) -> tuple[Tensor, Tensor]:
    """Return (W, b) from the normal equations of [x̃, 1], in float64."""
    a, y = noisy.double(), clean.double()
    d = a.shape[1]
    a = torch.cat([a, torch.ones(len(a), 1, dtype=a.dtype)], dim=1) if bias else a
    penalty = torch.full((a.shape[1],), float(ridge), dtype=a.dtype)
    if bias and not on_bias:
        penalty[-1] = 0
    both = torch.linalg.pinv(a.T @ a + torch.diag(penalty)) @ (a.T @ y)
    return both[:d], both[d] if bias else torch.zeros(y.shape[1], dtype=y.dtype)


RIGHT_W, RIGHT_B = solve(NOISY, CLEAN, 0.0)


def answer(function: Callable, noisy: Tensor, clean: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    """Return the student's W and b, if they have the right shapes."""
    name = "linear_least_squares"
    value = run(function, noisy.clone(), clean.clone(), ridge, name=name)
    weight, bias = to_pair(value, name, ("the weights", "the bias"))
    return expect_shape(weight, (D, D), "W"), expect_shape(bias, (D,), "b")


@EXERCISE.criterion("the weights", points=1)
def weights(linear_least_squares: Callable) -> None:
    """W without a ridge."""
    weight, _ = answer(linear_least_squares, NOISY, CLEAN, 0.0)
    known = [
        Mistake(
            "no-bias",
            solve(NOISY, CLEAN, 0.0, bias=False)[0],
            "they are those of a model without a bias: centre both, or add a column of ones",
        ),
        Mistake(
            "swapped",
            solve(CLEAN, NOISY, 0.0)[0],
            "clean and noisy are swapped: they damage, instead of repairing",
        ),
        Mistake("transposed", RIGHT_W.T, "transposed: images are rows, x̂ = x̃ @ W + b"),
    ]
    agree(weight, RIGHT_W, "W without ridge", known)


@EXERCISE.criterion("the bias", points=1)
def bias(linear_least_squares: Callable) -> None:
    """The bias b without a ridge."""
    _, got = answer(linear_least_squares, NOISY, CLEAN, 0.0)
    mean_in, mean_out = NOISY.double().mean(0), CLEAN.double().mean(0)
    known = [
        Mistake("no-bias", torch.zeros(D), "it is 0: the model needs one"),
        Mistake("mean-only", mean_out, "the mean clean image; take off what W makes of x̃'s"),
        Mistake("mean-only", mean_out - mean_in, "W is missing: mean(x) − mean(x̃) @ W"),
        Mistake("swapped", solve(CLEAN, NOISY, 0.0)[1], "clean and noisy are swapped"),
        Mistake("bias-transposed", mean_out - RIGHT_W @ mean_in, "W @ mean; rows: mean @ W"),
    ]
    agree(got, RIGHT_B, "b without ridge", known)


@EXERCISE.criterion("the ridge", points=1)
def ridge(linear_least_squares: Callable) -> None:
    """W and b with a ridge of 7 on W alone."""
    size = 7.0
    weight, bias = answer(linear_least_squares, NOISY, CLEAN, size)
    w, b = solve(NOISY, CLEAN, size)
    no_bias, _ = solve(NOISY, CLEAN, size, bias=False)
    on_bias, _ = solve(NOISY, CLEAN, size, on_bias=True)
    times_n, over_n, square, root = (
        solve(NOISY, CLEAN, r)[0] for r in (size * N, size / N, size**2, size**0.5)
    )
    known = [
        Mistake("no-bias", no_bias, "they are those of a model without a bias"),
        Mistake("ridge-ignored", RIGHT_W, "the ridge has no effect"),
        Mistake("ridge-per-image", times_n, "ridge was multiplied by N"),
        Mistake("ridge-per-image", over_n, "the ridge was divided by N"),
        Mistake("ridge-squared", square, "the ridge was squared"),
        Mistake("ridge-root", root, "a root was taken of the ridge"),
        Mistake("ridge-on-bias", on_bias, "the bias was penalised too; only W is"),
        Mistake("swapped", solve(CLEAN, NOISY, size)[0], "clean and noisy are swapped"),
        Mistake("transposed", w.T, "transposed: images are rows, x̂ = x̃ @ W + b"),
    ]
    agree(weight, w, "W with a ridge", known)
    agree(bias, b, "b with a ridge")


@EXERCISE.criterion("pixels that never vary", points=1)
def constant_pixels(linear_least_squares: Callable) -> None:
    """W and b where a noisy and a clean pixel have the same value in all images."""
    noisy, clean = NOISY.clone(), CLEAN.clone()
    noisy[:, 2] = 0.5
    clean[:, 1] = 0.0
    weight, bias = answer(linear_least_squares, noisy, clean, 0.5)
    w, b = solve(noisy, clean, 0.5)
    no_bias, _ = solve(noisy, clean, 0.5, bias=False)
    on_bias, _ = solve(noisy, clean, 0.5, on_bias=True)
    known = [
        Mistake("no-bias", no_bias, "it is that of a model without a bias"),
        Mistake("ridge-on-bias", on_bias, "the bias was penalised too; only W is"),
    ]
    agree(weight, w, "W where a pixel never varies", known)
    agree(bias, b, "b where a pixel never varies")


@EXERCISE.conduct(right=solve, sizes=(20, 6, 70), dtypes=[torch.float32] * 2, rtol=1e-3, atol=1e-3)
def arguments(new: Draw, n: int) -> Arguments:
    """Images and what noise makes of them."""
    clean = new.normal(n, 4) + 1
    noisy = clean + 0.5 * new.normal(n, 4)
    return {"noisy": noisy, "clean": clean, "ridge": new.alternate(0.5, 2.0)}
