"""Rebuild the embedded series from the Numenta Anomaly Benchmark, and check the shipped file.

The benchmark (MIT licence) is a folder or a zip with `data/` and `labels/combined_windows.json`,
for example a clone of its repository::

    python -m aeutils.data.embedded.make_series --nab FOLDER_OR_ZIP              # check
    python -m aeutils.data.embedded.make_series --nab FOLDER_OR_ZIP --out DIR    # write
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from aeutils.data.loading import EMBEDDED_FOLDER
from aeutils.data.series import FILE

SERIES = {  # our name -> the benchmark's
    "taxi": "realKnownCause/nyc_taxi",
    "machine": "realKnownCause/machine_temperature_system_failure",
    "office": "realKnownCause/ambient_temperature_system_failure",
    "server": "realKnownCause/cpu_utilization_asg_misconfiguration",
}


def opener(nab: Path) -> Callable[[str], str]:
    """Return a function that reads a text file of the benchmark by its path inside it.

    Args:
        nab: a folder, or a zip.
    """
    if nab.is_dir():
        return lambda name: (nab / name).read_text(encoding="utf-8")
    archive = zipfile.ZipFile(nab)
    return lambda name: archive.read(name).decode("utf-8")


def build(read: Callable[[str], str]) -> dict[str, np.ndarray]:
    """Return the arrays of the shipped file.

    Args:
        read: what `opener` returns.
    """
    labels = json.loads(read("labels/combined_windows.json"))
    arrays: dict[str, np.ndarray] = {}
    for name, source in SERIES.items():
        rows = list(csv.DictReader(io.StringIO(read(f"data/{source}.csv"))))
        times = np.array([row["timestamp"] for row in rows], dtype="datetime64[s]")
        minutes = (times - times[0]).astype("timedelta64[m]").astype(np.int64)
        events = np.array(
            [
                (times >= np.datetime64(start, "s")) & (times <= np.datetime64(end, "s"))
                for start, end in labels[f"{source}.csv"]
            ]
        )
        arrays |= {
            f"{name}_values": np.array([row["value"] for row in rows], dtype=np.float32),
            f"{name}_start": np.array(str(times[0])),
            # Steps, not times: nearly all are equal, and compress to nothing.
            f"{name}_steps": np.diff(minutes).astype(np.int16),
            f"{name}_events": np.array(
                [[np.flatnonzero(e)[0], np.flatnonzero(e)[-1] + 1] for e in events], dtype=np.int32
            ),
        }
    return arrays


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare the shipped file with what is made anew, or write it.

    Args:
        arguments: of the command line; None for those of this process.

    Returns:
        0, or 1 if an array differs.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nab", type=Path, required=True, help="the benchmark, folder or zip")
    parser.add_argument("--out", type=Path, help="folder to write to; without it, compare")
    options = parser.parse_args(arguments)
    arrays = build(opener(options.nab))
    if options.out:
        np.savez_compressed(options.out / FILE, **arrays)  # type: ignore[arg-type]
        return 0
    with np.load(EMBEDDED_FOLDER / FILE, allow_pickle=False) as file:
        shipped = {name: file[name] for name in file.files}
    different = sorted(
        name
        for name in arrays.keys() | shipped.keys()
        if name not in arrays
        or name not in shipped
        or not np.array_equal(arrays[name], shipped[name])
    )
    print("different: " + ", ".join(different) if different else f"all {len(arrays)} arrays agree")
    return int(bool(different))


if __name__ == "__main__":
    sys.exit(main())
