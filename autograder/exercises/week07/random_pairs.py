"""Week 7: random pairs of images, half of them of one class, for a Siamese network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import expect, expect_shape, run, to_pair, to_tensor
from autograder.exercises import GRADER_SEED, Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw, Seed
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "random_pairs",
    signature="def random_pairs(labels, n, generator):",
    right={
        "pair by pair": """
            g, N = generator, len(labels)
            alone = torch.stack([(labels == c).sum() for c in labels]) < 2
            firsts = torch.randint(N, (n,), generator=g)
            a, b = [], []
            for k, i in enumerate(firsts.tolist()):
                while k < n // 2 and alone[i]:
                    i = int(torch.randint(N, (), generator=g))
                members = (labels == labels[i]).nonzero()[:, 0]
                members = members[members != i]
                others = (labels != labels[i]).nonzero()[:, 0]
                choice = members if k < n // 2 else others
                a.append(i)
                b.append(int(choice[torch.randint(len(choice), (), generator=g)]))
            mix = torch.randperm(n, generator=g)
            a, b = torch.tensor(a)[mix], torch.tensor(b)[mix]
            return a, b, labels[a] == labels[b]
        """,
        "draw many and keep some": """
            i = torch.randint(len(labels), (60 * n + 500,), generator=generator)
            j = torch.randint(len(labels), (60 * n + 500,), generator=generator)
            i, j = i[i != j], j[i != j]
            same = labels[i] == labels[j]
            rows = torch.cat([same.nonzero()[: n // 2, 0], (~same).nonzero()[: n - n // 2, 0]])
            rows = rows[torch.randperm(n, generator=generator)]
            return i[rows], j[rows], same[rows]
        """,
        "from lists of all pairs": """
            N = len(labels)
            i, j = (
                t.flatten() for t in torch.meshgrid(torch.arange(N), torch.arange(N), indexing="ij")
            )
            i, j = i[i != j], j[i != j]
            same = labels[i] == labels[j]
            rows = []
            for kind, number in ((True, n // 2), (False, n - n // 2)):
                fits = torch.nonzero(same == kind).squeeze(1)
                rows.append(fits[torch.randint(len(fits), (number,), generator=generator)])
            rows = torch.cat(rows)[torch.randperm(n, generator=generator)]
            return [i[rows], j[rows], same[rows]]
        """,
    },
    wrong={
        "self-pairs": {"members != i": "members > -1"},
        "swapped": {"labels[a] == labels[b]": "labels[a] != labels[b]"},
        "wrong-name": {"labels[a] == labels[b]": "torch.arange(n) < n // 2"},
        "unbalanced": """
            i = torch.randint(len(labels), (n,), generator=generator)
            j = (i + torch.randint(1, len(labels), (n,), generator=generator)) % len(labels)
            return i, j, labels[i] == labels[j]
        """,
        "raised-RuntimeError": {"and alone[i]": "and False"},
        "label-leaked": {"torch.randperm(n, generator=g)": "torch.arange(n)"},
        "generator-ignored": {"(n,), generator=g": "(n,)"},
        "seeded": {
            "mix = torch.randperm(n, generator=g)": (
                "torch.manual_seed(int(torch.randint(9, (), generator=g))); mix = torch.randperm(n)"
            )
        },
        "same-every-time": {"g, N = generator": "g, N = torch.Generator().manual_seed(0)"},
        "few-combinations": """
            kinds = labels.unique()
            a, b = [], []
            for k in range(n):
                i = int(torch.randint(len(labels), (), generator=generator))
                place = int((kinds == labels[i]).nonzero())
                wanted = kinds[place if k < n // 2 else (place + 1) % len(kinds)]
                choice = (labels == wanted).nonzero()[:, 0]
                choice = choice[choice != i]
                a.append(i)
                b.append(int(choice[torch.randint(len(choice), (), generator=generator)]))
            mix = torch.randperm(n, generator=generator)
            a, b = torch.tensor(a)[mix], torch.tensor(b)[mix]
            return a, b, labels[a] == labels[b]
        """,
        "classes-missing": """
            i = torch.randint(len(labels), (80 * n + 500,), generator=generator)
            j = torch.randint(len(labels), (80 * n + 500,), generator=generator)
            i, j = i[i != j], j[i != j]
            same = labels[i] == labels[j]
            common = labels == labels.mode().values
            rows = (same & common[i]).nonzero()[: n // 2, 0]
            rows = torch.cat([rows, (~same).nonzero()[: n - n // 2, 0]])
            rows = rows[torch.randperm(n, generator=generator)]
            return i[rows], j[rows], same[rows]
        """,
        "few-pairs": """
            i = torch.randint(len(labels), (9000,), generator=generator)
            j = torch.randint(len(labels), (9000,), generator=generator)
            i, j = i[i != j], j[i != j]
            same = labels[i] == labels[j]
            rows = [same.nonzero()[:95, 0].repeat(n)[: n // 2]]
            rows.append((~same).nonzero()[:95, 0].repeat(n)[: n - n // 2])
            rows = torch.cat(rows)[torch.randperm(n, generator=generator)]
            return i[rows], j[rows], same[rows]
        """,
        "images-missing": """
            few = len(labels) - 1  # the last one is never drawn
            i = torch.randint(few, (90 * n + 500,), generator=generator)
            j = torch.randint(few, (90 * n + 500,), generator=generator)
            i, j = i[i != j], j[i != j]
            same = labels[i] == labels[j]
            rows = torch.cat([same.nonzero()[: n // 2, 0], (~same).nonzero()[: n - n // 2, 0]])
            rows = rows[torch.randperm(n, generator=generator)]
            return i[rows], j[rows], same[rows]
        """,
        "no-rows": {
            "torch.tensor(b)[mix]": (
                "torch.tensor(b)[mix]; a, b, labels = labels[a], labels[b], torch.arange(99)"
            )
        },
    },
)

PAIRS = 2000  # so many that each bound is many standard errors away from the truth
HALF = 1000  # enough where no rare pair has to be seen
PARTS = ("the first images", "the second images", "`same`")
# 30 labels of four classes, of 12, 9, 6 and 3 members, mixed.
LABELS = torch.tensor([7] * 12 + [2] * 9 + [-1] * 6 + [30] * 3)
LABELS = LABELS[torch.randperm(30, generator=grader_generator(320))]
LONELY = torch.tensor(
    [5, 0, 5, 8, 3, 5, 5, -2, 9, 8]
)  # half of the images are alone in their class


@remote_call
def _drawn(random_pairs, labels, n, seed, elsewhere):
    import copy

    import torch

    torch.manual_seed(elsewhere)
    return copy.deepcopy(random_pairs(labels, n, torch.Generator().manual_seed(seed)))


def draw(
    random_pairs: Callable,
    n: int = PAIRS,
    seed: int = GRADER_SEED,
    elsewhere: int = 1,
    labels: Tensor = LABELS,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the student's pairs; `elsewhere` seeds torch's own generator."""
    name = "random_pairs"
    found = run(lambda: _drawn(random_pairs, labels.clone(), n, seed, elsewhere), name=name)
    parts = to_pair(found, name, PARTS)
    first, second, same = (
        expect_shape(v, (n,), what) for v, what in zip(parts, PARTS, strict=True)
    )
    for v, what in ((first, PARTS[0]), (second, PARTS[1])):
        expect(
            not v.is_floating_point() and v.dtype != torch.bool,
            f"{what} should be row numbers, integers, but they are {v.dtype}",
            "wrong-type",
        )
        expect(
            bool(((v >= 0) & (v < len(labels))).all()),
            f"{what} hold numbers that are no rows: are these labels?",
            "no-rows",
        )
    return first.long(), second.long(), same.bool()


@EXERCISE.criterion("different images, rightly named", points=1)
def rightly_named(random_pairs: Callable) -> None:
    """No image with itself, and `same` says what the labels say."""
    first, second, same = draw(random_pairs, HALF)
    itself = float((first == second).double().mean())
    expect(
        itself == 0,
        f"{100 * itself:.1f} % of the pairs are an image with itself: their distance is 0 "
        "whatever the network does",
        "self-pairs",
    )
    wrong = float(((LABELS[first] == LABELS[second]) != same).double().mean())
    expect(wrong < 1, "`same` is True for two classes: the other way round", "swapped")
    expect(
        wrong == 0,
        f"`same` is wrong for {100 * wrong:.1f} % of the pairs; compare the labels of the two "
        "rows that you return",
        "wrong-name",
    )


@EXERCISE.criterion("half and half, of every class", points=1)
def half_and_half(random_pairs: Callable) -> None:
    """As many pairs of each kind, from all images, classes and combinations of two classes."""
    first, second, _ = draw(random_pairs)
    alike = LABELS[first] == LABELS[second]
    share = float(alike.double().mean())
    expect(
        share == 0.5,
        f"{100 * share:.1f} % of the pairs are of one class; it should be half of them",
        "unbalanced",
    )
    ends = torch.stack([first, second], dim=1)
    expect_variety(ends[alike], ends[~alike])
    a, b, _ = draw(random_pairs, n=101)
    expect(
        int((LABELS[a] == LABELS[b]).sum()) == 50,
        "of 101 pairs 50 should be of one class, n // 2",
        "unbalanced",
    )
    a, b, _ = lonely = draw(random_pairs, n=120, labels=LONELY)
    expect(
        int((LONELY[a] == LONELY[b]).sum()) == 60 and not bool((a == b).any()),
        "where some images are alone in their class, half of the pairs should still be of one "
        "class, and none of an image with itself: draw again for an image without a partner",
        "alone",
    )
    again = draw(random_pairs, n=120, labels=LONELY, elsewhere=2)
    expect(
        all(torch.equal(a, b) for a, b in zip(lonely, again, strict=True)),
        "where some images are alone in their class, two generators of one seed gave different "
        "pairs: pass `generator=generator` to every random function",
        "generator-ignored",
    )


def expect_variety(alike: Tensor, different: Tensor) -> None:
    """Expect pairs, one a row, from all images, classes and combinations of two classes."""
    expect(
        len(torch.cat([alike, different]).sort(dim=1).values.unique(dim=0)) > 200,
        "the same few pairs again and again: draw the partner anew for each pair",
        "few-pairs",
    )
    classes = len(LABELS.unique())
    expect(
        len(LABELS[alike].unique()) == classes,
        "some classes have no pair of their own: draw from all of them",
        "classes-missing",
    )
    combinations = len(LABELS[different].sort(dim=1).values.unique(dim=0))
    every = classes * (classes - 1) // 2
    expect(
        combinations == every,
        f"of {every} ways to combine two classes only {combinations} occur: the partner's "
        "class must be drawn, too",
        "few-combinations",
    )
    seen = min(len(alike.unique()), len(different.unique()))
    expect(
        seen == len(LABELS),
        f"only {seen} of {len(LABELS)} images occur among the pairs of one kind: every "
        "image should",
        "images-missing",
    )


@EXERCISE.criterion("no order", points=1)
def no_order(random_pairs: Callable) -> None:
    """The place of a pair tells nothing; the generator decides, and nothing else."""
    first, second, _ = one = draw(random_pairs, HALF)
    alike = LABELS[first] == LABELS[second]
    switches = float((alike[1:] != alike[:-1]).double().mean())
    expect(
        0.4 < switches < 0.6,
        "the place of a pair tells whether it is of one class (all of one kind first, or in "
        "turns): mix them, or the label is leaked",
        "label-leaked",
    )
    again = draw(random_pairs, HALF, elsewhere=2)
    expect(
        all(torch.equal(a, b) for a, b in zip(one, again, strict=True)),
        "two generators of one seed gave different pairs: pass `generator=generator` to every "
        "random function",
        "generator-ignored",
    )
    a, b, _ = draw(random_pairs, HALF, seed=GRADER_SEED + 1)
    expect(
        not torch.equal(first, a) or not torch.equal(second, b),
        "another generator gave the same pairs: do not seed inside the function",
        "same-every-time",
    )


def are_pairs(result: Any, labels: Tensor, n: int, *_: object) -> str:
    """Return what is wrong with pairs."""
    first, second, same = (to_tensor(v, "the pairs") for v in result)
    if not first.shape == second.shape == same.shape == (n,):
        return f"{n} pairs were asked for"
    if first.is_floating_point() or int(torch.maximum(first, second).max()) >= len(labels):
        return "no rows"
    wrong = (first == second).any() or ((labels[first] == labels[second]) != same).any()
    return "wrong pairs" if bool(wrong) or int(same.sum()) != n // 2 else ""


@EXERCISE.conduct(holds=are_pairs, sizes=(12, 6, 70), dtypes=[None, None, torch.bool])
def arguments(new: Draw, n: int) -> Arguments:
    """Labels of three classes, and a number of pairs."""
    return {
        "labels": new.labels(n),
        "n": new.alternate(40, 31),
        "generator": Seed(new.whole(1, 99)),
    }
