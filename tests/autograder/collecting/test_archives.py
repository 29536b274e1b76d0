"""Archives whose author means harm, and archives that are only old."""

import io
import os
import stat
import struct
import zipfile

import pytest

from autograder.collecting import archives
from autograder.collecting.archives import Refused, open_archive


def make(path, *members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def link(name):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def names(archive):
    return [str(entry.path) for entry in archive.entries]


@pytest.mark.parametrize(
    ("member", "why"),
    [
        ("/etc/passwd", "absolute path"),
        ("C:\\Windows\\x.txt", "absolute path"),
        ("../outside.txt", "leads out of the archive"),
        ("a/../../outside.txt", "leads out of the archive"),
        ("a\\..\\..\\outside.txt", "leads out of the archive"),
        (link("link"), "is a link"),
    ],
)
def test_a_harmful_member_is_left_out_and_named(tmp_path, member, why):
    path = make(tmp_path / "x.zip", (member, "/etc/passwd"), ("good.txt", "good"))
    with open_archive(path) as archive:
        assert names(archive) == ["good.txt"]
        ((_, reason),) = archive.left_out
        assert why in reason


def test_an_encrypted_member_is_left_out(tmp_path):
    path = make(tmp_path / "x.zip", ("secret.txt", "x"), ("good.txt", "good"))
    raw = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = raw.index(signature) + offset
        raw[place] |= 1
    path.write_bytes(raw)
    with open_archive(path) as archive:
        assert names(archive) == ["good.txt"]
        assert archive.left_out[0][1] == "is encrypted"


def test_a_file_that_says_it_is_large_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST", 10)
    path = make(tmp_path / "x.zip", ("large.txt", "x" * 11), ("good.txt", "good"))
    with open_archive(path) as archive:
        assert names(archive) == ["good.txt"]
        assert "the limit is" in archive.left_out[0][1]


def test_a_file_that_hides_its_size_is_not_unpacked_beyond_it(tmp_path):
    path = make(tmp_path / "x.zip", ("bomb.txt", "x" * 100_000))
    raw = bytearray(path.read_bytes())
    directory = raw.index(b"PK\x01\x02")
    raw[directory + 24 : directory + 28] = struct.pack("<I", 10)
    path.write_bytes(raw)
    with open_archive(path) as archive, pytest.raises(Refused):
        archive.entries[0].copy_to(tmp_path / "out")
    assert not (tmp_path / "out").exists() or (tmp_path / "out").stat().st_size <= 10


@pytest.mark.parametrize(("limit", "value"), [("MOST_FILES", 2), ("MOST_BYTES", 5)])
def test_an_archive_beyond_every_class_is_refused_as_a_whole(tmp_path, monkeypatch, limit, value):
    monkeypatch.setattr(archives, limit, value)
    path = make(tmp_path / "x.zip", *((f"{i}.txt", "xx") for i in range(3)))
    with pytest.raises(Refused, match="more than a class hands in"), open_archive(path):
        pass


def test_damage_inside_is_found_when_it_is_read(tmp_path):
    path = make(tmp_path / "x.zip", ("a.txt", "x" * 1000))
    raw = bytearray(path.read_bytes())
    raw[40] ^= 0xFF
    path.write_bytes(raw)
    with open_archive(path) as archive, pytest.raises(Refused, match="cannot be unpacked"):
        archive.entries[0].copy_to(tmp_path / "out")


def test_names_without_the_flag_for_utf8_are_read_all_the_same(tmp_path):
    path = make(tmp_path / "x.zip", ("Zoë.txt", "x"))
    raw = path.read_bytes()
    for signature, offset in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        place = raw.index(signature) + offset
        raw = raw[:place] + bytes([raw[place] & ~0x08]) + raw[place + 1 :]
    path.write_bytes(raw)
    with open_archive(path) as archive:
        assert names(archive) == ["Zoë.txt"]
    path.write_bytes(raw.replace("Zoë".encode(), b"Zo\x89x"))  # code page 437, as old Windows
    with open_archive(path) as archive:
        assert names(archive) == ["Zoëx.txt"]


def test_a_zip_inside_stays_a_file_and_junk_is_nobodys(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("../escape.txt", "x")
    path = make(
        tmp_path / "x.zip",
        ("a/inner.zip", inner.getvalue()),
        ("__MACOSX/a/._inner.zip", "x"),
        ("a/.DS_Store", "x"),
        ("a/.ipynb_checkpoints/week.ipynb", "x"),
    )
    with open_archive(path) as archive:
        assert names(archive) == ["a/inner.zip"]
        assert archive.left_out == []
        archive.entries[0].copy_to(tmp_path / "inner.zip")
    assert (tmp_path / "inner.zip").read_bytes() == inner.getvalue()


def test_a_folder_is_walked_and_no_link_in_it_followed(tmp_path):
    folder = tmp_path / "down"
    (folder / "ann" / ".git").mkdir(parents=True)
    (folder / "ann" / ".git" / "config").write_text("x")
    (folder / "ann" / "a.ipynb").write_text("x")
    os.symlink("/etc", folder / "etc")
    os.symlink("/etc/passwd", folder / "ann" / "passwd")
    os.mkfifo(folder / "ann" / "pipe")
    with open_archive(folder) as archive:
        assert names(archive) == ["ann/a.ipynb"]
        assert sorted(str(path) for path, _ in archive.left_out) == [
            "ann/passwd",
            "ann/pipe",
            "etc",
        ]


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04cut off"])
def test_what_is_no_zip_says_what_to_do(tmp_path, content):
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(Refused, match="Download it again"), open_archive(tmp_path / "x.zip"):
        pass
    with pytest.raises(Refused, match="does not exist"), open_archive(tmp_path / "y.zip"):
        pass
