"""The denoising benchmark on a slice of the embedded digits. Untimed."""

import pytest
import torch

from aeutils import data, losses
from aeutils.corruption.denoising import psnr
from benchmarks import denoising
from benchmarks.denoising import Recipe

TINY = Recipe((784, 32), losses.mse, 50, 0.005, 2)
USELESS = Recipe((784, 32), losses.mse, 50, 1e-9, 1)


@pytest.fixture(scope="module")
def few():
    mnist = data.load("mnist", size="small")
    return data.Dataset(
        *("mnist", "small", mnist.x_train[:240], mnist.y_train[:240]),
        *(mnist.x_test[:50], mnist.y_test[:50], mnist.classes, "a slice"),
    )


def test_quality_clamps_before_it_measures():
    clean = torch.tensor([[0.0, 1.0, 0.5, 0.5]])
    noisy = torch.tensor([[-3.0, 9.0, 0.6, 0.5]])  # one pixel is wrong by 0.1 after the clamp
    expected = psnr(torch.tensor([[0.0, 1.0, 0.6, 0.5]]), clean)
    assert denoising.quality(lambda x: x, noisy, clean) == pytest.approx(float(expected))


def test_linear_is_fitted_to_several_draws(few, monkeypatch):
    x, seen = few.flat().x_train[:30], []

    def corrupt(batch, generator):
        seen.append(batch)
        return batch + 0.1 * torch.randn(batch.shape, generator=generator)

    denoising.linear(x, corrupt, 1.0)
    assert [len(batch) for batch in seen] == [30 * denoising.DRAWS]


def test_run_chooses_on_held_out_images_and_reports_margins(few, monkeypatch, capsys):
    for name, value in {"VALIDATION_IMAGES": 60, "AXES": (5, 10), "RIDGES": (100.0,)}.items():
        monkeypatch.setattr(denoising, name, value)
    monkeypatch.setattr(
        denoising, "FILTERS", {k: f for k, f in denoising.FILTERS.items() if "median" in k}
    )
    train, sizes = denoising.train, []

    def spy(x, corrupt, recipe, seed):
        sizes.append((len(x), recipe, seed))
        return train(x, corrupt, recipe, seed)

    monkeypatch.setattr(denoising, "train", spy)
    results = denoising.run(few, [USELESS, TINY])
    assert set(results) == set(denoising.NOISES)
    one = [(180, USELESS, 0), (180, TINY, 0), (240, TINY, 0), (240, TINY, 1), (240, TINY, 2)]
    assert sizes == 2 * one
    for result in results.values():
        details = result["details"]
        assert details["chosen"] == str(TINY)
        (base,) = (v for k, v in details["test-psnr-baselines"].items() if "linear" in k)
        margin = details["test-psnr-median"] - base
        assert result["value"] == pytest.approx(margin, abs=2e-3)
        assert result["lowest"] < result["highest"]
        assert not result["met"]  # 240 digits are not whole MNIST
    assert "chosen: 784-32" in capsys.readouterr().out
