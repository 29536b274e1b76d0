"""Random damage outside the answers lowers no score; random damage anywhere leaves a page."""

import json

import pytest

from autograder.plugin.intake import UNREADABLE
from benchmarks import damage

EXAMPLES = 200  # of each kind; `python -m benchmarks.damage` checks 10,000


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return damage.make_course(tmp_path_factory.mktemp("damage") / "course")


@pytest.mark.timeout(900)
def test_damage_outside_the_answers_and_anywhere(course):
    damage.run(course, EXAMPLES)


def test_checks_of_damage_can_fail(course):
    nb = json.loads(json.dumps(course.answered))
    answer = next(c for c in nb["cells"] if c.get("id") == course.answers[0])
    answer["source"] = "center = None"
    with pytest.raises(AssertionError):
        damage.check_outside(course, (json.dumps(nb).encode(), damage.FILE))
    with pytest.raises(AssertionError):
        damage.check_outside(course, (b"{", damage.FILE))


def test_missing_imports_of_the_release_come_back(course):
    nb = json.loads(json.dumps(course.answered))
    answers = [c for c in nb["cells"] if c.get("id") in course.answers]
    bare = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": answers}
    for cell in answers:
        cell["metadata"] = {}
        del cell["id"]
    restored = damage.restored(json.dumps(bare).encode(), course)
    assert UNREADABLE not in restored.metadata
    assert not damage.names_missing(restored, course.release)
    assert restored.cells[0].source.startswith("import torch")
