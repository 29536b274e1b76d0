"""Elective B: precision and recall of events, and the point adjustment."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
    to_pair,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.elective_b._event_runs import (
    FIRST,
    OF_ADJUSTMENT,
    OF_QUALITY,
    PARTS,
    adjusted,
    quality,
)

EXERCISE = Exercise(
    "events",
    defines=("event_quality", "point_adjust"),
    right={
        "runs are numbered": """
            def numbers(runs):
                before = torch.cat([runs.new_zeros(1), runs[:-1]])
                starts = runs & ~before
                return starts.cumsum(0), int(starts.sum())

            def share(runs, others):
                number, count = numbers(runs)
                met = number[runs & others].unique()
                return len(met) / count if count > 0 else 0.0

            def event_quality(flagged, anomalous):
                precision = share(flagged, anomalous)
                recall = share(anomalous, flagged)
                return precision, recall

            def point_adjust(flagged, anomalous):
                number, _ = numbers(anomalous)
                met = number[flagged & anomalous].unique()
                whole = torch.isin(number, met)
                return flagged | (anomalous & whole)
        """,
        "one walk along the points": """
            def runs_of(mask):
                runs, start = [], None
                for t, inside in enumerate(mask.tolist() + [False]):
                    if inside and start is None:
                        start = t
                    elif start is not None and not inside:
                        runs.append((start, t))
                        start = None
                return runs

            def event_quality(flagged, anomalous):
                alarms, events = runs_of(flagged), runs_of(anomalous)
                good = sum(bool(anomalous[a:b].any()) for a, b in alarms)
                found = sum(bool(flagged[a:b].any()) for a, b in events)
                return (good / len(alarms) if alarms else 0.0), found / len(events)

            def point_adjust(flagged, anomalous):
                out = flagged.clone()
                for a, b in runs_of(anomalous):
                    out[a:b] |= flagged[a:b].any()
                return out
        """,
        "numpy, edges and running sums": """
            def edges(mask):
                padded = np.concatenate([[0], mask.numpy(), [0]])
                change = np.diff(padded)
                return np.flatnonzero(change == 1), np.flatnonzero(change == -1)

            def hits(mask, other):
                first, behind = edges(mask)
                sums = np.concatenate([[0], np.cumsum(other.numpy())])
                return sums[behind] > sums[first]

            def event_quality(flagged, anomalous):
                good, found = hits(flagged, anomalous), hits(anomalous, flagged)
                return float(good.sum() / max(len(good), 1)), float(found.mean())

            def point_adjust(flagged, anomalous):
                first, behind = edges(anomalous)
                lengths = behind - first
                out = flagged.numpy().copy()
                out[anomalous.numpy()] |= np.repeat(hits(anomalous, flagged), lengths)
                return torch.from_numpy(out)
        """,
        "hits spread through their runs": """
            def spread(hit, runs):
                hit = hit & runs
                while True:
                    wider = hit.clone()
                    wider[1:] |= hit[:-1]
                    wider[:-1] |= hit[1:]
                    wider &= runs
                    if torch.equal(wider, hit):
                        return hit
                    hit = wider

            def count(runs):
                return int(runs[0] + (runs[1:] > runs[:-1]).sum())

            def event_quality(flagged, anomalous):
                alarms, events = count(flagged), count(anomalous)
                good = count(spread(anomalous, flagged))
                return good / max(alarms, 1), count(spread(flagged, anomalous)) / events

            def point_adjust(flagged, anomalous):
                return flagged.logical_or(spread(flagged, anomalous))
        """,
    },
    wrong={
        "points-counted": {
            "precision = share(flagged, anomalous)": (
                "precision = int((flagged & anomalous).sum()) / max(1, int(flagged.sum()))"
            ),
            "recall = share(anomalous, flagged)": (
                "recall = int((flagged & anomalous).sum()) / int(anomalous.sum())"
            ),
        },
        "adjusted-points": {
            "precision = share(flagged, anomalous)": (
                "flagged = point_adjust(flagged, anomalous); "
                "precision = int((flagged & anomalous).sum()) / max(1, int(flagged.sum()))"
            ),
            "recall = share(anomalous, flagged)": (
                "recall = int((flagged & anomalous).sum()) / int(anomalous.sum())"
            ),
        },
        "adjusted-first": {
            "precision = share": "flagged = point_adjust(flagged, anomalous); precision = share"
        },
        "swapped": {"return precision, recall": "return recall, precision"},
        "events-over-alarms": {
            "precision = share(flagged, anomalous)": (
                "precision = share(anomalous, flagged) * numbers(anomalous)[1] "
                "/ max(1, numbers(flagged)[1])"
            )
        },
        "alarms-over-events": {
            "recall = share(anomalous, flagged)": (
                "recall = precision * numbers(flagged)[1] / numbers(anomalous)[1]"
            )
        },
        "overlaps-counted": {
            "met = number[runs & others].unique()\n": "met = range(numbers(runs & others)[1])\n"
        },
        "whole-runs": {
            "met = number[runs & others].unique()\n": (
                "met = [i for i in range(1, count + 1) if others[runs & (number == i)].all()]\n"
            )
        },
        "first-run-lost": {"starts = runs & ~before": "starts = runs & ~before; starts[0] = False"},
        "last-run-lost": """
            def ends_of(runs):
                return (runs[:-1] & ~runs[1:]).nonzero().flatten().tolist()

            def starts_of(runs):
                starts = (runs[1:] & ~runs[:-1]).nonzero().flatten() + 1
                return ([0] if runs[0] else []) + starts.tolist()

            def share(runs, others):
                pairs = list(zip(starts_of(runs), ends_of(runs)))
                met = sum(bool(others[a : b + 1].any()) for a, b in pairs)
                return met / len(pairs) if pairs else 0.0

            def event_quality(flagged, anomalous):
                return share(flagged, anomalous), share(anomalous, flagged)

            def point_adjust(flagged, anomalous):
                out = flagged.clone()
                for a, b in zip(starts_of(anomalous), ends_of(anomalous)):
                    if flagged[a : b + 1].any():
                        out[a : b + 1] = True
                return out
        """,
        "ends-joined": {
            "before = torch.cat([runs.new_zeros(1), runs[:-1]])": "before = runs.roll(1)",
            "return starts.cumsum(0), int(starts.sum())": (
                "count = int(starts.sum()); number = starts.cumsum(0); "
                "return torch.where(number > 0, number, count), count"
            ),
        },
        "both-edges": {"starts = runs & ~before": "starts = runs ^ before"},
        "nan-for-none": {" if count > 0 else 0.0": " if count > 0 else math.nan"},
        "one-for-none": {" if count > 0 else 0.0": " if count > 0 else 1.0"},
        "division-by-zero": {" if count > 0 else 0.0": ""},
        "not-adjusted": {"return flagged | (anomalous & whole)": "return flagged"},
        "false-alarms-lost": {"flagged | (anomalous & whole)": "anomalous & whole"},
        "all-events": {"flagged | (anomalous & whole)": "flagged | anomalous"},
        "only-after": {
            "met = number[flagged & anomalous].unique()\n    whole": "inside = False\n    whole",
            "torch.isin(number, met)": "flagged.clone()",
            "return flagged | (anomalous & whole)": (
                "for t in range(len(flagged)):\n"
                "        inside = bool(anomalous[t]) and (inside or bool(flagged[t]))\n"
                "        whole[t] |= inside\n"
                "    return flagged | whole"
            ),
        },
        "neighbours-only": {
            "whole = torch.isin(number, met)": (
                "near = flagged.clone(); near[1:] |= flagged[:-1]; near[:-1] |= flagged[1:]; "
                "whole = near"
            )
        },
        "roles-swapped": {
            "number, _ = numbers(anomalous)": (
                "flagged, anomalous = anomalous, flagged; number, _ = numbers(anomalous)"
            )
        },
        "events-unmet": {"anomalous & whole": "anomalous & ~whole"},
        "alarms-dropped": {
            "flagged | (anomalous & whole)": (
                "flagged & torch.isin(numbers(flagged)[0], "
                "numbers(flagged)[0][flagged & anomalous]) | (anomalous & whole)"
            )
        },
        "not-booleans": {
            "flagged | (anomalous & whole)": "(flagged | (anomalous & whole)).float()"
        },
        "changed-its-argument": {
            "return flagged |": "flagged |= anomalous & whole; return flagged |"
        },
    },
)

Masks = tuple[Tensor, Tensor]  # flagged and anomalous


def masks(flagged: str, anomalous: str) -> Masks:
    """Return two texts of # and . as booleans."""
    one, other = ([letter == "#" for letter in text] for text in (flagged, anomalous))
    return torch.tensor(one), torch.tensor(other)


def drawn(size: int, seed: int, stay: float) -> Tensor:
    """Return runs of random lengths: each point is what the one before it is, or not."""
    turns = torch.rand(size, generator=grader_generator(seed)) > stay
    runs = turns.cumsum(0) % 2 == 1
    runs[0] = runs[-1] = False
    return runs


def called(event_quality: Callable, flagged: Tensor, anomalous: Tensor) -> Tensor:
    """Return the student's precision and recall."""
    given = flagged.clone(), anomalous.clone()
    found = to_pair(run(event_quality, *given, name="event_quality"), "event_quality", PARTS)
    for before, after in zip((flagged, anomalous), given, strict=True):
        expect_unchanged(before, after, "event_quality")
    pairs = zip(found, PARTS, strict=True)
    return torch.stack([expect_shape(value, (), f"the {part}").double() for value, part in pairs])


def expect_quality(event_quality: Callable, cases: Sequence[Masks], of: str) -> None:
    """Compare precision and recall with those by intervals, of all cases at once."""

    def every(how: str) -> Tensor:
        return torch.tensor([quality(*case, how) for case in cases], dtype=torch.float64)

    found = torch.stack([called(event_quality, *case) for case in cases])
    known = [Mistake(how, every(how), why) for how, why in OF_QUALITY.items()]
    by_number = Mistake("first-run-lost", every("first-run-lost-by-number"), FIRST)
    known.append(by_number)
    expect_close(found, every(""), f"precision and recall of {of}", known)


# Of eight alarms five are good: 5–8 meets two events, three meet one event, 22–23 meets a part. Of
# five events four are found; the last one stands beside an alarm.
FLAGGED, ANOMALOUS = masks(".##..####.#.#.#..##...##..#..", ".....#.##.#####........###.#.")


@EXERCISE.criterion("alarms and events", points=1)
def alarms_and_events(event_quality: Callable, point_adjust: Callable) -> None:
    """Alarms that meet two events, events that meet two alarms, and random runs."""
    cases = [(FLAGGED, ANOMALOUS), (ANOMALOUS, FLAGGED), (drawn(90, 630, 0.6), drawn(90, 631, 0.8))]
    expect_quality(event_quality, cases, "three series")


@EXERCISE.criterion("the ends, and no alarm", points=1)
def the_ends(event_quality: Callable, point_adjust: Callable) -> None:
    """Runs at one end and at both; all or one point; and no alarm at all."""
    cases = [
        masks("#....#......", "##...##..##."),
        masks("...##.....##", "......##..##"),
        masks("##....#...##", "#...##....##"),
        masks("############", "..##...#...#"),
        masks(".#..#.......", "############"),
        masks("#", "#"),
    ]
    expect_quality(event_quality, cases, "six series with runs at their ends")
    for flagged, anomalous in (masks("......", ".##..#"), masks(".", "#")):
        none = "the precision where no alarm rang, so that there is nothing to divide by, is 0"
        try:
            found = called(event_quality, flagged, anomalous)
        except CheckFailed as error:
            expect(error.mistake != "raised-ZeroDivisionError", none, "division-by-zero")
            raise
        precision = float(found[0])
        expect(math.isfinite(precision), f"{none}, not NaN or infinite", "nan-for-none")
        expect(precision != 1, f"{none}, not 1", "one-for-none")
        right = quality(flagged, anomalous)
        expect_close(found, right, "precision and recall where no alarm rang")


@EXERCISE.criterion("the point adjustment", points=1)
def adjustment(event_quality: Callable, point_adjust: Callable) -> None:
    """The same masks, and random ones; no event, no flag, and all of them."""
    cases = [
        (FLAGGED, ANOMALOUS),
        (ANOMALOUS, FLAGGED),
        (drawn(90, 632, 0.5), drawn(90, 633, 0.8)),
        masks("...#......#.", "####..#...##"),
        masks("#...........", "###..##..###"),
        masks(".....##....#", "###..##..###"),
        *(masks(a, b) for a, b in (("......", "##.#.."), ("#.#..#", "......"), ("##", "##"))),
        masks("#", "#"),
    ]
    found = []
    for flagged, anomalous in cases:
        given = flagged.clone(), anomalous.clone()
        value = run(point_adjust, *given, name="point_adjust")
        for before, after in zip((flagged, anomalous), given, strict=True):
            expect_unchanged(before, after, "point_adjust")
        found.append(expect_shape(value, flagged.shape, "the adjusted flags"))

    def every(how: str) -> Tensor:
        return torch.cat([adjusted(*case, how) for case in cases])

    known = [Mistake(how, every(how), why) for how, why in OF_ADJUSTMENT.items()]
    what = f"the adjusted flags of {len(cases)} series, one after the other,"
    expect_close(torch.cat([flags.double() for flags in found]), every(""), what, known)
    for dtype in {flags.dtype for flags in found} - {torch.bool}:
        name = str(dtype).removeprefix("torch.")
        message = f"the adjusted flags are of type {name}; return booleans"
        raise CheckFailed(message, "not-booleans")


@EXERCISE.conduct(
    right=quality,
    between=(0, 1),
    sizes=(12, 1, 70),
    extremes=[
        {"flagged": torch.zeros(4, dtype=torch.bool), "anomalous": torch.arange(4) > 2},
        {"flagged": torch.ones(4, dtype=torch.bool), "anomalous": torch.arange(4) < 4},
    ],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Points of which some are flagged and some, at least one, are anomalous."""
    anomalous = new.uniform(0, 1, n) < 0.4
    return {"flagged": new.uniform(0, 1, n) < 0.5, "anomalous": anomalous | (torch.arange(n) == 0)}


@EXERCISE.conduct(
    "point_adjust",
    right=adjusted,
    sizes=(12, 1, 70),
    extremes=[
        {"flagged": torch.arange(4) > 2, "anomalous": torch.zeros(4, dtype=torch.bool)},
        {"flagged": torch.zeros(4, dtype=torch.bool), "anomalous": torch.arange(4) > 1},
    ],
)
def arguments_of_point_adjust(new: Draw, n: int) -> Arguments:
    """Points of which some are flagged and more are anomalous."""
    return {"flagged": new.uniform(0, 1, n) < 0.3, "anomalous": new.uniform(0, 1, n) < 0.7}
