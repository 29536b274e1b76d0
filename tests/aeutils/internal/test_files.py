"""Files are whole or not there at all."""

import pytest

from aeutils._internal.files import write_atomically


def test_the_file_is_written_or_replaced_and_nothing_else_stays(tmp_path):
    path = tmp_path / "note.json"
    for text in ("one", "two"):
        write_atomically(path, lambda part, text=text: part.write_text(text, encoding="utf-8"))
        assert path.read_text(encoding="utf-8") == text
    write_atomically(str(path), lambda part: part.write_bytes(b"three"))
    assert [p.name for p in tmp_path.iterdir()] == ["note.json"]
    assert path.read_bytes() == b"three"


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt(), ValueError("no")])
def test_a_failure_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "note.json"
    path.write_bytes(b"old")

    def fail(part):
        part.write_bytes(b"half")
        raise error

    with pytest.raises(type(error)):
        write_atomically(path, fail)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["note.json"]


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_failure_after_the_writing_leaves_the_old_file(tmp_path, monkeypatch, function):
    path = tmp_path / "note.json"
    path.write_bytes(b"old")

    def fail(*_):
        raise OSError("refused")

    monkeypatch.setattr(f"os.{function}", fail)
    with pytest.raises(OSError, match="refused"):
        write_atomically(path, lambda part: part.write_bytes(b"new"))
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["note.json"]


def test_a_missing_folder_is_an_oserror_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        write_atomically(tmp_path / "none" / "x", lambda part: part.write_bytes(b""))
    assert raised.value.strerror
