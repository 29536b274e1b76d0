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

FEW = 5  # a fingerprint that more answers have makes nobody a pair
LEAST = 12  # fingerprints that a pair shares: fewer are one natural line, or one natural mistake
BITS = 2 * LEAST  # that they are worth: at most a quarter of the class has them
SHARE = 0.6  # of what is left of the answer that has less of it


@dataclass(frozen=True)
class Pair:
    """Two answers that share much of what few share.

    Attributes:
        first: whose answer the one is.
        second: whose answer the other one is.
        shared: the fingerprints that both have and few others.
        share: how much of what is left of one answer stands in the other as well, by weight; of
            the answer that has less.
        bits: what the shared fingerprints are worth together.
    """

    first: str
    second: str
    shared: frozenset[str]
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

    The pairs come from an index of who has which fingerprint, so that answers which share nothing
    are never held beside each other.

    Args:
        answers: source by student.
        given: texts that everybody has or may find: the stub, right answers. They are subtracted.
        known: wrong answers that are known to be common. What stands in them is less rare.
    """
    nothing = {mark for text in given for mark in fingerprints(text).places}
    left = {who: fingerprints(text).places.keys() - nothing for who, text in answers.items()}
    holders: dict[str, list[str]] = {}
    for who, marks in left.items():
        for mark in marks:
            holders.setdefault(mark, []).append(who)
    expected = [fingerprints(text).places for text in known]
    elsewhere = Counter(mark for marks in expected for mark in marks)
    size = len(answers) + len(expected)
    bits = {mark: math.log2(size / (len(w) + elsewhere[mark])) for mark, w in holders.items()}
    found = Counter(
        pair for who in holders.values() if len(who) <= FEW for pair in combinations(who, 2)
    )
    pairs = []
    for (first, second), count in found.items():
        if count < LEAST:
            continue
        shared = frozenset(m for m in left[first] & left[second] if len(holders[m]) <= FEW)
        worth = sum(bits[mark] for mark in shared)
        least = min(sum(bits[mark] for mark in left[who]) for who in (first, second))
        if worth >= BITS and worth >= SHARE * least:
            pairs.append(Pair(first, second, shared, worth / least, worth))
    pairs.sort(key=lambda pair: (-pair.bits, pair.first, pair.second))
    return Comparison(len(answers), sum(len(marks) >= LEAST for marks in left.values()), pairs)
