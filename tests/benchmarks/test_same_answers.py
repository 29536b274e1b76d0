"""Copies are found and independent answers are not, over all exercises of the bank."""

import ast

import pytest

from autograder.exercises import bank
from benchmarks import same_answers
from benchmarks.disguise import disguised


@pytest.fixture(scope="module")
def count():
    return same_answers.held_out()


def test_most_copies_of_answers_that_are_long_enough_are_found(count):
    for kind, wanted in (("right", 0.7), ("wrong", 0.85)):
        found = count[f"{kind} copies found with enough left"]
        assert found >= wanted * count[f"{kind} copies with enough left"]
        assert count[f"{kind} copies with enough left"] > 200


def test_few_pairs_are_none(count):
    found = count["right copies found"] + count["wrong copies found"]
    assert found / (found + count["other pairs"]) > 0.95


def test_independent_right_answers_are_not_shown():
    """Without the bank a handful, all edits of each other; with it none, nor copies of them."""
    pairs, shown = same_answers.independent()
    assert shown <= 0.02 * pairs
    used = same_answers.in_use()
    assert used["right shown"] == 0
    assert used["wrong shown"] > 200


def test_a_disguised_copy_does_the_same():
    """The copies are copies: those of a few exercises earn what the originals earn."""
    for week, name in (("week01", "project"), ("week03", "compression_factor")):
        exercise = bank.exercises(week)[name]
        for seed, code in enumerate(exercise.right.values()):
            copy = disguised(code, exercise.defines, seed)
            assert ast.dump(ast.parse(copy)) != ast.dump(ast.parse(code))
            report = bank.assess(week, name, copy)
            assert report.earned == sum(exercise.points.values())
