"""The contractive benchmark with a small encoder and few repeats. Nothing is timed in earnest."""

import pytest
import torch

from benchmarks import contractive as bench

SMALL = (784, 12, 5)


@pytest.fixture
def x():
    return torch.rand(6, 784, generator=torch.Generator().manual_seed(0))


def test_all_exact_ways_agree(x):
    model = bench.encoder(1, SMALL)
    ways = bench.ways(model, x)
    right = bench.gradients(model, ways["loop"][0]())
    assert right.numel() == 12 * 784 + 12 + 5 * 12
    for name in ("torch.func", "exact"):
        torch.testing.assert_close(bench.gradients(model, ways[name][0]()), right)


def test_every_way_is_timed_in_every_repeat_and_the_first_is_left_out(x, monkeypatch):
    calls = []
    gradients = bench.gradients
    monkeypatch.setattr(bench, "CALLS", 2)
    monkeypatch.setattr(bench, "gradients", lambda *a: calls.append(1) or gradients(*a))
    rows = bench.measure(bench.encoder(0, SMALL), x, repeats=2)
    assert len(rows) == 2
    assert set(rows[0]) == {
        f"{name}{unit}" for name in ("loop", "torch.func", "exact", "2 probes")
        for unit in ("", ", CPU")
    }  # fmt: skip
    assert len(calls) == 3 * (1 + 1 + 2 + 2)


def test_gradient_error_would_see_a_wrong_gradient(x, monkeypatch):
    assert 0 < bench.gradient_error(0, x, SMALL) < 1e-12
    exact = bench.exact
    monkeypatch.setattr(bench, "exact", lambda model, x: exact(model, x) * (1 + 1e-6))
    assert bench.gradient_error(0, x, SMALL) == pytest.approx(1e-6, rel=1e-3)


def test_bias_would_see_a_biased_estimate(x, monkeypatch):
    relative, z, honesty = bench.bias(0, x, 60, SMALL)
    assert abs(relative) < 0.1
    assert abs(z) < 4
    assert 0.6 < honesty < 1.6
    hutchinson = bench.contractive.hutchinson

    def too_large(*arguments):
        value, error = hutchinson(*arguments)
        return 1.2 * value, error

    monkeypatch.setattr(bench.contractive, "hutchinson", too_large)
    relative, z, _ = bench.bias(0, x, 60, SMALL)
    assert relative == pytest.approx(0.2, abs=0.1)
    assert z > 4


def test_run_reports_three_figures(monkeypatch, capsys):
    monkeypatch.setattr(bench, "BATCH_SIZE", 4)
    monkeypatch.setattr(bench, "FEW", 4)
    results = bench.run(repeats=1, estimates=3)
    assert list(results) == ["contractive-speed", "contractive-gradient", "hutchinson-bias"]
    assert results["contractive-gradient"]["met"]
    assert results["contractive-gradient"]["number"] == 3
    assert "ratio-of-cpu-time" in results["contractive-speed"]["details"]
    assert "standard errors" in capsys.readouterr().out
