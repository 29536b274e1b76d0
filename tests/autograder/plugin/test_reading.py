"""Archives are bounded, sources are searched and never parsed, switches go back."""

import io
import tarfile
import time
import zipfile

import pytest
import torch

from autograder.hall.student.switches import SwitchBoard
from autograder.plugin.definitions import defined_names, mentioned_names
from autograder.plugin.reading import archives
from autograder.plugin.reading.decoding import Unreadable, parse
from autograder.plugin.reading.repair import repair


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return path


def names(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize(
    "name", ["../out", "/etc/out", "a/../../out", "C:\\out", "..\\out", "a//../out", "x" * 300]
)
def test_nothing_leaves_the_folder(tmp_path, name):
    path = zipped(tmp_path / "a.zip", {name: "out", "good.txt": "in"})
    notes = archives.unpack(path, tmp_path / "to")
    assert names(tmp_path / "to") == ["good.txt"]
    assert len(notes) == 1
    assert names(tmp_path) == ["a.zip", "to/good.txt"]


def test_sizes_are_measured_and_not_believed(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST", 1000)
    monkeypatch.setattr(archives, "MOST", 2500)
    files = {f"{n}.txt": "x" * 900 for n in range(5)} | {"large.txt": "x" * 1001}
    notes = archives.unpack(zipped(tmp_path / "a.zip", files), tmp_path / "to")
    assert names(tmp_path / "to") == ["0.txt", "1.txt"]
    assert len(notes) == 4


def test_links_and_devices_of_a_tar_are_left_out(tmp_path):
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as packed:
        for name, kind in (("link", tarfile.SYMTYPE), ("device", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            packed.addfile(info)
        info = tarfile.TarInfo("good.txt")
        info.size = 2
        packed.addfile(info, io.BytesIO(b"in"))
    notes = archives.unpack(path, tmp_path / "to")
    assert names(tmp_path / "to") == ["good.txt"]
    assert len(notes) == 2


def test_an_encrypted_archive_is_refused_in_words(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.txt": "x"})
    raw = bytearray(path.read_bytes())
    for header, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(header) + flag] |= 1
    path.write_bytes(raw)
    with pytest.raises(archives.CannotOpen, match=r"a\.zip cannot be opened .*password"):
        archives.unpack(path, tmp_path / "to")


def test_names_of_cells():
    source = (
        "import torch.nn as nn, os.path\n"
        "from a.b import (c,  # why\n    d as e,\n)\n"
        "from x import y as z, w\n"
        "k: int = 3\nm = n = 4\np, q = 1, 2\nif r == 1:\n    s = 2\n"
        "async def t(): ...\nclass U(nn.Module):\n    v = 1\nobj.attribute = 5\nd[0] = 1\n"
    )
    assert " ".join(sorted(defined_names(source))) == "U c e k m nn os p q t w z"
    assert mentioned_names("torch.relu(x) if len(y) else None") == {"torch", "x", "y"}


@pytest.mark.parametrize(
    "source",
    [
        "(" * 10**6,
        "a," * 10**6,
        "from a import (" * 10**5,
        "def " * 10**6,
        " = " * 10**6,
        "\n" * 10**6,
    ],
)
def test_no_source_takes_long_to_search(source):
    begun = time.process_time()
    defined_names(source)
    mentioned_names(source)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"\x1f\x8b", b"[" * 10**6, b'{"cells": 1}', b"7"]
)
def test_what_holds_no_cells_is_refused(raw):
    with pytest.raises(Unreadable):
        repair(parse(raw)[0])


def test_switches_are_put_back_and_given_back():
    board = SwitchBoard()
    try:
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        model = torch.nn.Linear(1, 1)
        assert board.reset() == ["torch.set_default_dtype", "torch.set_grad_enabled"]
        assert torch.get_default_dtype() == torch.float32
        assert torch.is_grad_enabled()
        assert model.weight.dtype == torch.float64  # a model of the student's own is no switch
        assert board.reset() == []
        board.give_back()
        assert torch.get_default_dtype() == torch.float64
        assert not torch.is_grad_enabled()
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
