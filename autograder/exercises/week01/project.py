"""Week 1: from images to codes on given axes, and back."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect_close, run, to_tensor
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week01._cloud import cloud

EXERCISE = Exercise(
    "project",
    defines=("project", "reconstruct"),
    right={
        "matrix products": """
            def project(x, mean, axes):
                return (x - mean) @ axes.T

            def reconstruct(z, mean, axes):
                return mean + z @ axes
        """,
        "loops": """
            def project(x, mean, axes):
                return torch.stack([
                    torch.stack([torch.dot(row - mean, axis) for axis in axes]) for row in x
                ])

            def reconstruct(z, mean, axes):
                out = []
                for code in z:
                    image = mean.clone()
                    for value, axis in zip(code, axes):
                        image = image + value * axis
                    out.append(image)
                return torch.stack(out)
        """,
        "einsum and numpy": """
            def project(x, mean, axes):
                return torch.einsum("nd,kd->nk", x - mean, axes)

            def reconstruct(z, mean, axes):
                return z.numpy().astype("float64") @ axes.numpy() + mean.numpy()
        """,
    },
    wrong={
        "not-centred": {"(x - mean)": "x", "mean + z @ axes": "z @ axes + mean"},
        "own-mean": {"x - mean": "x - x.mean(dim=0)", "mean + z @ axes": "z @ axes + mean"},
        "mean-not-added": {"mean + z @ axes": "z @ axes"},
        "mean-taken-off": {"mean + z @ axes": "z @ axes - mean"},
        "transposed-code": {
            "(x - mean) @ axes.T": "axes @ (x - mean).T",
            "mean + z @ axes": "(axes.T @ z + mean[:, None]).T",
        },
        "clamped": {"mean + z @ axes": "(z @ axes + mean).clamp(0, 1)"},
        "decoded": {"axes.T": "axes.T @ axes + mean", "mean + z @ axes": "z"},
        "mean-added": {"x - mean": "x + mean", "mean + z @ axes": "z @ axes + mean"},
        "raised-RuntimeError": {"axes.T": "axes", "mean + z @ axes": "z @ axes.T + mean"},
    },
)

TRAIN, X = cloud(40, 6, seed=2), cloud(4, 6, seed=3)  # the mean comes from other images
MEAN = TRAIN.double().mean(0)
ALL_AXES = torch.linalg.svd(TRAIN.double() - MEAN, full_matrices=False)[2]
AXES = ALL_AXES[:3]
CODE = (X.double() - MEAN) @ AXES.T
IMAGE = CODE @ AXES + MEAN
NOT_CENTRED = Mistake("not-centred", X.double() @ AXES.T, "the mean was not taken off")


@EXERCISE.criterion("codes", points=1)
def codes(project: Callable, reconstruct: Callable) -> None:
    """Of four images."""
    z = run(project, X.clone(), MEAN.float(), AXES.float(), name="project")
    own = (X - X.mean(0)).double() @ AXES.T
    added = (X + MEAN.float()).double() @ AXES.T
    given = "the images were centred with their own mean; use the training mean that is given"
    known = [
        NOT_CENTRED,
        Mistake("own-mean", own, given),
        Mistake("mean-added", added, "the mean was added"),
        Mistake("transposed-code", CODE.T, "its shape should be (N, k), one row an image"),
        Mistake("decoded", IMAGE, "this is an image already, not its code"),
        Mistake("scaled", CODE / CODE.std(0), "the code was rescaled; leave its width"),
        Mistake("absolute", CODE.abs(), "the signs were lost"),
    ]
    expect_close(z, CODE, "the code", known)


@EXERCISE.criterion("new images keep the given mean", points=1)
def given_mean(project: Callable, reconstruct: Callable) -> None:
    """Of a single image, whose own mean is itself."""
    one = run(project, X[:1].clone(), MEAN.float(), AXES.float(), name="project")
    zero = Mistake("own-mean", torch.zeros(1, 3), "a single image's own mean is itself")
    expect_close(one, CODE[:1], "the code of a single image", [zero, NOT_CENTRED])


@EXERCISE.criterion("reconstructions", points=1)
def reconstructions(project: Callable, reconstruct: Callable) -> None:
    """From codes that are given."""
    known = [
        Mistake("mean-not-added", CODE @ AXES, "the mean was not put back"),
        Mistake("mean-taken-off", CODE @ AXES - MEAN, "the mean was taken off a second time"),
        Mistake("code-returned", CODE, "this is still the code, not an image"),
        Mistake("transposed-image", IMAGE.T, "its shape should be (N, D), one row an image"),
        Mistake("clamped", IMAGE.clamp(0, 1), "clamped to [0, 1]; that is no longer linear"),
    ]
    x_hat = run(reconstruct, CODE.float(), MEAN.float(), AXES.float(), name="reconstruct")
    expect_close(x_hat, IMAGE, "the reconstruction", known, rtol=1e-3, atol=1e-4)


@EXERCISE.criterion("and back again", points=1)
def back_again(project: Callable, reconstruct: Callable) -> None:
    """With all axes nothing is lost."""
    mean, full = MEAN.float(), ALL_AXES.float()
    z = run(project, X.clone(), mean, full, name="project")
    back = run(reconstruct, to_tensor(z, "the code").float(), mean, full, name="reconstruct")
    known = [Mistake("mean-not-added", X - mean, "the mean was not put back")]
    what = "an image encoded and decoded with all 6 of 6 axes (nothing is lost)"
    expect_close(back, X, what, known, rtol=1e-3, atol=1e-3)


def by_sums(x: Tensor, mean: Tensor, axes: Tensor) -> Tensor:
    """Return codes by sums of products."""
    return ((x - mean)[:, None] * axes).sum(-1)


@EXERCISE.conduct(right=by_sums)
def arguments(new: Draw, n: int) -> Arguments:
    """Images, a mean and three orthonormal axes."""
    axes = torch.linalg.qr(new.normal(6, 3))[0].T.contiguous()
    return {"x": new.normal(n, 6) + 1, "mean": new.normal(6), "axes": axes}


def drawn(z: Tensor, mean: Tensor, axes: Tensor) -> Tensor:
    """Return images by sums of products."""
    return mean + (z[:, :, None] * axes).sum(1)


@EXERCISE.conduct("reconstruct", right=drawn)
def arguments_of_reconstruct(new: Draw, n: int) -> Arguments:
    """Codes instead of images."""
    given = arguments(new, n)
    return {"z": new.normal(n, 3), "mean": given["mean"], "axes": given["axes"]}
