"""Visible tests of elective B: a model of windows, and what its errors are worth."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    passed,
    run,
    to_pair,
    to_tensor,
)


def _expect_layers(model: torch.nn.Module) -> None:
    """Raise unless the parameters are those of four layers with biases, for sizes 6, 4 and 2."""
    shapes = sorted(tuple(p.shape) for p in model.parameters())
    none = "no parameters: layers in a list are not found; use nn.Sequential or nn.ModuleList"
    expect(bool(shapes), none, "no-parameters")
    wanted = [(4, 6), (4,), (2, 4), (2,), (4, 2), (4,), (6, 4), (6,)]
    expect(
        shapes == sorted(wanted),
        "width=6, hidden=4 and latent=2 should give weights and biases of the shapes "
        f"{wanted} (the decoder mirrors the encoder), but they are {shapes}",
        "wrong-layers",
    )


def _explained(model: torch.nn.Module, x: Tensor, got: Tensor, down: bool) -> bool:
    """Return whether a ReLU between two layers of these parameters gives a half's result."""
    found = [p.detach().double() for p in model.parameters()]
    sizes = (6, 4, 2) if down else (2, 4, 6)
    first = next(p for p in found if p.shape == (4, sizes[0]))
    second = next(p for p in found if p.shape == (sizes[2], 4))
    last = next(p for p in found if p.shape == (sizes[2],))
    middle = [p for p in found if p.shape == (4,)]  # which of the two is found by trying
    values = [(x.double() @ first.T + b).relu() @ second.T + last for b in middle]
    return any(torch.allclose(value, got, rtol=1e-3, atol=1e-3) for value in values)


def window_autoencoder(WindowAutoencoder: Callable) -> bool:
    """Sizes 6, 4 and 2: layers, both halves, forward, and the errors of three windows."""
    model = run(WindowAutoencoder, 6, 4, 2, name="WindowAutoencoder")
    x = torch.linspace(-9, 9, 18).reshape(3, 6)
    z = expect_shape(run(model.encode, x, name="encode"), (3, 2), "the codes of 3 windows")
    expect_shape(run(model.decode, z, name="decode"), (3, 6), "decode(z)")
    stops = [Mistake("forward-returns-code", (3, 2), "forward stops at the code; decode it too")]
    rebuilt = expect_shape(run(model, x, name="model(x)"), (3, 6), "model(x)", stops).double()
    _expect_layers(model)
    many = 5 * torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
    for down, half, given in ((True, "encode", many), (False, "decode", many[:, :2])):
        got = to_tensor(run(getattr(model, half), given, name=half), half).double()
        expect(
            _explained(model, given, got, down),
            f"{half} is not what its layers give with one ReLU between them and nothing after the "
            "second",
            "other-layers",
        )
    twice = to_tensor(run(model.decode, z, name="decode"), "decode(encode(x))")
    known = [
        Mistake("forward-is-identity", x, "forward returns its input"),
        Mistake("residual", twice + x, "the window itself is added; the code is the only way"),
    ]
    expect_close(rebuilt, twice, "model(x), compared with decode(encode(x)),", known)
    # a window's error is (d₁² + … + d₆²) / 6, where d is model(x) − x
    d = rebuilt - x.double()
    right = [sum(float(v) ** 2 for v in row) / 6 for row in d]
    known = [
        Mistake("summed", [6 * v for v in right], "summed over a window; average over it"),
        Mistake("rooted", [v**0.5 for v in right], "the root of the mean square; no root here"),
        Mistake("rooted", [(6 * v) ** 0.5 for v in right], "a length; the mean of the squares"),
        Mistake("absolute", d.abs().mean(dim=1), "absolute differences; square them"),
        Mistake("not-squared", d.mean(dim=1), "both signs cancel; square the differences"),
        Mistake("not-squared", -d.mean(dim=1), "both signs cancel; square the differences"),
        Mistake("mean-squared", d.mean(dim=1) ** 2, "the square of the mean; mean of the squares"),
    ]
    shapes = [
        Mistake("one-for-all", (), "one number for all windows; one for each: `dim=1`"),
        Mistake("one-for-each-place", (6,), "one for each place; one for each window: `dim=1`"),
        Mistake("one-for-each-value", (3, 6), "one for each value; average over each window"),
        Mistake("column", (3, 1), "a column; average without `keepdim`"),
    ]
    model.train()
    found = run(model.errors, x, name="errors")
    expect_shape(found, (3,), "the errors of 3 windows", shapes)
    expect_close(found, right, "the errors of 3 windows", known, rtol=1e-3, show_expected=True)
    graph = type(found) is Tensor and found.requires_grad
    expect(not graph, "errors kept a graph: use `with torch.no_grad():`", "graph-kept")
    expect(model.training, "errors switched to eval mode and left it", "mode-changed")
    leaf = x.clone().requires_grad_()
    loss = run(model, leaf, name="model(x)").square().sum()
    reaches = loss.requires_grad and torch.autograd.grad(loss, leaf, allow_unused=True)[0]
    lost = "no gradient passes from model(x) to x: `no_grad` and `.detach()` belong into `errors`"
    expect(reaches is not None and reaches is not False, lost, "no-gradient")
    return passed("WindowAutoencoder", "layers, a ReLU in each half, forward, and one error each")


def _expect_of_equal(
    ranking_quality: Callable, name: str, parts: tuple[str, str], order: str
) -> None:
    """Raise unless three equal scores are one step of both curves."""
    value = run(ranking_quality, torch.full((3,), 0.3), torch.tensor([0, 1, 0]).bool(), name=name)
    last = "the last step is missing: flag points with *at least* the score, `>=`"
    of_none = [
        [Mistake("ties-win", 1, "ties count one half"), Mistake("ties-lose", 0, "one half each")],
        [Mistake("strictly-above", 0, last), Mistake("ties-in-order", 1 / 2, order)],
    ]
    rights = (1 / 2, 1 / 3)
    for got, right, mistakes, part in zip(
        to_pair(value, name, parts), rights, of_none, parts, strict=True
    ):
        what = f"{part} of an anomalous point between two others, with equal scores,"
        expect_close(got, right, what, mistakes, show_expected=True)


def ranking_quality(ranking_quality: Callable) -> bool:
    """Three anomalous points and four normal ones, two pairs of which are equal; then all equal."""
    name = "ranking_quality"
    scores = torch.tensor([0.4, 0.9, 0.1, 0.9, 0.7, 0.4, 0.2])
    anomalous = torch.tensor([1, 1, 0, 0, 1, 0, 0]).bool()
    parts = ("the area under the ROC curve", "the average precision")
    value = run(ranking_quality, scores.clone(), anomalous.clone(), name=name)
    found = to_pair(value, name, parts)
    # Of the 12 pairs 0.9 wins 3 and a half, 0.7 wins 3, 0.4 wins 2 and a half.
    # At least 0.9 are 2 points, 1 of them anomalous; at least 0.7: 3 and 2; at least 0.4: 5 and 3.
    # Recall grows by 1/3 at each of these steps, and not at 0.2 and 0.1.
    auroc, average = 9 / 12, (1 / 2 + 2 / 3 + 3 / 5) / 3
    order = "0.9 and 0.9 were put in an order; they are flagged together"
    turned = "the area below small scores, or of normal points; large ones are anomalous"
    known = [
        [
            Mistake("swapped", average, "this is the average precision; the area comes first"),
            Mistake("turned", 1 - auroc, turned),
            Mistake("ties-win", 10 / 12, "0.9 before 0.9 counts as won; it counts one half"),
            Mistake("ties-lose", 8 / 12, "0.9 behind 0.9 counts as lost; it counts one half"),
            Mistake("start-missing", (9 - 1 / 2) / 12, "the ROC curve starts at (0, 0)"),
            Mistake("gini", 2 * auroc - 1, "2 AUROC − 1; chance is one half here"),
            Mistake("pairs-counted", 9, "9 pairs; divide by the 12 that there are"),
            Mistake("all-pairs", 9 / 49, "divided by 7²; by the 3 · 4 pairs of different kind"),
            Mistake("one-kind", 9 / 3, "divided by 3; by 3 · 4"),
            Mistake("one-kind", 9 / 4, "divided by 4; by 3 · 4"),
            Mistake("mean-difference", 2 / 3 - 0.4, "a difference of means; count pairs"),
        ],
        [
            Mistake("swapped", auroc, "this is the area under the ROC curve, which comes first"),
            Mistake("ties-in-order", (1 + 2 / 3 + 3 / 4) / 3, order),
            Mistake("smallest-first", (1 / 4 + 2 / 5 + 3 / 7) / 3, "the largest score comes first"),
            Mistake(
                "normal-found", (1 / 2 + 2 / 5 + 3 / 6 + 4 / 7) / 4, "of finding *normal* points"
            ),
            Mistake("trapezoids", (3 / 4 + 7 / 12 + 19 / 30) / 3, "trapezoids; Σ (Rᵢ − Rᵢ₋₁) Pᵢ"),
            Mistake("trapezoids", (7 / 12 + 19 / 30) / 3, "trapezoids; Σ (Rᵢ − Rᵢ₋₁) Pᵢ"),
            Mistake("first-step-missing", (2 / 3 + 3 / 5) / 3, "recall grows from 0: R₀ = 0"),
            Mistake("previous-precision", (1 + 1 / 2 + 2 / 3) / 3, "Pᵢ is *after* the step"),
            Mistake(
                "steps-alike",
                (1 / 2 + 2 / 3 + 3 / 5 + 3 / 6 + 3 / 7) / 5,
                "the mean of precisions; each counts as recall grew",
            ),
            Mistake("interpolated", (2 / 3 + 2 / 3 + 3 / 5) / 3, "precision at 0.9 is 1/2"),
            Mistake("recall-not-divided", 3 * average, "recall is a share of the 3"),
            Mistake("divided-by-all", 3 * average / 7, "divided by 7; recall is a share of the 3"),
            Mistake("negative", -average, "below 0: walk from the largest score down"),
            Mistake("share", 3 / 7, "the share of anomalous points"),
        ],
    ]
    for got, right, mistakes, part in zip(found, (auroc, average), known, parts, strict=True):
        what = f"{part} of seven points"
        expect_close(got, right, what, mistakes, show_expected=True)
    _expect_of_equal(ranking_quality, name, parts, order)
    return passed(name, "both areas, where scores differ and where they are equal")


def _expect_flat(kernel_pca_errors: Callable) -> None:
    """Raise unless forty points have no error where the flat is the whole plane they lie in."""
    many = torch.randn(40, 2, generator=torch.Generator().manual_seed(0)) + 1
    k, what = many @ many.T, "the errors of 40 points in a plane with components=2"
    value = run(kernel_pca_errors, k, k.clone(), k.diagonal().clone(), 2, name="kernel_pca_errors")
    found = expect_shape(value, (40,), what)
    expect_close(found.clamp_min(0), torch.zeros(40), what, atol=1e-3, show_expected=True)
    below = f"{what} go below 0, where rounding has left less than nothing: `clamp_min(0)`"
    expect(float(found.min()) >= 0, below, "not-clamped")


def kernel_pca_errors(kernel_pca_errors: Callable) -> bool:
    """Four points in the plane about (2, 2), three new ones, and k(x, y) = x · y."""
    name = "kernel_pca_errors"
    train = torch.tensor([[0.0, 2.0], [4.0, 2.0], [2.0, 1.0], [2.0, 3.0]])
    new = torch.tensor([[5.0, 2.0], [2.0, 5.0], [0.0, 0.0]])
    tables = train @ train.T, new @ train.T, new.square().sum(dim=1)
    # Less their mean the four are (±2, 0) and (0, ±1): eigenvalues 8 and 2, and the flat of one
    # dimension is level, at height 2. The new points, less the mean, are (3, 0), (0, 3), (−2, −2).
    right = [0.0, 9.0, 4.0]
    # About the origin the largest eigenvalue is 21 + √265, and the axis has this direction:
    largest, angle = 21 + math.sqrt(265), math.atan2(32, 6) / 2
    u, v = math.cos(angle), math.sin(angle)
    uncentred = [(n - (8 * a * u + 2 * b * v) ** 2 / largest**2) for n, a, b in
                 ((9, 3, 0), (9, 0, 3), (8, -2, -2))]  # fmt: skip
    origin = [29 - (5 * u + 2 * v) ** 2, 29 - (2 * u + 5 * v) ** 2, 0]
    centre = "means of rows and columns off, the mean of all of them on"
    divide = "divide each square by its eigenvalue"
    both = "k̃(x, x) = k(x, x) − 2 · (mean of x) + mean of k_train"
    wrong: list[tuple[str, list[float], str]] = [
        ("not-centred", uncentred, f"centre k_train: {centre}"),
        ("nothing-centred", origin, f"centre all three: {centre}"),
        ("cross-not-centred", [-16, 5, 8], f"centre k_cross: {centre}"),
        ("self-not-centred", [20, 29, -4], f"centre k_self: {both}"),
        ("self-half-centred", [14, 23, 4], both),
        ("own-means", [17 / 9, 80 / 9, 23 / 9], "take means over the *training* points"),
        ("not-scaled", [-63, 9, -24], divide),
        ("scaled-up", [9 - 9 * 64, 9, 8 - 4 * 64], f"multiplied; {divide}"),
        ("variance-for-eigenvalue", [-27, 9, -8], f"not by λ / M; {divide}"),
        ("scaled-twice", [9 - 9 / 8, 9, 8 - 4 / 8], "divided by λ²; " + divide),
        ("projected", [9, 0, 4], "the length within the flat; subtract it from k̃(x, x)"),
        ("rooted", [0, 3, 2], "the distance; the *squared* distance is asked for"),
        ("not-squared", [6, 9, 10], "square the sums along the axes"),
        ("not-squared", [12, 9, 6], "square the sums along the axes"),
        ("nothing-subtracted", [9, 9, 8], "the whole distance: use the *last* eigenvector"),
        ("components-ignored", [0, 0, 0], "one axis only: take the last `components`"),
    ]
    known = [Mistake(how, values, why) for how, values, why in wrong]
    known += [Mistake(how, [max(v, 0.0) for v in values], why) for how, values, why in wrong]
    what = "the errors of (5, 2), (2, 5) and (0, 0) with components=1"
    copies = [t.clone() for t in tables]
    shapes = [
        Mistake("one-for-each-component", (3, 1), "one for each point: sum over the components"),
        Mistake("one-for-training-points", (4,), "one for each *new* point"),
        Mistake("every-with-every", (3, 3), "one for each new point, not for each pair"),
    ]
    found = expect_shape(run(kernel_pca_errors, *copies, 1, name=name), (3,), what, shapes)
    expect(
        not bool(torch.isnan(found).any()),
        f"{what} are NaN: `eigh` sorts upwards, and the first eigenvalues are 0 up to rounding",
        "smallest-components",
    )
    expect_close(found, right, what, known, atol=1e-3, show_expected=True)
    _expect_flat(kernel_pca_errors)
    return passed(name, "plain PCA's errors, from inner products alone, and never below 0")


def _expect_middle(corrected_errors: Callable, name: str) -> None:
    """Raise unless the fit goes through the middle where no line meets every image."""
    # Two images for each value of one feature: the fit goes through the middle of their logarithms,
    # log 2 at 0 and log 4 at 1, so that 8 is expected at 2.
    pairs = torch.tensor([[0.0], [0.0], [1.0], [1.0]])
    value = run(
        corrected_errors,
        torch.tensor([4.0]),
        torch.tensor([[2.0]]),
        torch.tensor([1.0, 4.0, 2.0, 8.0]),
        pairs,
        name=name,
    )
    what = "the corrected error 4 / 8 of an image with the feature 2"
    found = expect_shape(value, (1,), what)
    known = [
        Mistake("not-logged", [4 / 7.5], "fit the *logarithms* of the errors"),
        Mistake("log1p", [4 / (27 / math.sqrt(10) - 1)], "log(1 + e); the logarithm of e"),
    ]
    expect_close(found, [1 / 2], what, known, rtol=1e-3, show_expected=True)


def corrected_errors(corrected_errors: Callable) -> bool:
    """Errors that double with the first feature and shrink to a third with the second."""
    name = "corrected_errors"
    normal_features = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    normal = torch.tensor([6.0, 12.0, 2.0, 4.0, 8.0])
    features = torch.tensor([[2.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
    errors = torch.tensor([24.0, 2.0, 8.0])
    # The fit is exact: a = log 6, b = (log 2, −log 3). Expected are 6 · 4, 6 / 9 and 6 · 8 / 3.
    expected = [24.0, 2 / 3, 16.0]
    right = [1.0, 3.0, 1 / 2]
    turn = "the quotient the wrong way round: errors / expected"
    said = [math.log(v) for v in expected]
    factors = [4, 1 / 9, 8 / 3]
    geometric = (6 * 12 * 2 * 4 * 8) ** 0.2
    # To the base 10 the fit says log₁₀ 24 …, and exp makes 24 to the power 1 / log 10 of that.
    tens = [e / v ** (1 / math.log(10)) for e, v in zip((24, 2, 8), expected, strict=True)]
    known = [
        Mistake("turned", [1.0, 1 / 3, 2.0], turn),
        Mistake("expected-only", expected, "the expected errors; divide the errors by them"),
        Mistake("subtracted", [0.0, 4 / 3, -8.0], "divide by the expected errors"),
        Mistake("log-ratio", [0.0, math.log(3), -math.log(2)], "the logarithm of the quotient"),
        Mistake(
            "exp-missing",
            [e / v for e, v in zip((24, 2, 8), said, strict=True)],
            "the fit gives a logarithm: take exp of it",
        ),
        Mistake(
            "log-over-log",
            [math.log(e) / v for e, v in zip((24, 2, 8), said, strict=True)],
            "a logarithm over a logarithm; divide the errors themselves",
        ),
        Mistake("bases-mixed", tens, "exp belongs to the natural logarithm, `log`"),
        Mistake("features-ignored", [3.75, 2 / 6.4, 1.25], "6.4 is the mean of all normal errors"),
        Mistake(
            "geometric-mean", [e / geometric for e in (24, 2, 8)], "the features have no effect"
        ),
        Mistake(
            "constant-forgotten",
            [e / v for e, v in zip((24, 2, 8), factors, strict=True)],
            "the constant a is missing where the fit is used",
        ),
    ]
    # Fitted to the errors themselves, the slopes are 3.6 and −92/15, and the constant is 7.2.
    straight = [14.4, -76 / 15, 178 / 15]
    # Without a constant the logarithms have the slopes log 48 / 3 and log(4/3) / 3.
    through_0 = [48 ** (2 / 3), (4 / 3) ** (2 / 3), 48 * (4 / 3) ** (1 / 3)]
    # The means of the features are (4/5, 3/5) and (5/3, 1).
    shift = 2 ** (4 / 5 - 5 / 3) * 3 ** (1 - 3 / 5)
    why = "fit the *logarithms* of the errors"
    for mistake, values, message in (
        ("not-logged", straight, why),
        ("exp-without-log", [math.exp(v) for v in straight], why),
        ("no-constant", through_0, "the constant is missing: a column of ones"),
        ("centred-apart", [v * shift for v in expected], "each set was centred about its own mean"),
    ):
        wrong = [e / v for e, v in zip((24, 2, 8), values, strict=True)]
        known.append(Mistake(mistake, wrong, message))
    learnt = "learnt from the images that are judged, not from the normal ones"
    known.append(Mistake("fitted-to-tested", [1, 1, 1], learnt))
    shapes = [
        Mistake("every-with-every", (3, 3), "the fit gives a column: `.squeeze(1)` makes it (N,)"),
        Mistake("column", (3, 1), "a column; one number for each image, (N,)"),
        Mistake("one-for-normal", (5,), "one number for each image that is judged"),
    ]
    what = "the corrected errors of three images"
    value = run(corrected_errors, errors, features, normal, normal_features, name=name)
    found = expect_shape(value, (3,), what, shapes)
    expect_close(found, right, what, known, rtol=1e-3, atol=1e-4, show_expected=True)
    _expect_middle(corrected_errors, name)
    return passed(name, "a law with two features, and least squares where none is exact")
