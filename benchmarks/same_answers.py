"""How well copies are found, and how often answers that are none are shown, on simulated classes.

Every answer of the bank is once unknown: it is taken out of what is subtracted, one student of 40
hands it in, and another hands in a disguised copy. Of the other 38, one writes each of the
exercise's other wrong answers (24 of these at most), and the rest draw a right one.

Two texts of the bank that agree in 80 % of their characters are one answer with something
changed; a pair of those is counted by itself, since one was written from the other.

``python -m benchmarks.same_answers`` prints all of it, in seconds; ``--large`` adds a class of
1,000 for each week, in minutes.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from rapidfuzz import fuzz

from autograder.exercises import bank
from autograder.similarity.fingerprints import fingerprints
from autograder.similarity.pairs import LEAST, SHARE, compare
from benchmarks.disguise import disguised

STUDENTS = 40
MOST_WRONG = 24  # students of a class whose answer is wrong, but for the pair
EDITED = 80  # per cent of the characters
COPY = ("copy", "original")


def cases() -> Iterator[tuple[str, str, str, str, str, list[str], list[str]]]:
    """Yield week, exercise, kind, one answer, its copy, and the other right and wrong answers."""
    for week in bank.weeks():
        for name, exercise in bank.exercises(week).items():
            right, wrong = list(exercise.right.values()), list(exercise.wrong.values())
            for place, code in enumerate(right + wrong):
                kind = "right" if place < len(right) else "wrong"
                copy = disguised(code, exercise.defines, seed=place)
                others = [[c for c in codes if c is not code] for codes in (right, wrong)]
                yield week, name, kind, code, copy, *others


def held_out() -> Counter[str]:
    """Return how many copies were found and what else was shown, over all simulated classes."""
    count: Counter[str] = Counter()
    for week, name, kind, code, copy, right, wrong in cases():
        draw = random.Random(f"{week} {name} {code}")
        others = draw.sample(wrong, min(MOST_WRONG, len(wrong)))
        while right and len(others) < STUDENTS - 2:
            others.append(draw.choice(right))
        answers = {"original": code, "copy": copy}
        answers |= {str(number): other for number, other in enumerate(others)}
        given = [bank.stub(week, name), *right]
        gone = {mark for text in given for mark in fingerprints(text)}
        enough = len(fingerprints(code) - gone) >= LEAST
        count[f"{kind} copies"] += 1
        count[f"{kind} copies with enough left"] += enough
        for pair in compare(answers, given, wrong).pairs:
            who = tuple(sorted((pair.first, pair.second)))
            texts = [code if one in COPY else answers[one] for one in who]
            if who == COPY:
                count[f"{kind} copies found"] += 1
                count[f"{kind} copies found with enough left"] += enough
            elif fuzz.ratio(*texts) >= EDITED:
                count["pairs of one answer and its edit"] += 1
            else:
                count["other pairs"] += 1
    return count


def independent() -> tuple[int, int]:
    """Return how many pairs of different right answers there are and how many are shown.

    The hardest case: nothing but the stub is subtracted, and everybody else left the cell empty.
    """
    shown = pairs = 0
    for week in bank.weeks():
        for name, exercise in bank.exercises(week).items():
            stub = bank.stub(week, name)
            answers = dict.fromkeys(map(str, range(STUDENTS - len(exercise.right))), stub)
            answers |= exercise.right
            pairs += len(list(combinations(exercise.right, 2)))
            shown += len(compare(answers, [stub]).pairs)
    return pairs, shown


def in_use() -> Counter[str]:
    """Return what is shown of copies when the whole bank is known, as in a course's report."""
    count: Counter[str] = Counter()
    for week, name, kind, code, copy, right, wrong in cases():
        stub = bank.stub(week, name)
        known_right = [*right, code] if kind == "right" else right
        known_wrong = [*wrong, code] if kind == "wrong" else wrong
        answers = {str(n): right[n % len(right)] if right else stub for n in range(STUDENTS - 2)}
        answers |= {"original": code, "copy": copy}
        count[f"{kind} shown"] += bool(compare(answers, [stub, *known_right], known_wrong).pairs)
        count[kind] += 1
    return count


def large_class(week: str, students: int = 1_000) -> tuple[float, int, int, int]:
    """Compare a week of a large class in which no two texts are the same.

    In each exercise two students share the wrong answer of which most is left, and nobody else
    has it; the others draw from the rest of the bank, three in four a right one.

    Returns:
        Seconds, the copies with enough left, how many of these were found, and other pairs.
    """
    seconds, wanted, found, others = 0.0, 0, 0, 0
    for name, exercise in bank.exercises(week).items():
        right, wrong = list(exercise.right.values()), list(exercise.wrong.values())
        given = [bank.stub(week, name), *right]
        gone = {mark for text in given for mark in fingerprints(text)}
        code = max(wrong, key=lambda text: len(fingerprints(text) - gone))
        enough = len(fingerprints(code) - gone) >= LEAST
        wrong.remove(code)
        draw = random.Random(name)
        answers = {
            str(number): disguised(
                draw.choice(right if draw.random() < 0.75 else wrong), exercise.defines, number
            )
            for number in range(students - 2)
        }
        answers |= {"original": code, "copy": disguised(code, exercise.defines, students)}
        fingerprints.cache_clear()
        start = time.process_time()
        pairs = compare(answers, given, wrong).pairs
        seconds += time.process_time() - start
        both = sum({pair.first, pair.second} == set(COPY) for pair in pairs)
        wanted, found = wanted + enough, found + both * enough
        others += len(pairs) - both
    return seconds, wanted, found, others


def with_copydetect() -> None:
    """Print how copydetect does on the same copies and on answers that are no edits of them."""
    import io

    import numpy
    from copydetect.detector import CodeFingerprint, compare_files

    def marks(code: str, row: int, given: object = None) -> CodeFingerprint:
        return CodeFingerprint("answer.py", row, 1, boilerplate=given, fp=io.StringIO(code))

    found = wrongly = wanted = seen = 0
    for week, name, _, code, copy, right, wrong in cases():
        given = {mark for text in [bank.stub(week, name), *right] for mark in fingerprints(text)}
        left = fingerprints(code) - given
        for other in [copy, *(c for c in right + wrong if fuzz.ratio(c, code) < EDITED)]:
            it = fingerprints(other) - given
            both = len(left & it)
            alike = both >= LEAST and both >= SHARE * min(len(left), len(it))
            if other is copy:
                wanted, found = wanted + (len(left) >= LEAST), found + alike
            else:
                seen, wrongly = seen + 1, wrongly + alike
    print(
        f"ours two by two, without rarity: {found} of {wanted} copies with enough left, and "
        f"{wrongly} of {seen} other pairs"
    )
    for row in (25, 15, 10):
        copies, others = [], []
        for week, name, _, code, copy, right, wrong in cases():
            stub = bank.stub(week, name)
            gone = numpy.unique(
                numpy.concatenate([list(marks(text, row).hashes) for text in [stub, *right]])
            )
            own = {mark for text in [stub, *right] for mark in fingerprints(text)}
            enough = len(fingerprints(code) - own) >= LEAST
            original = marks(code, row, gone)
            shares = []
            for other in [copy, *(c for c in right + wrong if fuzz.ratio(c, code) < EDITED)]:
                it = marks(other, row, gone)
                both = len(original.hashes) and len(it.hashes)
                shares.append(max(compare_files(original, it)[1]) if both else 0)
            copies += shares[:1] if enough else []
            others += shares[1:]
        for limit in (0.33, 0.5, 0.6, 0.8):
            found = sum(share >= limit for share in copies)
            wrongly = sum(share >= limit for share in others)
            print(
                f"copydetect, rows of {row} characters, limit {limit}: {found} of {len(copies)} "
                f"copies with enough left, and {wrongly} of {len(others)} other pairs"
            )


def main(arguments: list[str] | None = None) -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copydetect", action="store_true", help="as well, in some minutes")
    parser.add_argument("--large", action="store_true", help="classes of 1,000 as well")
    options = parser.parse_args(arguments)
    count = held_out()
    print(f"one answer unknown, classes of {STUDENTS}:")
    for kind in ("right", "wrong"):
        print(
            f"  copies of a {kind} answer: found {count[f'{kind} copies found']} of "
            f"{count[f'{kind} copies']}; where enough is left of the answer, "
            f"{count[f'{kind} copies found with enough left']} of "
            f"{count[f'{kind} copies with enough left']}"
        )
    copies = sum(count[f"{kind} copies"] for kind in ("right", "wrong"))
    found = sum(count[f"{kind} copies found"] for kind in ("right", "wrong"))
    enough = sum(count[f"{kind} copies with enough left"] for kind in ("right", "wrong"))
    kept = sum(count[f"{kind} copies found with enough left"] for kind in ("right", "wrong"))
    other, edits = count["other pairs"], count["pairs of one answer and its edit"]
    print(f"  recall {found / copies:.3f}, where enough is left {kept / enough:.3f}")
    print(f"  precision {found / (found + other):.3f} ({other} other pairs)")
    print(f"  with edits of the unknown answer, {found / (found + other + edits):.3f} ({edits})")
    pairs, shown = independent()
    print(f"independent right answers, nothing but the stub known: {shown} of {pairs} pairs shown")
    used = in_use()
    print(f"the whole bank known: copies of right answers shown: {used['right shown']}; of wrong")
    print(f"  ones: {used['wrong shown']} of {used['wrong']}")
    if options.large:
        for week in bank.weeks():
            seconds, wanted, both, rest = large_class(week)
            print(
                f"{week}, 1,000 students: {seconds:.1f} s; {both} of {wanted} copies with enough "
                f"left found, {rest} other pairs",
                flush=True,
            )
    if options.copydetect:
        with_copydetect()


if __name__ == "__main__":
    main()
