"""Loading and checking data sets, without a network; downloads are in test_download.py."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from repository import ROOT

from aeutils.data import Dataset, load, loading
from aeutils.data.cache import default_root, read_set
from aeutils.data.embedded import make_subsets
from aeutils.data.formats import parse_idx
from aeutils.data.sources import WHOLE_SETS
from aeutils.data.whole import DataUnavailableError

USERS_CACHE = default_root()  # before the fixture below points it elsewhere


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("AEUTILS_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("AEUTILS_SCALE", raising=False)


@pytest.fixture(scope="module")
def real_root(real, tmp_path_factory):
    """A cache folder with the compressed files of whole MNIST and Fashion-MNIST."""
    root = tmp_path_factory.mktemp("cache")
    for theirs, ours in (("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST")):
        (root / ours / "raw").mkdir(parents=True)
        for path in (real / theirs).glob("*.gz"):
            (root / ours / "raw" / path.name).write_bytes(path.read_bytes())
    return root


def make(**changes):
    """A small good Dataset, with some fields replaced."""
    fields = {
        "name": "toy",
        "size": "small",
        "x_train": torch.rand(6, 1, 4, 4),
        "y_train": torch.tensor([0, 1, 0, 1, 0, 1]),
        "x_test": torch.rand(3, 1, 4, 4),
        "y_test": torch.tensor([0, 1, 0]),
        "classes": ("a", "b"),
        "source": "test",
    }
    return Dataset(**(fields | changes))


@pytest.mark.parametrize(("name", "n", "n_test"), [("mnist", 500, 100), ("fashion_mnist", 200, 50)])
def test_the_embedded_subset_is_stratified_float32_images(name, n, n_test):
    d = load(name)
    assert (d.name, d.size) == (name, "small")
    assert d.x_train.shape == (10 * n, 1, 28, 28)
    assert d.x_test.shape == (10 * n_test, 1, 28, 28)
    assert d.x_train.dtype == torch.float32
    assert d.y_train.dtype == torch.int64
    assert (d.x_train.min(), d.x_train.max()) == (0, 1)
    assert d.x_train.is_contiguous()
    assert torch.bincount(d.y_train).tolist() == [n] * 10
    assert torch.bincount(d.y_test).tolist() == [n_test] * 10
    assert len(d.classes) == 10


def test_pixels_are_bytes_divided_by_255():
    with np.load(loading.EMBEDDED_FOLDER / "mnist_small.npz") as file:
        raw = torch.from_numpy(file["x_train"][:50, None])
    assert torch.equal(load("mnist").x_train[:50], raw.float() / 255)


def test_digits():
    pytest.importorskip("sklearn")
    d = load("digits")
    assert d.x_train.shape[1:] == (1, 8, 8)
    assert len(d.x_train) + len(d.x_test) == 1797
    assert (d.x_train.min(), d.x_train.max()) == (0, 1)


def test_digits_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(DataUnavailableError, match="pip install scikit-learn"):
        load("digits")


def test_flat_and_repr():
    d = load("fashion_mnist")
    flat = d.flat()
    assert flat.x_train.shape == (2000, 784)
    assert flat.flat().x_test.shape == (500, 784)
    assert torch.equal(flat.x_test[3].reshape(1, 28, 28), d.x_test[3])
    assert "(2000, 1, 28, 28)" in repr(d)
    assert "Ankle boot" in repr(d)
    assert "(2000, 784)" in repr(flat)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("MNIST", "Did you mean 'mnist'"),
        ("mnits", "Did you mean 'mnist'"),
        ("Fashion-MNIST", "Did you mean 'fashion_mnist'"),
        ("cifar", "Did you mean 'cifar10'"),
        ("quantum", "There are: mnist, fashion_mnist, cifar10, digits"),
    ],
)
def test_unknown_name(name, words):
    with pytest.raises(ValueError, match=words):
        load(name)


def test_a_name_that_is_no_string():
    with pytest.raises(TypeError, match=r"\bname\b"):
        load(["mnist"])


def test_unknown_size(monkeypatch):
    with pytest.raises(ValueError, match=r"size must be 'small' or 'full', got 'medium'"):
        load("mnist", size="medium")
    with pytest.raises((ValueError, TypeError), match="5000"):
        load("mnist", size=5000)
    monkeypatch.setenv("AEUTILS_SCALE", "huge")
    with pytest.raises(ValueError, match="AEUTILS_SCALE must be"):
        load("mnist")


def test_the_environment_chooses_the_size(monkeypatch):
    monkeypatch.setenv("AEUTILS_SCALE", "full")
    asked = []
    monkeypatch.setattr(loading, "obtain", lambda name, root: asked.append(name) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        load("mnist")
    assert asked == ["mnist"]
    assert load("mnist", size="small").size == "small"


def test_cifar10_has_no_small_version():
    with pytest.raises(ValueError, match=r"size='full'.*aeutils fetch cifar10"):
        load("cifar10", size="small")


@pytest.fixture
def unread():
    """Forget what was read before, and afterwards what was read from damaged files."""
    loading._embedded.cache_clear()
    yield
    loading._embedded.cache_clear()


def test_embedded_digits_are_read_once_and_cannot_be_spoilt(unread):
    first = load("mnist", size="small")
    first.x_train.zero_()
    first.y_train.zero_()
    second = load("mnist", size="small")
    assert second.x_train.max() == 1
    assert second.y_train.max() == 9
    assert loading._embedded.cache_info().misses == 1


def test_a_damaged_embedded_file_names_the_expected_hash(monkeypatch, tmp_path, unread):
    good = (loading.EMBEDDED_FOLDER / "mnist_small.npz").read_bytes()
    (tmp_path / "mnist_small.npz").write_bytes(good[:-100])
    monkeypatch.setattr(loading, "EMBEDDED_FOLDER", tmp_path)
    with pytest.raises(DataUnavailableError, match=r"mnist_small.npz is damaged.*dfe15ea0.*reinst"):
        load("mnist")
    with pytest.raises(DataUnavailableError, match=r"fashion_mnist_small.npz cannot be read"):
        load("fashion_mnist")


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"y_train": torch.zeros(5, dtype=torch.int64)}, ValueError, "length 5 .* 6 images"),
        ({"y_test": torch.zeros(3)}, TypeError, "y_test must be integers"),
        ({"y_test": torch.zeros(3, dtype=torch.int32)}, TypeError, "must be int64"),
        ({"y_test": torch.tensor([0, 1, 2])}, ValueError, "labels from 0 to 2.*2 classes"),
        ({"y_test": [0, 1, 0]}, TypeError, "y_test"),
        ({"x_train": torch.rand(6, 4, 4)}, ValueError, r"x_train.*\(N, C, H, W\).*\(6, 4, 4\)"),
        ({"x_train": torch.rand(0, 1, 4, 4)}, ValueError, r"x_train.*\(0, 1, 4, 4\)"),
        ({"x_test": torch.rand(3, 1, 5, 5)}, ValueError, "differ in shape"),
        ({"x_train": torch.rand(6, 1, 4, 4).double()}, TypeError, "must be float32.*float64"),
        ({"x_train": torch.ones(6, 1, 4, 4).byte()}, TypeError, "uint8"),
        ({"x_train": np.zeros((6, 1, 4, 4), np.float32)}, TypeError, "x_train"),
        ({"x_train": torch.full((6, 1, 4, 4), 255.0)}, ValueError, r"255 to 255.*divide"),
        ({"x_train": torch.full((6, 1, 4, 4), -0.5)}, ValueError, r"x_train must lie in \[0, 1\]"),
        ({"x_test": torch.full((3, 1, 4, 4), float("nan"))}, ValueError, "x_test holds 48 NaN"),
        ({"x_test": torch.full((3, 16), float("inf"))}, ValueError, "infinite"),
    ],
)
def test_a_bad_dataset_names_the_field(changes, error, words):
    make()  # the unchanged one is good
    with pytest.raises(error, match=words):
        make(**changes)  # a wrong Python type is caught by the type hints while tests run


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "begins with nothing"),
        (b"\x1f\x8b\x08\x00", "still compressed"),
        (bytes([0, 0, 8, 3, 0, 0]), "ends inside its header"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8]), r"announces shape \(3,\).*has 2"),
    ],
)
def test_a_bad_idx_file(content, words):
    with pytest.raises(ValueError, match=words):
        parse_idx(content, "it")


def test_importing_the_module_leaves_slow_packages_alone():
    code = "import sys, json, aeutils.data; print(json.dumps(sorted(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, cwd=ROOT
    )
    assert not {"torchvision", "sklearn", "matplotlib", "PIL"} & set(json.loads(result.stdout))


def test_a_rebuilt_subset_differs_from_a_shipped_one_that_was_changed():
    rng = np.random.default_rng(1)
    y = np.repeat(np.arange(3, dtype=np.uint8), 20)
    whole = (rng.integers(0, 256, (60, 1, 2, 2), np.uint8), y) * 2
    rebuilt = make_subsets.build(whole, (5, 2))
    assert np.bincount(rebuilt["y_train"]).tolist() == [5, 5, 5]
    assert make_subsets.differences(dict(rebuilt), whole, rebuilt) == []
    changed = {k: v.copy() for k, v in rebuilt.items()}
    changed["x_test"][0, 0, 0] ^= 1
    problems = make_subsets.differences(changed, whole, rebuilt)
    assert problems == [
        "x_test differs from the rows of the whole set in test_index",
        "x_test differs from the rebuilt array",
    ]
    with pytest.raises(ValueError, match="20 rows, too few to draw 21"):
        make_subsets.draw_rows(y, 21, rng)


def test_whole_mnist_and_fashion_mnist_from_compressed_files(real_root):
    for name, mean in (("mnist", 0.1307), ("fashion_mnist", 0.2860)):  # the published means
        d = load(name, size="full", root=real_root)
        assert d.x_train.shape == (60000, 1, 28, 28)
        assert d.x_test.shape == (10000, 1, 28, 28)
        assert d.x_train.mean().item() == pytest.approx(mean, abs=1e-4)
        assert str(real_root) in d.source


def test_embedded_subsets_are_the_rows_of_the_whole_sets_that_they_name(
    real_root, capsys, tmp_path
):
    assert make_subsets.main(["--root", str(real_root), "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("equal to the rebuilt subset") == 2
    with np.load(tmp_path / "mnist_small.npz") as file:
        assert file["x_train"].shape == (5000, 28, 28)


def test_whole_cifar10_agrees_with_an_independent_copy(real):
    """Runs where ``python -m aeutils fetch cifar10`` has been used; compares by row numbers."""
    sets = WHOLE_SETS["cifar10"].file_sets
    if not any(read_set(USERS_CACHE / s.folder, s).complete for s in sets):
        pytest.skip(f"no whole CIFAR-10 in {USERS_CACHE}; run python -m aeutils fetch cifar10")
    d = load("cifar10", size="full", root=USERS_CACHE)
    assert d.x_train.shape == (50000, 3, 32, 32)
    with np.load(real / "cifar10_10000_2000.npz") as file:
        for split in ("train", "test"):
            rows = torch.from_numpy(file[f"{split}_index"].astype(np.int64))
            x = getattr(d, f"x_{split}")[rows].mul(255).round().byte().permute(0, 2, 3, 1)
            assert torch.equal(x, torch.from_numpy(file[f"x_{split}"]))
            assert np.array_equal(getattr(d, f"y_{split}")[rows], file[f"y_{split}"])
