"""CSV files in the dialects of platforms and spreadsheets."""

import pytest

from autograder.plugin.tables import read_table


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_dialect(tmp_path, separator, encoding, end):
    rows = ['"Name"|"Points (24)"|Note', 'Zoë|"24,5"|"one; two,\tthree"', "||", "Ann|3"]
    text = end.join(rows).replace("|", separator)
    (tmp_path / "x.csv").write_bytes(text.encode(encoding))
    table = read_table(tmp_path / "x.csv")
    assert table.head == ["Name", "Points (24)", "Note"]
    assert table.rows == [["Zoë", "24,5", "one; two,\tthree"], ["Ann", "3", ""]]


def test_decimal_commas_shift_no_column(tmp_path):
    (tmp_path / "x.csv").write_text("ID;Grade;Time\n1;24,5;12,5\n2;3,0;1\n")
    table = read_table(tmp_path / "x.csv")
    assert table.column("grade") == ["24,5", "3,0"]
    assert table.column("time", "grade") == ["12,5", "1"]
    assert table.column("absent") is None


def test_excels_own_line_names_the_separator(tmp_path):
    (tmp_path / "x.csv").write_text("sep=;\nA, B;C\n1;2\n")
    assert read_table(tmp_path / "x.csv").head == ["A, B", "C"]


def test_a_cell_may_hold_lines(tmp_path):
    (tmp_path / "x.csv").write_text('A,B\n"one\ntwo",3\n')
    assert read_table(tmp_path / "x.csv").rows == [["one\ntwo", "3"]]


@pytest.mark.parametrize(("raw", "says"), [(b"", "is empty"), (b"PK\x03\x04x", "not a text file")])
def test_what_is_no_csv_says_so(tmp_path, raw, says):
    (tmp_path / "x.csv").write_bytes(raw)
    with pytest.raises(ValueError, match=says):
        read_table(tmp_path / "x.csv")
