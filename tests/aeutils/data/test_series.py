"""The embedded series: what is in them, and that they are made of the benchmark's files."""

import json
import zipfile

import numpy as np
import pytest
import torch

from aeutils.data import SERIES, DataUnavailableError, load_series, loading, series
from aeutils.data.embedded import make_series

LENGTHS = {"taxi": 10320, "machine": 22695, "office": 7267, "server": 18050}
EVENTS = {"taxi": 5, "machine": 4, "office": 2, "server": 1}


@pytest.mark.parametrize("name", SERIES)
def test_a_series_has_values_times_and_events(name):
    got = load_series(name)
    assert got.name == name
    assert got.values.dtype == torch.float32
    assert len(got.values) == len(got.times) == len(got.anomalous) == LENGTHS[name]
    assert bool(torch.isfinite(got.values).all())
    assert got.events.shape == (EVENTS[name], 2)
    inside = torch.zeros_like(got.anomalous)
    before = 0
    for start, end in got.events.tolist():
        assert before <= start < end <= LENGTHS[name]
        inside[start:end], before = True, end
    assert torch.equal(inside, got.anomalous)
    assert f"{EVENTS[name]} labelled events" in repr(got)
    assert got.unit in repr(got)


@pytest.mark.parametrize("name", SERIES)
def test_time_goes_on_but_for_one_step_of_the_machine(name):
    steps = np.diff(load_series(name).times).astype(int)  # minutes
    back = np.flatnonzero(steps <= 0).tolist()
    assert back == ([10148] if name == "machine" else [])
    assert [int(steps[i]) for i in back] == ([-55] if back else [])
    usual = {"taxi": 30, "machine": 5, "office": 60, "server": 5}[name]
    assert np.median(steps) == usual
    assert (np.sum(steps > usual) > 0) == (name == "office")  # the others have no gaps


def test_a_moment_is_found_by_its_name():
    taxi = load_series()
    assert taxi.name == "taxi"
    assert taxi.at("2014-07-01") == 0
    assert taxi.at("2014-07-02T00:10") == 49  # the first point after it
    start, end = taxi.events[-1].tolist()
    assert start < taxi.at("2015-01-27") < end  # the blizzard


def test_a_loaded_series_cannot_spoil_the_next():
    load_series("server").values.zero_()
    assert load_series("server").values.max() > 0


@pytest.mark.parametrize("name", ["Taxi", "bus", ""])
def test_an_unknown_series_is_named_with_those_that_exist(name):
    with pytest.raises(ValueError, match=f"no series '{name}'.*taxi, machine, office, server"):
        load_series(name)


def test_a_damaged_file_names_the_expected_hash(tmp_path, monkeypatch):
    (tmp_path / series.FILE).write_bytes(b"no archive")
    monkeypatch.setattr(loading, "EMBEDDED_FOLDER", tmp_path)
    with pytest.raises(DataUnavailableError, match=series.SHA256):
        series._read.__wrapped__()


# ------------------------------------------------------------------ made anew from the benchmark


@pytest.fixture
def benchmark(tmp_path, monkeypatch):
    """A folder like the benchmark's, with one series of six points in two events."""
    monkeypatch.setattr(make_series, "SERIES", {"toy": "kind/toy"})
    (tmp_path / "data" / "kind").mkdir(parents=True)
    minutes = (0, 5, 10, 20, 25, 30)
    rows = "".join(f"2014-03-01 00:{m:02d}:00,{m / 2}\n" for m in minutes)
    (tmp_path / "data" / "kind" / "toy.csv").write_text("timestamp,value\n" + rows)
    (tmp_path / "labels").mkdir()
    spans = [
        ["2014-03-01 00:05:00.000000", "2014-03-01 00:12:00.000000"],
        ["2014-03-01 00:30:00.000000", "2014-03-01 00:30:00.000000"],
    ]
    labels = tmp_path / "labels" / "combined_windows.json"
    labels.write_text(json.dumps({"kind/toy.csv": spans}))
    return tmp_path


def zipped(folder):
    """Return the same in a zip."""
    archive = folder / "nab.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for path in [*folder.rglob("*.csv"), *folder.rglob("*.json")]:
            opened.write(path, path.relative_to(folder).as_posix())
    return archive


def test_arrays_are_values_steps_and_ends_of_events(benchmark):
    for source in (benchmark, zipped(benchmark)):
        arrays = make_series.build(make_series.opener(source))
        assert arrays["toy_values"].tolist() == [0, 2.5, 5, 10, 12.5, 15]
        assert arrays["toy_steps"].tolist() == [5, 5, 10, 5, 5]
        assert arrays["toy_events"].tolist() == [[1, 3], [5, 6]]
        assert str(arrays["toy_start"]) == "2014-03-01T00:00:00"


def test_a_shipped_file_that_was_changed_is_found(benchmark, monkeypatch, capsys):
    call = ["--nab", str(benchmark)]
    assert make_series.main([*call, "--out", str(benchmark)]) == 0
    monkeypatch.setattr(make_series, "EMBEDDED_FOLDER", benchmark)
    assert make_series.main(call) == 0
    assert "all 4 arrays agree" in capsys.readouterr().out
    source = benchmark / "data" / "kind" / "toy.csv"
    source.write_text(source.read_text().replace("2.5", "2.6"))
    assert make_series.main(call) == 1
    assert "different: toy_values" in capsys.readouterr().out


def test_the_shipped_file_is_made_of_the_real_benchmark(real, capsys):
    nab = real / "nab_data_labels.zip"
    if not nab.is_file():
        pytest.skip(f"no {nab.name} in {real}")
    assert make_series.main(["--nab", str(nab)]) == 0
    assert "all 16 arrays agree" in capsys.readouterr().out
