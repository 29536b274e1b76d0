"""Visible tests of elective C: how good samples are, and roads between codes."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_shape,
    passed,
    run,
)


def _one_number(value: object, what: str, size: int) -> None:
    """Raise unless a result is one real number, NaN or not."""
    imaginary = type(value) is complex or (isinstance(value, Tensor) and value.is_complex())
    real = "keep the real parts, or take eigenvalues of a symmetric matrix, which are real"
    expect(not imaginary, f"{what} is a complex number: {real}", "complex")
    why = "a whole matrix; a trace makes one number of it"
    expect_shape(value, (), what, [Mistake("trace-missing", (size, size), why)])


def _two_gaussians(frechet_distance: Callable) -> None:
    """Four points beside four others, in the plane."""
    a = torch.tensor([[2.0, 0], [-2, 0], [0, 1], [0, -1]])
    b = torch.tensor([[5.0, 6], [1, 2], [4, 6], [2, 2]])
    # The means are (0, 0) and (3, 4), and ‖(3, 4)‖² is 25. Less its mean b is ±(2, 2), ±(1, 2):
    #   Σa = 2/3 (4 0; 0 1),   Σb = 2/3 (5 6; 6 8),   with the traces 10/3 and 26/3.
    # The roots of the eigenvalues of a 2 × 2 matrix M sum to √(tr M + 2 √det M). For M = Σa Σb
    # the trace is 4/9 · 28 and the determinant 16/81 · 4 · 4: √(4/9 (28 + 2 · 4)) = 4.
    right = 25 + 10 / 3 + 26 / 3 - 2 * 4
    entries = 2 / 3 * (math.sqrt(20) + math.sqrt(8))  # the roots of the diagonal of Σa Σb
    inner = (2 / 3) ** 1.5 * math.sqrt(88 + 2 * 8)  # of Σa Σb Σa = 8/27 (80 24; 24 8)
    # Σa^½ is √(2/3) (2 0; 0 1), and Σb^½ is √(2/3) (7 6; 6 10) / √17.
    separate = 2 / 3 * 24 / math.sqrt(17)
    # About (0, 0) the sums of squares and products are (8 0; 0 2) for a, and for b those about
    # its mean, 2 (5 6; 6 8), and 4 (9 12; 12 16): (46 60; 60 80).
    about = math.sqrt(8 * 46 + 2 * 80 + 2 * math.sqrt(16 * 80))
    products = math.sqrt(36) * 2  # of a and b, not divided by 3
    roots = "the root of a matrix has the roots of its *eigenvalues*, not of its entries"
    known = [
        Mistake(
            "root-of-entries",
            37 - 2 * entries,
            f"only the diagonals of Σa and Σb have an effect here; {roots}",
        ),
        Mistake("roots-multiplied", 37 - 2 * separate, "Σa^½ Σb^½ is not (Σa^½ Σb Σa^½)^½"),
        Mistake(
            "root-forgotten",
            37 - 2 * 4 / 9 * 28,
            "tr Σa Σb was subtracted; take the root of the matrix first",
        ),
        Mistake(
            "root-of-trace",
            37 - 4 / 3 * math.sqrt(28),
            "take the trace of the root, not the root of the trace",
        ),
        Mistake("factor-missing", 37 - 4, "the trace of the root is subtracted *twice*"),
        Mistake("inner-root-forgotten", 37 - 2 * inner, "Σa^½ Σb Σa^½, not Σa Σb Σa"),
        Mistake("traces-subtracted", 25 - 12 - 8, "the traces of Σa and Σb are added"),
        Mistake("one-mean", 4 + 3.5**2, "each feature has a mean of its own: `dim=0`"),
        Mistake("root-added", 37 + 8, "the root is subtracted, not added"),
        Mistake("root-left-out", 37, "means and variances alone; subtract the root twice"),
        Mistake("means-missing", 4, "the means, (0, 0) and (3, 4), are left out"),
        Mistake("mean-not-squared", 4 + 5, "the length of (3, 4) is 5; add its square, 25"),
        Mistake("mean-averaged", 4 + 12.5, "3² and 4² were averaged; sum them"),
        Mistake("mean-summed", 4 + 49, "3 and 4 were summed before the square"),
        Mistake("mean-summed", 4 - 7, "−3 and −4 were summed; sum their squares"),
        Mistake("mean-summed", 4 + 7, "3 and 4 were summed; sum their squares"),
        Mistake(
            "rooted", math.sqrt(29), "take no root at the end; the *squared* distance is asked for"
        ),
        Mistake("rooted", 2, "take no root of the trace"),
        Mistake("means-only", 25, "the covariances count as well"),
        Mistake(
            "covariances-subtracted",
            25 + 4 / 9 * (1 + 36 + 36 + 49),
            "‖Σa − Σb‖² is not in the formula",
        ),
        Mistake("uncentred", 25 + 136 / 3 - 2 / 3 * about, "a covariance is about the *mean*"),
        Mistake("uncentred", 25 + 136 / 4 - 2 / 4 * about, "a covariance is about the *mean*"),
        Mistake("divided-by-n", 25 + 3 / 4 * 4, "divide by N − 1 and M − 1, which are 3"),
        Mistake("not-divided", 25 + 36 - 2 * products, "divide the products by N − 1"),
        Mistake("wrong-axis", _of_rows(a, b), "`torch.cov` takes a feature in each *row*: .T"),
    ]
    what = "the distance of (±2, 0), (0, ±1) from (5, 6), (1, 2), (4, 6), (2, 2)"
    value = run(frechet_distance, a.clone(), b.clone(), name="frechet_distance")
    _one_number(value, what, 2)
    nan = f"{what} is NaN: a number below 0 has no root, and need have none; {roots}"
    expect(bool(torch.isfinite(expect_shape(value, (), what))), nan, "root-of-entries")
    expect_close(value, right, what, known, rtol=1e-3, show_expected=True)
    # Σ is (2 0; 0 1/2) and (9 0; 0 3): for each feature the difference of the roots, squared.
    c = torch.tensor([[2.0, 0], [-2, 0], [0, 1], [0, -1], [0, 0]])
    d = torch.tensor([[0.0, 2], [3, -1], [-3, -1]])
    right = (math.sqrt(2) - 3) ** 2 + (math.sqrt(1 / 2) - math.sqrt(3)) ** 2
    divided = (math.sqrt(8 / 5) - math.sqrt(6)) ** 2 + (math.sqrt(2 / 5) - math.sqrt(2)) ** 2
    known = [Mistake("divided-by-n", divided, "divide by N − 1 and M − 1, which are 4 and 2")]
    what = "the distance of (±2, 0), (0, ±1), (0, 0) from (0, 2), (±3, −1)"
    value = run(frechet_distance, c, d, name="frechet_distance")
    expect_close(value, right, what, known, rtol=1e-3, show_expected=True)


def _of_rows(a: Tensor, b: Tensor) -> float:
    """Return the distance with covariances of the rows; all of these are of rank one, as F = 2."""
    # less its mean a row is (r, −r), with the covariances 2 r s; only the products of b have signs
    p, q = ((x[:, 0] - x[:, 1]) / math.sqrt(2) for x in (a.double(), b.double()))
    return float(25 + (p @ p) + (q @ q) - 2 * (p @ q).abs())


def _singular(frechet_distance: Callable) -> None:
    """Two pairs of points in space; then sets of few rows beside themselves."""
    name = "frechet_distance"
    a, b = torch.tensor([[0.0, 0, 7], [2, 0, 7]]), torch.tensor([[0.0, 0, 7], [6, 8, 7]])
    flat = torch.randn(4, 16, generator=torch.Generator().manual_seed(0))
    flat = torch.cat([flat, flat[:, :4] + flat[:, 4:8], torch.ones(4, 1)], dim=1)
    # Σa is 2 for the first feature and 0 else, Σb = 2 (3, 4, 0)ᵀ(3, 4, 0), with traces 2 and 50;
    # Σa^½ Σb Σa^½ has the one eigenvalue 36. The means are (1, 0, 7) and (3, 4, 7):
    # 20 + 2 + 50 − 2 · 6.
    for x, y, right, what in (
        (a, b, 60, "the distance of (0, 0, 7), (2, 0, 7) from (0, 0, 7), (6, 8, 7)"),
        (flat, flat.clone(), 0, "the distance of 4 rows of 21 features from themselves"),
    ):
        try:
            value = run(frechet_distance, x, y, name=name)
        except CheckFailed as error:
            refused = error.mistake.startswith("raised-")
            why = (
                "an eigenvalue of 0 may come out slightly below 0, where its root is NaN, and what "
                "follows fails: cut eigenvalues off at 0 before the root"
            )
            if any(name in str(error) for name in ("cholesky", "linalg.inv", "solve")):
                why = (
                    "a singular covariance has no Cholesky root and no inverse: take eigenvalues, "
                )
                why += "cut off at 0"
            kind = error.mistake.removeprefix("raised-").lstrip("_")
            expect(not refused, f"{what} raised {kind}: {why}", "singular-refused")
            raise
        _one_number(value, what, x.shape[1])
        below = "is NaN: rounding pushes eigenvalues of 0 below it; cut them off at 0 first"
        finite = bool(torch.isfinite(expect_shape(value, (), what)))
        expect(finite, f"{what} {below}", "nan-for-singular")
        expect_close(value, right, what, rtol=1e-3, atol=0.1, show_expected=True)


def _nearest(nearest_distances: Callable) -> None:
    """Three samples and four training images of two numbers; then thirty copies."""
    name = "nearest_distances"
    samples = torch.tensor([[0.0, 0], [6, 8], [10, -12]])
    train = torch.tensor([[3.0, 4], [6, 8], [0, -12], [9, 4]])
    # from (0, 0): 5, 10, 12, √97; from (6, 8): 5, 0, √436, 5; from (10, −12): √305, √416, 10, √257
    right, root = [5.0, 0, 10], math.sqrt
    sums = [5 + 10 + 12 + root(97), 5 + 0 + root(436) + 5, root(305) + root(416) + 10 + root(257)]
    near = "look among the training images"
    known = [
        Mistake("squared", [25, 0, 100], "squares; take their roots"),
        Mistake(
            "mean-squared", [12.5, 0, 50], "mean squares; take the root of the *sum* of squares"
        ),
        Mistake("root-mean-squared", [v / root(2) for v in right], "sum the squares; no mean"),
        Mistake("city-block", [7, 0, 10], "|3| + |4| is 7; the root of 3² + 4² is 5"),
        Mistake("largest-difference", [4, 0, 10], "the larger of 3 and 4; √(3² + 4²) is 5"),
        Mistake("farthest", [12, root(436), root(416)], "to the *farthest* training image"),
        Mistake("mean-distance", [v / 4 for v in sums], "the mean; take the smallest of the four"),
        Mistake("summed", sums, "the sum over training images; take the smallest"),
        Mistake("over-training-images", [root(366), root(486), root(1078)], "one image at a time"),
        Mistake("among-samples", [0, 0, 0], f"a sample is its own nearest; {near}"),
        Mistake("nearest-other-sample", [10, 10, root(244)], f"between samples; {near}"),
        Mistake("cosine", [1, 0, 1 - 12 / root(244)], "1 − cosine, which leaves lengths out"),
        Mistake("place", [0, 1, 2], "a row number; return the distance to that row"),
        Mistake("place", [0, 1, 3], "a row number; return the distance to that row"),
    ]
    shapes = [
        Mistake(
            "for-each-training-image", (4,), "one for each training image; take the other axis"
        ),
        Mistake("one-for-all", (), "one number for all samples; return one for each"),
        Mistake("table", (3, 4), "a distance for each pair; keep the smallest of each row"),
        Mistake("column", (3, 1), "a column; return one number for each sample, (N,)"),
        Mistake(
            "each-number", (3, 2), "one for each number of a sample; return one for each sample"
        ),
    ]
    what = "the distances of (0, 0), (6, 8), (10, −12) from (3, 4), (6, 8), (0, −12), (9, 4)"
    value = run(nearest_distances, samples, train, name=name)
    expect_shape(value, (3,), what, shapes)
    expect_close(value, right, what, known, rtol=1e-3, atol=2e-2, show_expected=True)
    many = torch.rand(40, 64, generator=torch.Generator().manual_seed(0))
    what = "the distances of 30 copies from 40 training images"
    found = expect_shape(run(nearest_distances, many[:30], many, name=name), (30,), what)
    below = "are NaN: a square of 0 has come out below 0; cut it off at 0, or use torch.cdist"
    expect(bool(torch.isfinite(found).all()), f"{what} {below}", "nan-for-copies")
    expect_close(found, torch.zeros(30), what, atol=2e-2, show_expected=True)
    for x, y, alone in ((samples, train[:1], [5.0, 5, root(305)]), (samples[:1], train, [5.0])):
        what = f"the distances of {len(x)} samples from {len(y)} training images"
        value = run(nearest_distances, x, y, name=name)
        expect_close(value, alone, what, rtol=1e-3, atol=2e-2, show_expected=True)


def sample_quality(frechet_distance: Callable, nearest_distances: Callable) -> bool:
    """Points in the plane and in space; then samples beside training images."""
    _two_gaussians(frechet_distance)
    _singular(frechet_distance)
    _nearest(nearest_distances)
    return passed("sample_quality", "the distance of two Gaussians, and of the nearest image")


def _road(great_circle: Callable, a: Tensor, b: Tensor, steps: int, what: str) -> Tensor:
    """Return a road if it has the right shape."""
    k = len(a)
    shapes = [
        Mistake("one-too-many", (steps + 1, k), "one code too many; `steps` counts both ends"),
        Mistake("one-too-few", (steps - 1, k), "one code too few; `steps` counts both ends"),
        Mistake("one-too-few", (steps - 2, k), "two codes too few; `steps` counts both ends"),
        Mistake("transposed", (k, steps), "codes are the rows, not the columns"),
        Mistake("one-code", (k,), "a single code; return one for each value of t"),
    ]
    value = run(great_circle, a.clone(), b.clone(), steps, name="great_circle")
    return expect_shape(value, (steps, k), what, shapes)


def _great_circle(great_circle: Callable) -> None:
    """Roads between codes at 60°, 90°, 120° and 30° of each other."""
    # |a| is 0.5 and |b| is 1.2; the weights are sines of 60°, 40°, 20° and 0° over sin 60°
    r = math.sqrt(3)
    a, b = torch.tensor([0.5, 0]), torch.tensor([0.6, 0.6 * r])
    what = "the road of 60° in 4 codes from (0.5, 0) to (0.6, 0.6√3)"
    got = _road(great_circle, a, b, 4, what)
    t = torch.tensor([0, 1 / 3, 2 / 3, 1]).double()[:, None]
    p, q = a.double(), b.double()

    def mixed(angle: float, share: Tensor = t) -> Tensor:
        """Return what the formula gives for an angle and values of t."""
        one, other = ((1 - share) * angle).sin(), (share * angle).sin()
        return (one * p + other * q) / math.sin(angle)

    right, straight, sixty = mixed(math.pi / 3), (1 - t) * p + t * q, math.pi / 3
    unit, level = right / right.norm(dim=1, keepdim=True), straight.norm(dim=1, keepdim=True)
    turned = torch.cat([(t * sixty).cos(), (t * sixty).sin()], dim=1)
    lengths = (1 - t) * 0.5 + t * 1.2
    to_length = "a straight line that was scaled; weight a and b by sines"
    own = "a and b have the lengths 0.5 and 1.2, and keep them"
    known = [
        Mistake("straight-line", straight, "the straight line; weight a and b by sines"),
        *(
            Mistake("straight-to-length", length * straight / level, to_length)
            for length in (torch.tensor(v) for v in (0.5, 0.85, 1.2, 1.0))
        ),
        Mistake("straight-to-length", lengths * straight / level, to_length),
        Mistake("cosine-for-angle", mixed(0.5), "θ is the angle: `acos` of the cosine"),
        Mistake("degrees", mixed(60.0), "sines take radians, not degrees"),
        Mistake("right-angle", mixed(math.pi / 2), "weights as for 90°; the angle is 60° here"),
        Mistake("angle-without-lengths", mixed(math.acos(0.3)), "divide by both lengths"),
        Mistake("end-missing", mixed(sixty, t * 3 / 4), "b is missing: t goes up to 1"),
        Mistake("ends-missing", mixed(sixty, (3 * t + 1) / 5), "neither end is on the road"),
        Mistake("from-b-to-a", right.flip(0), "from b to a; at t = 0 all the weight is a's"),
        Mistake("sine-missing", right * math.sin(sixty), "divide by sin θ"),
        Mistake("unit-length", unit, f"all codes have length 1; {own}"),
        Mistake("unit-length", turned, f"all codes have length 1; {own}"),
        Mistake(
            "lengths-apart", lengths * turned, "lengths went straight; weight a and b as they are"
        ),
        Mistake("normalised-to-a", turned / 2, f"all codes have the length of a; {own}"),
        Mistake("normalised-to-a", unit / 2, f"all codes have the length of a; {own}"),
    ]
    expect_close(got, right, what, known, rtol=1e-3, atol=1e-4, show_expected=True)
    # Sines of 90°, 60°, 30° and 0°, and sin θ = 1; then sin 60° over sin 120°, which is 1; half-way
    # between two codes of length 2, which are 30° apart, lies one at 15°.
    half = math.pi / 12
    near = [[2.0, 0], [2 * math.cos(half), 2 * math.sin(half)], [r, 1]]
    corner, wide = [[2.0, 0], [r, 0.5], [1, r / 2], [0, 1]], [[2.0, 0], [0, 2 * r], [-2, 2 * r]]
    for end, road, what in (
        ([0.0, 1], corner, "the road of 90° in 4 codes from (2, 0) to (0, 1)"),
        ([-2, 2 * r], wide, "the road of 120° in 3 codes from (2, 0) to (−2, 2√3)"),
        ([r, 1], near, "the road of 30° in 3 codes from (2, 0) to (√3, 1)"),
    ):
        got = _road(great_circle, torch.tensor([2.0, 0]), torch.tensor(end), len(road), what)
        over = f"{what} holds NaN: a · b is no cosine; divide it by both lengths"
        expect(bool(torch.isfinite(got).all()), over, "angle-without-lengths")
        expect_close(got, road, what, rtol=1e-3, atol=1e-4, show_expected=True)


def _one_direction(great_circle: Callable) -> None:
    """A road along an axis; then roads along other directions, where cosines are rounded."""
    what = "3 codes from (0, 2) to (0, 6)"
    got = _road(great_circle, torch.tensor([0.0, 2]), torch.tensor([0.0, 6]), 3, what)
    cure = "sin θ is 0 where a and b point one way; take the straight line there"
    expect(bool(torch.isfinite(got).all()), f"{what} are NaN: 0/0; {cure}", "zero-over-zero")
    known = [
        Mistake("zero-over-epsilon", [[0.0, 0]] * 3, f"zeros; {cure}"),
        Mistake("stays-at-a", [[0.0, 2]] * 3, "a again and again; the road leads to b"),
        Mistake("from-b-to-a", [[0.0, 6], [0, 4], [0, 2]], "it leads from b to a"),
    ]
    expect_close(got, [[0, 2], [0, 4], [0, 6]], what, known, rtol=1e-3, show_expected=True)
    what = "3 codes from a to 2a"
    for a in torch.randn(60, 20, generator=torch.Generator().manual_seed(0)):
        got = _road(great_circle, a, 2 * a, 3, what)
        above = "are NaN: the cosine was rounded to above 1; clamp it to [−1, 1] first"
        expect(bool(torch.isfinite(got).all()), f"{what} {above}", "not-clamped")
        expect_close(got, torch.stack([a, 1.5 * a, 2 * a]), what, rtol=1e-3, atol=1e-3)


def _attribute(attribute_direction: Callable) -> None:
    """Seven codes of two numbers, of which three have the attribute."""
    name = "attribute_direction"
    codes = torch.tensor([[1.0, 2], [6, 0], [2, 6], [10, 3], [0, 1], [11, 9], [5, 7]])
    has = torch.tensor([False, True, False, True, False, True, False])
    # with it: (27, 12) / 3 = (9, 4); without: (8, 16) / 4 = (2, 4); all: (35, 28) / 7 = (5, 4)
    length = "its length matters; do not scale it"
    known = [
        Mistake("turned-round", [-7, 0], "from those with it to those without; turn it round"),
        Mistake(
            "minus-all", [4, 0], "the mean of *all* was subtracted; subtract that of the others"
        ),
        Mistake("all-minus-without", [3, 0], "the mean of *those with it*, not of all"),
        Mistake("normalised", [1, 0], f"scaled to length 1; {length}"),
        Mistake("summed", [19, -4], "sums; take means"),
        Mistake("divided-by-all", [19 / 7, -4 / 7], "divide by 3 and by 4, not by 7"),
        Mistake("median", [10 - 1, 3 - 2], "medians; take means"),
        Mistake("median", [10 - 1.5, 3 - 4], "medians; take means"),
        Mistake("with-only", [9, 4], "the mean of those with it; subtract that of the others"),
        Mistake("without-only", [2, 4], "the mean of those without it"),
        Mistake("added", [11, 8], "the means were added; subtract"),
        # rows 0 and 1, four times and three times, and the other way round
        Mistake("used-as-indices", [5 * (3 - 4) / 7, 2 * (4 - 3) / 7], "codes[has] needs booleans"),
    ]
    shapes = [
        Mistake("one-number", (), "one number; a direction has one for each unit: `dim=0`"),
        Mistake("one-for-each-image", (7,), "one for each image; average over images: `dim=0`"),
        Mistake("one-for-each-image", (3,), "one for each image; average over images: `dim=0`"),
        Mistake("row", (1, 2), "a table of one row; average without `keepdim`"),
        Mistake("for-each-image", (7, 2), "one code for each image; average over images"),
    ]
    what = "the direction from four codes with mean (2, 4) to three with mean (9, 4)"
    value = run(attribute_direction, codes.clone(), has.clone(), name=name)
    expect_shape(value, (2,), what, shapes)
    expect_close(value, [7, 0], what, known, show_expected=True)
    codes = torch.tensor([[1.0, 2, 0], [6, 0, 4]])
    value = run(attribute_direction, codes, has[:2].clone(), name=name)
    what = "the direction from (1, 2, 0) to (6, 0, 4)"
    expect_close(value, [5, -2, 4], what, show_expected=True)


def latent_paths(great_circle: Callable, attribute_direction: Callable) -> bool:
    """Roads in the plane, roads along one direction, and the direction between two means."""
    _great_circle(great_circle)
    _one_direction(great_circle)
    _attribute(attribute_direction)
    return passed("latent_paths", "the great circle, straight along one direction; two means apart")
