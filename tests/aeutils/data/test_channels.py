"""Telemetry of spacecraft from a copy in either layout: what is usable, and what is missing."""

import csv

import numpy as np
import pytest
import torch

from aeutils.data import DataUnavailableError, load_telemetry

WAVE = np.sin(np.arange(40) / 3)
HALVES = {  # name -> training half, test half
    "P-1": (WAVE, WAVE[:30]),
    "T-9": (WAVE[:20], WAVE[:25]),
    "Still": (np.ones(40), WAVE[:30]),
    "Short": (WAVE, WAVE[:29]),
}
ROWS = [
    ("P-1", "SMAP", "[[4, 6], [20, 20]]", 30),
    ("Still", "SMAP", "[[1, 2]]", 30),
    ("Short", "SMAP", "[[1, 2]]", 30),
    ("P-1", "SMAP", "[[9, 9]]", 30),
    ("T-9", "MSL", "[[0, 24]]", 25),
]


def write_labels(path):
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["chan_id", "spacecraft", "anomaly_sequences", "class", "num_values"])
        out.writerows((c, s, a, "[point]", n) for c, s, a, n in ROWS)


def as_released(folder):
    """Write NASA's layout: a file for each half, whose other columns are commands."""
    for i, half in enumerate(("train", "test")):
        (folder / half).mkdir()
        for name, halves in HALVES.items():
            columns = np.ones((len(halves[i]), 3))
            columns[:, 0] = halves[i]
            np.save(folder / half / f"{name}.npy", columns)
    write_labels(folder / "labeled_anomalies.csv")


def as_archive(folder):
    """Write the layout of a copy without the commands."""
    arrays = {
        f"{half}/{name}/telemetry": halves[i]
        for name, halves in HALVES.items()
        for i, half in enumerate(("train", "test"))
    }
    np.savez(folder / "smap_msl_telemetry_only.npz", **arrays)
    write_labels(folder / "smap_msl_labeled_anomalies.csv")


@pytest.mark.parametrize("write", [as_released, as_archive])
def test_usable_channels_come_once_in_the_order_of_the_labels(write, tmp_path, monkeypatch):
    write(tmp_path)
    first, second = load_telemetry(tmp_path)  # not the constant one, not the one of wrong length
    assert (first.name, first.spacecraft) == ("P-1", "SMAP")
    assert (second.name, second.spacecraft) == ("T-9", "MSL")
    assert first.train.dtype == first.test.dtype == torch.float32
    assert torch.equal(first.train, torch.from_numpy(WAVE).float())
    assert torch.equal(first.test, torch.from_numpy(WAVE[:30]).float())
    assert first.anomalous.nonzero().flatten().tolist() == [4, 5, 6, 20]  # ends belong to events
    assert bool(second.anomalous.all())
    monkeypatch.setenv("AEUTILS_TELEMETRY", str(tmp_path))
    assert [channel.name for channel in load_telemetry()] == ["P-1", "T-9"]


def test_without_a_folder_the_variable_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv("AEUTILS_TELEMETRY", raising=False)
    with pytest.raises(DataUnavailableError, match=r"set AEUTILS_TELEMETRY .*datasets\.md"):
        load_telemetry()
    with pytest.raises(DataUnavailableError, match=r"neither smap_msl.*npz nor labeled_anomalies"):
        load_telemetry(tmp_path)
    with pytest.raises(DataUnavailableError, match="neither"):
        load_telemetry(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("write", "missing"),
    [
        (as_released, "test/T-9.npy"),
        (as_archive, "smap_msl_labeled_anomalies.csv"),
    ],
)
def test_a_copy_that_is_not_whole_says_what_is_missing(write, missing, tmp_path):
    write(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(DataUnavailableError, match=f"is not whole.*{missing}"):
        load_telemetry(tmp_path)


def test_an_archive_without_a_listed_channel_says_which(tmp_path, monkeypatch):
    monkeypatch.delitem(HALVES, "T-9")
    as_archive(tmp_path)
    with pytest.raises(DataUnavailableError, match=r"is not whole.*T-9"):
        load_telemetry(tmp_path)


def test_the_real_copy_has_65_usable_channels(real):
    if not (real / "smap_msl_telemetry_only.npz").is_file():
        pytest.skip(f"no smap_msl_telemetry_only.npz in {real}")
    channels = load_telemetry(real)
    assert len(channels) == len({channel.name for channel in channels}) == 65
    assert {channel.spacecraft for channel in channels} == {"SMAP", "MSL"}
    assert all(bool(c.anomalous.any()) and not bool(c.anomalous.all()) for c in channels)
