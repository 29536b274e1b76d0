"""Right answers with one thing changed: a sample of them, which the checks must notice."""

import ast
import zlib

import pytest

from autograder.exercises import bank, mutants

# Cheap checks; `python -m autograder bank --mutants` tries all mutants of all exercises.
SAMPLED = [
    *(("week01", "center"), ("week01", "components_needed"), ("week02", "bernoulli_nll")),
    *(("week03", "entropy"), ("week04", "psnr"), ("week05", "contractive_sigmoid")),
]


@pytest.mark.parametrize(("week", "name"), SAMPLED)
def test_a_sample_of_mutants_is_noticed_or_reviewed(week, name):
    known = mutants.equivalents()
    chosen = [m for m in mutants.mutants(week, name) if zlib.crc32(m.key.encode()) % 8 == 0]
    found = [mutants.judge(m) for m in chosen if m.key not in known]
    assert found
    assert [o.key for o in found if not o.hidden] == []


def test_every_mutant_is_another_program():
    code = bank.exercises("week01")["center"].right["vectorised"]
    found = [m for m in mutants.mutants("week01", "center") if m.right == "vectorised"]
    texts = {m.code for m in found}
    assert len(texts) == len(found) > 3
    assert ast.unparse(ast.parse(code)) not in {t.strip() for t in texts}


def test_an_endless_loop_is_noticed(monkeypatch):
    monkeypatch.setattr(mutants, "SECONDS", 1)
    code = "def center(x):\n    while True:\n        pass\n"
    assert mutants.judge(mutants.Mutant("week01", "center", "r", "c", code)).hidden


def test_reviewed_equivalents_are_mutants_still():
    every = {
        m.key
        for week in ("week01", "week02")
        for n in bank.exercises(week)
        for m in mutants.mutants(week, n)
    }
    listed = {k for k in mutants.equivalents() if k.startswith(("week01", "week02"))}
    assert listed <= every
