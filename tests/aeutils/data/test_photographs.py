"""The embedded codes of photographs: what is in them, and how the file is made."""

import numpy as np
import pytest
import torch

from aeutils.data import CLASSES, Dataset, DataUnavailableError, load_cifar_codes, photographs
from aeutils.embeddings import knn_accuracy
from benchmarks import cifar_codes, make_cifar_codes

NUMBERS = {"PCA-32": 32, "untrained": 144, "contrast": 144}


def test_every_encoder_has_codes_of_all_photographs():
    got = load_cifar_codes()
    assert list(got.train) == list(got.test) == list(NUMBERS)
    for name, numbers in NUMBERS.items():
        assert got.train[name].shape == (2000, numbers)
        assert got.test[name].shape == (1000, numbers)
        assert got.train[name].dtype == torch.float32
        assert bool(torch.isfinite(got.train[name]).all() and torch.isfinite(got.test[name]).all())
    assert got.y_train.shape == (2000,)
    assert got.y_test.shape == (1000,)
    assert got.y_train.dtype == got.y_test.dtype == torch.int64
    assert got.classes == CLASSES["cifar10"]
    assert set(got.y_train.tolist()) == set(got.y_test.tolist()) == set(range(10))
    assert "2,000 + 1,000 photographs" in repr(got)


@pytest.mark.parametrize("name", ["untrained", "contrast"])
def test_codes_of_networks_are_unit_vectors(name):
    got = load_cifar_codes()
    for codes in (got.train[name], got.test[name]):
        assert (codes.norm(dim=1) - 1).abs().max() < 2e-3  # float16


def test_contrast_has_the_best_neighbours():
    got = load_cifar_codes()
    right = {
        name: knn_accuracy(got.train[name], got.y_train, got.test[name], got.y_test)
        for name in NUMBERS
    }
    assert right["contrast"] > right["PCA-32"] + 0.05 > 0.3
    assert right["contrast"] > right["untrained"] + 0.05 > 0.15  # ten classes


def test_loaded_codes_cannot_spoil_the_next():
    load_cifar_codes().test["contrast"].zero_()
    assert load_cifar_codes().test["contrast"].abs().max() > 0


def test_a_damaged_file_is_refused(monkeypatch):
    monkeypatch.setattr(photographs, "SHA256", "0" * 64)
    with pytest.raises(DataUnavailableError, match=r"cifar_codes\.npz is damaged"):
        load_cifar_codes()


@pytest.fixture
def made_anew(monkeypatch):
    """What the script would make if the encoders gave the shipped codes again."""
    got = load_cifar_codes()
    codes = {name: (got.train[name].clone(), got.test[name].clone()) for name in NUMBERS}
    pictures = torch.zeros(2000, 1, 1, 1), torch.zeros(1000, 1, 1, 1)
    stand_ins = Dataset(
        *("cifar10", "full", pictures[0], got.y_train, pictures[1], got.y_test),
        *(got.classes, "stand-ins"),
    )
    monkeypatch.setattr(make_cifar_codes.data, "load", lambda name, size: stand_ins)
    monkeypatch.setattr(cifar_codes, "encoders", lambda x, seed: (codes, {}, 0.0))
    return codes


def test_the_script_agrees_with_the_shipped_file(made_anew, capsys):
    assert make_cifar_codes.main([]) == 0
    assert "contrast_train: largest difference 0" in capsys.readouterr().out


def test_the_script_sees_another_code(made_anew):
    made_anew["PCA-32"][1][3, 4] += 0.5
    assert make_cifar_codes.main([]) == 1


def test_the_script_writes_the_file(made_anew, tmp_path):
    assert make_cifar_codes.main(["--out", str(tmp_path)]) == 0
    with np.load(tmp_path / photographs.FILE, allow_pickle=False) as file:
        assert file["contrast_test"].dtype == np.float16
        assert file["y_test"].tolist() == load_cifar_codes().y_test.tolist()
