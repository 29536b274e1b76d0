"""Pairs of answers to one exercise that share what few answers share.

What the exercise itself gives (the stub, released cells, right answers that are known) counts for
nothing. What is left counts by how few have it, as a word does in TF-IDF: log2 of answers over
those that have it. So an exercise with one natural answer says nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from autograder.similarity.fingerprints import fingerprints

# Chosen on the simulated classes of `python -m benchmarks.same_answers`. There half as much again
# or a third less of most of them moves what is found by little; LEAST and SHARE trade what is
# found against what is wrongly shown.
FEW = 5  # people who may share an answer: what more have written is a natural one
FEW_OF = 50  # a fingerprint is rare if a 50th of a large class has it
RARE = 8  # rare fingerprints that a pair shares
LEAST = 12  # fingerprints that a pair shares: fewer are one natural line, or one natural mistake
BITS = 2 * LEAST  # that they are worth: on average, at most a quarter of the class has them
SHARE = 0.7  # of what is left of the answer that has less, by weight


@dataclass(frozen=True)
class Pair:
    """Two answers that share much of what few share.

    Attributes:
        first: whose answer the one is.
        second: whose answer the other one is.
        shared: the fingerprints that both have, of those that are left.
        rare: how many of them few others have.
        share: how much of what is left of one answer stands in the other as well, by weight; of
            the answer that has less.
        bits: what the shared fingerprints are worth together.
    """

    first: str
    second: str
    shared: frozenset[str]
    rare: int
    share: float
    bits: float


@dataclass(frozen=True)
class Comparison:
    """What came of comparing all answers to one exercise.

    Attributes:
        answers: how many were compared.
        long_enough: in how many of them enough is left to say anything.
        pairs: those that share what few share, the most first.
    """

    answers: int
    long_enough: int
    pairs: list[Pair]


def compare(
    answers: Mapping[str, str], given: Iterable[str], known: Iterable[str] = ()
) -> Comparison:
    """Compare all answers to one exercise.

    The pairs come from an index of who has which rare fingerprint, so that answers which share
    none are never held beside each other.

    Args:
        answers: source by student.
        given: texts that everybody has or may find: the stub, right answers. They are subtracted.
        known: wrong answers that are known to be common. What stands in them is less rare.
    """
    nothing = {mark for text in given for mark in fingerprints(text)}
    left = {who: fingerprints(text) - nothing for who, text in answers.items()}
    holders: dict[str, list[str]] = {}
    for who, marks in left.items():
        for mark in marks:
            holders.setdefault(mark, []).append(who)
    expected = [fingerprints(text) for text in known]
    elsewhere = Counter(mark for marks in expected for mark in marks)
    size = len(answers) + len(expected)
    bits = {mark: math.log2(size / (len(w) + elsewhere[mark])) for mark, w in holders.items()}
    rare = max(FEW, size // FEW_OF)
    found = Counter(
        pair for who in holders.values() if len(who) <= rare for pair in combinations(who, 2)
    )
    pairs = []
    for (first, second), count in found.items():
        shared = frozenset(left[first] & left[second])
        if count < RARE or len(shared) < LEAST:
            continue
        worth = sum(bits[mark] for mark in shared)
        least = min(sum(bits[mark] for mark in left[who]) for who in (first, second))
        if worth >= BITS and worth >= SHARE * least:
            pairs.append(Pair(first, second, shared, count, worth / least, worth))
    partners = Counter(who for pair in pairs for who in (pair.first, pair.second))
    pairs = [p for p in pairs if max(partners[p.first], partners[p.second]) < FEW]
    pairs.sort(key=lambda pair: (-pair.bits, pair.first, pair.second))
    return Comparison(len(answers), sum(len(marks) >= LEAST for marks in left.values()), pairs)
