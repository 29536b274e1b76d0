"""Elective C: the great circle between two codes, and the direction of an attribute."""

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
    expect_unchanged,
    run,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.elective_c._paths import (
    OF_DIRECTION,
    OF_PATH,
    OTHER_PATHS,
    direction,
    path,
    scaled_lines,
)

EXERCISE = Exercise(
    "latent_paths",
    defines=("great_circle", "attribute_direction"),
    right={
        "acos of a clamped cosine; masks": """
            def great_circle(a, b, steps):
                t = torch.linspace(0, 1, steps, dtype=a.dtype)[:, None]
                cosine = (a @ b) / (a.norm() * b.norm())
                angle = cosine.clamp(-1, 1).acos()
                if angle < 1e-3:
                    return a + t * (b - a)
                first = torch.sin((1 - t) * angle)
                second = torch.sin(t * angle)
                return (first * a + second * b) / torch.sin(angle)

            def attribute_direction(codes, has):
                with_it = codes[has].mean(dim=0)
                without = codes[~has].mean(dim=0)
                return with_it - without
        """,
        "code by code, the angle by atan2, float64": """
            def great_circle(a, b, steps):
                p, q = a.double(), b.double()
                along = torch.dot(p, q)
                across = math.sqrt(max(0.0, float(p @ p) * float(q @ q) - float(along) ** 2))
                angle = math.atan2(across, float(along))
                road = []
                for i in range(steps):
                    t = i / (steps - 1)
                    if angle < 1e-5:
                        road.append((1 - t) * p + t * q)
                    else:
                        w, v = math.sin((1 - t) * angle), math.sin(t * angle)
                        road.append((w * p + v * q) / math.sin(angle))
                return torch.stack(road)

            def attribute_direction(codes, has):
                sums = [[0.0] * codes.shape[1], [0.0] * codes.shape[1]]
                number = [0, 0]
                for row, h in zip(codes.tolist(), has.tolist()):
                    number[h] += 1
                    for k, v in enumerate(row):
                        sums[h][k] += v
                return torch.tensor([p / number[1] - q / number[0] for q, p in zip(*sums)])
        """,
        "half the angle by the chord; weights": """
            def great_circle(a, b, steps):
                u, v = a / a.norm(), b / b.norm()
                angle = 2 * torch.atan2((u - v).norm(), (u + v).norm())
                t = torch.arange(steps, dtype=a.dtype) / (steps - 1)
                if torch.sin(angle) > 1e-4:
                    first = torch.sin((1 - t) * angle) / torch.sin(angle)
                    second = torch.sin(t * angle) / torch.sin(angle)
                else:
                    first, second = 1 - t, t
                return torch.outer(first, a) + torch.outer(second, b)

            def attribute_direction(codes, has):
                h = has.to(codes.dtype)
                return h @ codes / h.sum() - (1 - h) @ codes / (1 - h).sum()
        """,
        "numpy": """
            def great_circle(a, b, steps):
                p, q = a.double().numpy(), b.double().numpy()
                cosine = np.dot(p, q) / np.linalg.norm(p) / np.linalg.norm(q)
                t = np.linspace(0, 1, steps)
                if cosine > 0.9999999:
                    return torch.from_numpy(np.outer(1 - t, p) + np.outer(t, q))
                angle = np.arccos(max(cosine, -1.0))
                weights = np.stack([np.sin((1 - t) * angle), np.sin(t * angle)], axis=1)
                return torch.from_numpy(weights @ np.stack([p, q]) / np.sin(angle))

            def attribute_direction(codes, has):
                c, h = codes.double().numpy(), has.numpy()
                return torch.from_numpy(c[h].mean(axis=0) - c[np.logical_not(h)].mean(axis=0))
        """,
    },
    wrong={
        "straight-line": {"if angle < 1e-3:": "if True:"},
        "straight-to-length": {
            "if angle < 1e-3:": "if True:",
            "return a + t * (b - a)": (
                "return F.normalize(a + t * (b - a), dim=1) * (a.norm() + b.norm()) / 2"
            ),
        },
        "not-clamped": {".clamp(-1, 1)": ""},
        "zero-over-zero": {"if angle < 1e-3:": "if False:"},
        "zero-over-epsilon": {
            "if angle < 1e-3:": "if False:",
            "/ torch.sin(angle)": ("/ (torch.sin(angle) + 1e-8)"),
        },
        "cosine-for-angle": {"cosine.clamp(-1, 1).acos()": "cosine.clamp(-1, 1)"},
        "degrees": {".acos()": ".acos().rad2deg()"},
        "right-angle": {"cosine.clamp(-1, 1).acos()": "torch.tensor(math.pi / 2)"},
        "end-missing": {
            "torch.linspace(0, 1, steps, dtype=a.dtype)": "(torch.arange(steps) / steps)"
        },
        "one-too-many": {"linspace(0, 1, steps,": "linspace(0, 1, steps + 1,"},
        "from-b-to-a": {"first * a + second * b": "second * a + first * b"},
        "sine-missing": {" / torch.sin(angle)": ""},
        "unit-length": {
            "(first * a + second * b) / torch.sin(angle)": (
                "F.normalize(first * a + second * b, dim=1)"
            )
        },
        "lengths-apart": {
            "(first * a + second * b) / torch.sin(angle)": (
                "((1 - t) * a.norm() + t * b.norm()) * (first * a / a.norm() "
                "+ second * b / b.norm()) / torch.sin(angle)"
            )
        },
        "angle-without-lengths": {" / (a.norm() * b.norm())": ""},
        "transposed": {
            "(first * a + second * b) / torch.sin(angle)": (
                "((first * a + second * b) / torch.sin(angle)).T"
            )
        },
        "turned-round": {"with_it - without": "without - with_it"},
        "minus-all": {"without = codes[~has]": "without = codes"},
        "normalised": {"return with_it - without": "return F.normalize(with_it - without, dim=0)"},
        "summed": {
            "codes[has].mean(dim=0)": "codes[has].sum(dim=0)",
            "codes[~has].mean(dim=0)": "codes[~has].sum(dim=0)",
        },
        "divided-by-all": {
            "codes[has].mean(dim=0)": "codes[has].sum(dim=0) / len(codes)",
            "codes[~has].mean(dim=0)": "codes[~has].sum(dim=0) / len(codes)",
        },
        "median": {
            "codes[has].mean(dim=0)": "codes[has].median(dim=0).values",
            "codes[~has].mean(dim=0)": "codes[~has].median(dim=0).values",
        },
        "with-only": {"with_it - without": "with_it"},
        "added": {"with_it - without": "with_it + without"},
        "one-number": {
            "codes[has].mean(dim=0)": "codes[has].mean()",
            "codes[~has].mean(dim=0)": "codes[~has].mean()",
        },
        "used-as-indices": {
            "codes[has]": "codes[has.long()]",
            "codes[~has]": "codes[(~has).long()]",
        },
    },
)

# --- the great circle -----------------------------------------------------------------------------


def expect_road(great_circle: Callable, a: Tensor, b: Tensor, steps: int, what: str) -> Tensor:
    """Return the student's road if it has the right shape, whatever its numbers."""
    given = a.clone(), b.clone()
    value = run(great_circle, *given, steps, name="great_circle")
    for before, after in zip((a, b), given, strict=True):
        expect_unchanged(before, after, "great_circle")
    k = len(a)
    shapes = [
        Mistake("one-too-many", (steps + 1, k), "one code too many; `steps` counts both ends"),
        Mistake("one-too-few", (steps - 1, k), "one code too few; `steps` counts both ends"),
        Mistake("one-too-few", (steps - 2, k), "two codes too few; `steps` counts both ends"),
        Mistake("transposed", (k, steps), "codes are the rows, not the columns"),
        Mistake("one-code", (k,), "a single code; return one for each value of t"),
    ]
    return expect_shape(value, (steps, k), what, shapes)


def expect_path(great_circle: Callable, a: Tensor, b: Tensor, steps: int, what: str) -> None:
    """Compare the student's road with a turn in the plane of a and b."""
    got = expect_road(great_circle, a, b, steps, what)
    right = path(a, b, steps)
    ways = [(how, how) for how in OF_PATH if how != "straight-to-length"] + [*OTHER_PATHS.items()]
    known = [Mistake(name, path(a, b, steps, how), OF_PATH[name]) for how, name in ways]
    scaled = OF_PATH["straight-to-length"]
    known += [Mistake("straight-to-length", line, scaled) for line in scaled_lines(a, b, steps)]
    known.append(Mistake("zero-over-epsilon", 0 * right, "zeros: 0 over a small number"))
    expect_close(got, right, what, known, rtol=1e-3, atol=1e-4)


def pair(seed: int, k: int, degrees: float, lengths: tuple[float, float]) -> tuple[Tensor, Tensor]:
    """Return two codes of given lengths with a given angle between them.

    Args:
        seed: of the draws.
        k: numbers of a code, 2 or more.
        degrees: the angle.
        lengths: of both.
    """
    plane = torch.linalg.qr(torch.randn(k, 2, generator=grader_generator(seed))).Q
    angle = math.radians(degrees)
    turned = math.cos(angle) * plane[:, 0] + math.sin(angle) * plane[:, 1]
    return lengths[0] * plane[:, 0], lengths[1] * turned


@EXERCISE.criterion("between two codes", points=1)
def between_two(great_circle: Callable, attribute_direction: Callable) -> None:
    """Codes of different lengths at acute and obtuse angles, in few steps and many."""
    for seed, k, degrees, lengths, steps in (
        (740, 3, 70.0, (0.6, 1.3), 7),
        (741, 20, 100.0, (4.0, 5.5), 6),
        (742, 2, 40.0, (2.5, 0.5), 4),
        (743, 6, 160.0, (1.0, 3.0), 3),
        (744, 5, 55.0, (1.5, 2.5), 2),
    ):
        a, b = pair(seed, k, degrees, lengths)
        what = f"the road of {degrees:.0f}° in {steps} codes of {k} numbers"
        expect_path(great_circle, a, b, steps, what)


@EXERCISE.criterion(
    "one direction",
    points=1,
    alone="right where a and b point in different directions, wrong where they point in one",
)
def one_direction(great_circle: Callable, attribute_direction: Callable) -> None:
    """An angle of 60°; then codes along an axis, and in sixty other directions."""
    a, b = pair(745, 4, 60.0, (0.7, 1.2))
    expect_path(great_circle, a, b, 6, "the road of 60° in 6 codes")
    axis = torch.tensor([0.0, 2.0, 0.0])
    what = "5 codes from a to b = 3a"
    cure = "0/0 where the angle is 0, because sin θ is 0 then; take the straight line"
    got = expect_road(great_circle, axis, 3 * axis, 5, what)
    expect(bool(torch.isfinite(got).all()), f"{what} are NaN or infinite: {cure}", "zero-over-zero")
    line = path(axis, 3 * axis, 5)
    known = [
        Mistake("zero-over-epsilon", 0 * line, "zeros: 0 over a small number is 0; " + cure),
        Mistake("stays-at-a", axis.expand(5, 3), "a again and again; the road leads to b"),
        Mistake("stays-at-b", 3 * axis.expand(5, 3), "b again and again; the road begins at a"),
        Mistake("from-b-to-a", line.flip(0), "the straight line from b to a"),
    ]
    expect_close(got, line, what, known, rtol=1e-3, atol=1e-4)
    rng = grader_generator(746)
    for a in torch.randn(60, 20, generator=rng):
        what = "4 codes from a to b = 1.7a"
        got = expect_road(great_circle, a, 1.7 * a, 4, what)
        expect(
            bool(torch.isfinite(got).all()),
            f"{what} are NaN or infinite: rounding has made the cosine a hair larger than 1, which "
            "is no angle's; clamp it to [−1, 1] first",
            "not-clamped",
        )
        expect_close(got, path(a, 1.7 * a, 4), what, rtol=1e-3, atol=1e-3)


# --- the direction of an attribute ----------------------------------------------------------------


def expect_direction(attribute_direction: Callable, codes: Tensor, has: Tensor, what: str) -> None:
    """Compare the student's direction with the difference of two sums."""
    given = codes.clone(), has.clone()
    value = run(attribute_direction, *given, name="attribute_direction")
    for before, after in zip((codes, has), given, strict=True):
        expect_unchanged(before, after, "attribute_direction")
    n, k = codes.shape
    shapes = [
        Mistake("one-number", (), "one number; a direction has one for each unit, (K,)"),
        Mistake("one-for-each-image", (n,), "one number for each image; average over images"),
        Mistake("for-each-image", (n, k), "one code for each image; average over images"),
        Mistake("row", (1, k), "a table of one row; return (K,)"),
    ]
    got = expect_shape(value, (k,), what, shapes)
    right = direction(codes, has)
    known = [Mistake(how, direction(codes, has, how), why) for how, why in OF_DIRECTION.items()]
    expect_close(got, right, what, known, rtol=1e-3, atol=1e-4)


@EXERCISE.criterion("the direction of an attribute", points=1)
def attribute(great_circle: Callable, attribute_direction: Callable) -> None:
    """Few images that have it, many that have it, and a single one; codes off the origin."""
    rng = grader_generator(750)
    for n, k, number in ((13, 4, 4), (17, 5, 12), (6, 3, 1)):
        codes = torch.randn(n, k, generator=rng) * 1.5 + 2
        has = torch.randperm(n, generator=rng) < number
        codes[has] += torch.linspace(-1, 2, k)
        what = f"the direction of an attribute that {number} of {n} images have"
        expect_direction(attribute_direction, codes, has, what)


# --- conduct --------------------------------------------------------------------------------------


@EXERCISE.conduct(
    right=path,
    rtol=1e-3,
    atol=1e-4,
    sizes=(6, 2, 70),
    extremes=[
        {"a": torch.tensor([3.0, 4.0]), "b": torch.tensor([6.0, 8.0]), "steps": 3},
        {"a": torch.tensor([3.0, 4.0]), "b": torch.tensor([-4.0, 2.0]), "steps": 2},
    ],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Codes of five numbers, not opposite; at the extremes one direction, and the two ends."""
    a = new.normal(5) + 1
    return {"a": a, "b": 2 * new.normal(5) + 0.5 * a, "steps": new.alternate(n, n + 3)}


@EXERCISE.conduct(
    "attribute_direction",
    right=direction,
    sizes=(7, 2, 70),
    extremes=[
        {"codes": torch.tensor([[1.0, 2.0], [4.0, -3.0]]), "has": torch.tensor([True, False])}
    ],
)
def arguments_of_attribute_direction(new: Draw, n: int) -> Arguments:
    """A third of the images have the attribute, at least one, and one at least has not."""
    has = new.order(n) < max(1, n // 3)
    return {"codes": new.normal(n, 4) + 1, "has": has}
