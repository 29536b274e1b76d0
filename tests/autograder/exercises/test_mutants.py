"""Right answers with one thing changed: a sample of them, which the checks must notice."""

import ast
import json
import zlib

import pytest

from autograder.exercises import bank
from autograder.exercises import mutation_report as report
from autograder.exercises import mutation_testing as testing
from autograder.exercises.conduct.charge import VAGUE
from autograder.exercises.mutants import Mutant, mutants

# Cheap checks, two of each week; `python -m autograder bank --mutants` tries all mutants.
SAMPLED = [
    *(("week01", "center"), ("week01", "components_needed"), ("week02", "bernoulli_nll")),
    *(("week02", "tied_autoencoder"), ("week03", "entropy"), ("week03", "quantise")),
    *(("week04", "psnr"), ("week04", "mask"), ("week05", "contractive_sigmoid")),
    *(("week05", "weight_penalty"), ("week06", "auc"), ("week06", "neighbour_overlap")),
    *(("week07", "nearest"), ("week07", "contrastive_loss")),
]


def judged(week, name, chosen):
    judges = {}
    for mutant in chosen:
        if mutant.right not in judges:
            times = testing.times_of(mutant[:3])
            judges[mutant.right] = testing.Judge(week, name, times)
        yield judges[mutant.right](mutant)


@pytest.mark.parametrize(("week", "name"), SAMPLED)
def test_a_sample_of_mutants_is_noticed_or_reviewed(week, name):
    known = testing.equivalents()
    every = [m for m in mutants(week, name) if m.key not in known]
    chosen = [m for m in every if zlib.crc32(m.key.encode()) % 8 == 0]
    found = list(judged(week, name, chosen))
    assert found
    assert [o.key for o in found if not o.hidden] == []


def test_every_mutant_is_another_program():
    code = bank.exercises("week01")["center"].right["vectorised"]
    found = [m for m in mutants("week01", "center") if m.right == "vectorised"]
    texts = {m.code for m in found}
    assert len(texts) == len(found) > 3
    assert ast.unparse(ast.parse(code)) not in {t.strip() for t in texts}


def mutant_of_center(code):
    return Mutant("week01", "center", "vectorised", "c", code)


def outcome(code):
    return next(judged("week01", "center", [mutant_of_center(code)]))


def test_an_endless_loop_is_noticed(monkeypatch):
    monkeypatch.setattr(testing, "SECONDS", 0.2)
    found = outcome("def center(x):\n    while True:\n        pass\n")
    assert found.hidden
    assert found.visible
    assert found.mistakes == ("endless-loop",)


def test_a_hasty_look_finds_what_a_whole_check_finds():
    """It stops at the first mistake with a name; what earns full marks there earns them here."""
    for week, name in SAMPLED[:6]:
        every = list(mutants(week, name))
        for mutant, found in zip(every[::7], judged(week, name, every[::7]), strict=True):
            try:
                whole = bank.assess(week, name, mutant.code)
            except Exception:
                assert found.kind == "exception"
                continue
            assert (whole.earned < whole.points) == found.hidden, mutant.key
            if found.diagnosed:
                assert set(whole.mistakes) - (VAGUE - {testing.SHAPE}), mutant.key


def test_nothing_is_left_behind_by_a_mutant():
    import torch

    code = "def center(x):\n    torch.set_default_dtype(torch.float64)\n    return x, x\n"
    assert outcome(code).hidden
    assert torch.get_default_dtype() == torch.float32


@pytest.mark.parametrize(
    ("mistakes", "kind", "diagnosed"),
    [
        (("wrong-values", "sign"), "own", True),
        (("raised-TypeError", "wrong-values"), "exception", True),
        (("wrong-shape",), "shape", True),
        (("wrong-values", "could-not-check"), "none", False),
    ],
)
def test_what_counts_as_a_diagnosis(mistakes, kind, diagnosed):
    found = testing.Outcome("key", True, True, mistakes)
    assert (found.kind, found.diagnosed) == (kind, diagnosed)


def test_reviewed_equivalents_are_mutants_still():
    every = {m.key for week in bank.weeks() for n in bank.exercises(week) for m in mutants(week, n)}
    assert set(testing.equivalents()) <= every


def test_an_equivalent_is_listed_once_with_its_reason():
    listed = json.loads(testing.EQUIVALENTS.read_text(encoding="utf-8"))
    keys = [key for some in listed.values() for key in some]
    assert len(keys) == len(set(keys))
    assert all(len(reason.split()) >= 4 for reason in listed)


def test_other_processes_judge_in_order(capsys):
    chosen = list(mutants("week01", "center"))[:3]
    found = testing.judge_all(chosen, processes=1)
    assert [o.key for o in found] == [m.key for m in chosen]
    report.print_rates(report.by_week(found, ["week01"]))
    assert "100.0 %" in capsys.readouterr().out


def test_a_share_is_never_rounded_up_to_all():
    assert report.share([True] * 4999 + [False]) == 99.9
    assert report.share([True] * 3) == 100


def test_the_recorded_rates_are_what_the_course_promises():
    root = testing.EQUIVALENTS.parents[2]
    rates = json.loads((root / "benchmarks" / "mutants.json").read_text())["rates"]
    assert set(rates) == {*bank.weeks(), "all"}
    assert all(row["hidden"] == 100 for row in rates.values())
    assert rates["all"]["visible"] >= 90
    assert rates["all"]["diagnosed"] >= 90
