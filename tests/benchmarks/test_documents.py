"""Elective A's benchmark on a few messages: what is chosen on what, and what is kept."""

import torch

from aeutils.data import Documents
from benchmarks import documents


def few():
    draw = torch.Generator().manual_seed(0)
    kind = torch.randint(2, (90,), generator=draw)
    rate = torch.where(torch.arange(20) % 2 == kind[:, None], 0.9, 0.1)
    x = torch.poisson(rate, generator=draw) + torch.eye(20)[torch.arange(90) % 20]
    return Documents(
        x[:60], kind[:60], x[60:], kind[60:], tuple("abcdefghijklmnopqrst"), ("x", "y")
    )


def test_settings_are_chosen_without_the_test_messages(monkeypatch):
    monkeypatch.setattr(documents, "HELD_OUT", 20)
    choose, report = documents.collections(few())
    assert len(choose.store) + len(choose.queries) == len(report.store) == 60
    assert len(report.queries) == 30


def test_measures_are_those_of_whole_rankings(monkeypatch):
    monkeypatch.setattr(documents, "HELD_OUT", 20)
    _, report = documents.collections(few())
    perfect = report.measure(lambda b: (report.wanted[b, None] == report.groups).float())
    assert perfect["p10"] == perfect["map"] == 1
    monkeypatch.setattr(documents, "SHORTLIST", 7)
    exact = documents.by_cosine(*report.rows)
    scores = documents.shortlisted(lambda b: -exact(b), exact)(slice(None))
    worst = exact(slice(None)).argsort(dim=1, stable=True)[:, :7].sort(dim=1).values
    first = scores.topk(7, dim=1).indices.sort(dim=1).values
    assert torch.equal(first, worst)


def test_a_training_is_noted_and_its_bits_are_packed(monkeypatch):
    monkeypatch.setattr(documents, "HELD_OUT", 20)
    _, report = documents.collections(few())
    model, history = documents.train(report.store, 8, documents.Setting(1, hidden=6, epochs=2), 0)
    assert history.recipe is not None
    assert history.recipe.loss == "multinomial nll"
    found = report.measure(documents.by_bits(*documents.encoded(model, report)))
    assert 0 < found["map"] <= 1
