"""What counts as a time of submission, and what is not guessed."""

import os
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from nbgrader.utils import parse_utc

from autograder.plugin.intake import stage_timestamp
from autograder.plugin.timestamps import read_time, write_time

# Each is 2026-03-03 13:00:00 UTC, written another way.
ONE_TIME = [
    "2026-03-03 13:00:00 UTC",
    "2026-03-03 13:00:00",
    "  2026-03-03 13:00\r\n",
    "2026-03-03 13:00:00.000000 UTC",
    b"\xef\xbb\xbf2026-03-03 13:00:00 UTC",
    "\ufeff2026-03-03 13:00:00 UTC",
    "2026-03-03 13:00:00 UTC\r\n".encode("utf-16"),
    "2026-03-03T13:00:00Z",
    "20260303T130000Z",
    "2026-03-03T14:00:00+01:00",
    "2026-03-03 08:00:00 -0500",
    "2026-03-03T14:00+01",
    "1772542800",
    "1772542800.0",
    "1772542800000",
    "2026-03-03 14:00:00 Europe/Berlin",
    "2026-03-03T14:00:00+01:00[Europe/Berlin]",
    "2026-03-03T13:00:00Z[Europe/Berlin]",
    "2026-03-03 14:00 CET",
    "2026-03-03 8:00 am EST",
    "2026-03-03 14:00 UTC+1",
    "2026-03-03 14:00 GMT+01:00",
    "2026/03/03 13:00",
    "2026-3-3 13:00",
    "2026-03-03-13-00-00",
    "Tuesday, 3 March 2026, 1:00 PM",
    "Mar 3, 2026 13:00",
    "Tue, 03 Mar 2026 14:00:00 +0100",
    "Tue Mar  3 14:00:00 CET 2026",
]


@pytest.mark.parametrize("text", ONE_TIME, ids=repr)
def test_one_time_in_many_ways(text):
    assert read_time(text) == datetime(2026, 3, 3, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2.3.2026", "more than one date"),
        ("03/04/2026", "more than one date"),
        ("03/04/2026 13:00 UTC", "more than one date"),
        ("3 March 26", "more than one date"),
        ("12.11.10", "more than one date"),
        ("March 2026", "leaves out a part"),
        ("13:00", "leaves out a part"),
        ("17", "leaves out a part"),
        ("2026-03-03 13:00 CST", '"CST" is no time zone'),
        ("2026-03-03 13:00 IST", '"IST" is no time zone'),
        ("2026-03-03 13:00 Mars/Phobos", '"Mars/Phobos" is no time zone'),
        ("2026-03-03 13:00Z+1", "two time zones"),
        ("2026-02-30 13:00", "not a time"),
        ("2026-13-04", "not a time"),
        ("0001-01-01T00:00:00+14:00", "not a time"),
        ("99999999999999999999", "not a time"),
        ("yesterday", "not a time"),
        ("2026-03-03 13:00:00 ../../etc/passwd", "not a time"),
        (b"the day after \xff tomorrow", "not a time"),
        (b"\x00\x01\x02", "not a time"),
        ("2026-03-03 " * 1000, "more than 200 characters"),
        ("", "is empty"),
        (" \n", "is empty"),
    ],
)
def test_what_is_not_guessed_is_told_how_to_be_written(text, why):
    with pytest.raises(ValueError, match='write it as "2026-03-03 13:00:00 UTC"') as refused:
        read_time(text)
    assert why in str(refused.value)


def test_a_day_above_twelve_leaves_one_reading():
    assert read_time("13.3.2026 10:00") == datetime(2026, 3, 13, 10, tzinfo=UTC)
    assert read_time("2/2/2026") == datetime(2026, 2, 2, tzinfo=UTC)


def test_a_time_without_a_zone_is_read_in_the_one_asked_for():
    berlin = ZoneInfo("Europe/Berlin")
    assert read_time("2026-07-03 13:00", berlin) == datetime(2026, 7, 3, 11, tzinfo=UTC)
    assert read_time("2026-07-03 13:00 UTC", berlin) == datetime(2026, 7, 3, 13, tzinfo=UTC)


def test_an_hour_that_happens_twice_is_the_earlier_one():
    assert read_time("2026-10-25 02:30 Europe/Berlin") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-03-03 13:00", "1772542800.25", "2026-07-03 13:00 CEST"])
def test_nbgrader_reads_what_is_written(text):
    time = read_time(text)
    assert parse_utc(write_time(time)) == time.replace(tzinfo=None)


# --- the file among a submission's ----------------------------------------------------------------


@pytest.mark.parametrize("text", ["1772542800", "2026-03-03T14:00:00+01:00"])
def test_the_staged_file_is_in_nbgraders_form(tmp_path, text):
    submitted, staged = tmp_path / "submitted", tmp_path / "staged"
    submitted.mkdir()
    (submitted / "timestamp.txt").write_text(text, encoding="utf-8-sig")
    assert stage_timestamp(submitted, staged) == []
    assert (staged / "timestamp.txt").read_text() == "2026-03-03 13:00:00 UTC"


def test_a_date_of_two_readings_is_no_time_and_a_warning(tmp_path):
    (tmp_path / "timestamp.txt").write_text("2.3.2026")
    (note,) = stage_timestamp(tmp_path, tmp_path / "staged")
    assert '"2.3.2026", which could be read as more than one date; write it as' in note
    assert note.endswith("this submission counts as being without a time")
    assert not (tmp_path / "staged" / "timestamp.txt").exists()


def test_a_link_to_another_time_is_none(tmp_path):
    (tmp_path / "else.txt").write_text("2026-03-03 13:00:00 UTC")
    os.symlink(tmp_path / "else.txt", tmp_path / "timestamp.txt")
    (note,) = stage_timestamp(tmp_path, tmp_path / "staged")
    assert "is a link" in note
    assert not (tmp_path / "staged").exists()


def test_a_file_deeper_in_the_upload_is_not_looked_at(tmp_path):
    (tmp_path / "upload").mkdir()
    (tmp_path / "upload" / "timestamp.txt").write_text("2026-03-01 13:00:00 UTC")
    assert stage_timestamp(tmp_path, tmp_path / "staged") == []
    assert not (tmp_path / "staged").exists()
