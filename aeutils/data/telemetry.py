"""Telemetry of two spacecraft, SMAP and Curiosity (MSL): your own copy, never part of the package.

NASA's release (Hundman et al., 2018) is a folder with `labeled_anomalies.csv` and, for each
channel, `train/NAME.npy` and `test/NAME.npy`, whose first column is the telemetry. A copy that
holds only that column, as an archive `smap_msl_telemetry_only.npz` beside
`smap_msl_labeled_anomalies.csv`, is read as well.

References:
    * K. Hundman, V. Constantinou, C. Laporte, I. Colwell and T. Soderstrom (2018). Detecting
      spacecraft anomalies using LSTMs and nonparametric dynamic thresholding. KDD.
"""

from __future__ import annotations

import ast
import csv
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from aeutils.data.whole import DataUnavailableError

PLACE = "AEUTILS_TELEMETRY"  # an environment variable
LEAST_SPREAD = 1e-5  # standard deviation of a training half that says anything


@dataclass(frozen=True, eq=False)
class Channel:
    """One channel: a normal stretch to learn from, a later one with labelled events.

    Attributes:
        name: such as "P-1".
        spacecraft: "SMAP" or "MSL".
        train: float32 (M,).
        test: float32 (T,).
        anomalous: whether a point of `test` is labelled, booleans (T,).
    """

    name: str
    spacecraft: str
    train: Tensor
    test: Tensor
    anomalous: Tensor


def load_telemetry(folder: str | os.PathLike[str] | None = None) -> list[Channel]:
    """Return the usable channels: labels of the right length, and a training half that moves.

    Args:
        folder: where the files lie; None for the environment variable ``AEUTILS_TELEMETRY``.

    Returns:
        The channels in the order of the list of labels. One that is listed twice comes once.

    Raises:
        DataUnavailableError: no folder is named, or the files are not there.
    """
    place = folder or os.environ.get(PLACE, "")
    if not place:
        raise DataUnavailableError(
            f"no folder with spacecraft telemetry: set {PLACE} to your copy (course/datasets.md "
            "says where it comes from)"
        )
    try:
        return _channels(*_sources(Path(place)))
    except (OSError, KeyError) as error:  # not in the folder, or not in the archive
        raise DataUnavailableError(f"{place} is not whole: {error}") from error


def _channels(labels: Path, read: Callable[[str, str], Tensor]) -> list[Channel]:
    """Return the usable channels of a list of labels."""
    found: dict[str, Channel] = {}
    for row in csv.DictReader(labels.read_text(encoding="utf-8").splitlines()):
        name = row["chan_id"]
        train, test = read("train", name), read("test", name)
        if len(test) != int(row["num_values"]) or train.std() < LEAST_SPREAD or name in found:
            continue
        anomalous = torch.zeros(len(test), dtype=torch.bool)
        for first, last in ast.literal_eval(row["anomaly_sequences"]):
            anomalous[first : last + 1] = True
        found[name] = Channel(name, row["spacecraft"], train, test, anomalous)
    return list(found.values())


def _sources(folder: Path) -> tuple[Path, Callable[[str, str], Tensor]]:
    """Return the list of labels, and a function that reads one half of a channel."""

    def tensor(values: np.ndarray) -> Tensor:
        return torch.from_numpy(values.astype(np.float32))

    if (folder / "smap_msl_telemetry_only.npz").is_file():
        archive = np.load(folder / "smap_msl_telemetry_only.npz", allow_pickle=False)
        return (
            folder / "smap_msl_labeled_anomalies.csv",
            lambda half, name: tensor(archive[f"{half}/{name}/telemetry"]),
        )
    if (folder / "labeled_anomalies.csv").is_file():
        return (
            folder / "labeled_anomalies.csv",
            lambda half, name: tensor(np.load(folder / half / f"{name}.npy")[:, 0]),
        )
    raise DataUnavailableError(
        f"{folder} holds neither smap_msl_telemetry_only.npz nor labeled_anomalies.csv"
    )
