"""Four real series with labelled events, from the Numenta Anomaly Benchmark; part of the package.

``load_series("taxi")`` is the number of taxi passengers in New York, every half hour for seven
months; "machine" and "office" are temperatures, "server" is a processor's load. The datasheet is
`aeutils/data/embedded/README.md`.

>>> taxi = load_series("taxi")
>>> taxi.values.shape, taxi.times[0].item().hour, len(taxi.events)
(torch.Size([10320]), 0, 5)
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aeutils._internal.validate import describe
from aeutils.data.loading import read_embedded

FILE = "nab_series.npz"
SHA256 = "84598caf4908a760fdb7465caf538143bce8e24a680929bdab527006497ffa03"
SERIES = {  # name -> unit, what it is
    "taxi": ("passengers per half hour", "taxi passengers in New York, 2014-07 to 2015-01"),
    "machine": ("temperature", "a sensor inside a large machine, 2013-12 to 2014-02"),
    "office": ("temperature (°F)", "a sensor in an office, 2013-07 to 2014-05"),
    "server": ("processor load (%)", "a cluster of servers, 2014-05 to 2014-07"),
}


@dataclass(frozen=True, eq=False, repr=False)
class Series:
    """Values at moments, and the stretches in which something was wrong.

    Attributes:
        name: one of `SERIES`.
        values: float32 (T,).
        times: when each was read, numpy datetime64 (T,). "office" has gaps.
        anomalous: whether a point lies in a labelled event, booleans (T,).
        events: first point and end (not included) of each labelled event, int64 (E, 2).
        unit: what `values` counts.
    """

    name: str
    values: Tensor
    times: np.ndarray
    anomalous: Tensor
    events: Tensor
    unit: str

    def at(self, time: str) -> int:
        """Return the number of the first point at or after a moment.

        Args:
            time: such as "2014-11-02" or "2014-11-02T06:30".
        """
        return int(np.searchsorted(self.times, np.datetime64(time)))

    def __repr__(self) -> str:
        return (
            f"{self.name}: {SERIES[self.name][1]}\n"
            f"  values ({len(self.values):,},) {self.unit}\n"
            f"  {len(self.events)} labelled events, {int(self.anomalous.sum()):,} points"
        )


def load_series(name: str = "taxi") -> Series:
    """Return a series.

    Args:
        name: one of "taxi", "machine", "office" and "server".

    Raises:
        ValueError: there is no series of that name.
        DataUnavailableError: the file of the package is missing or damaged.
    """
    if name not in SERIES:
        raise ValueError(f"there is no series {describe(name)}; there are {', '.join(SERIES)}")
    file = _read()
    values = torch.from_numpy(file[f"{name}_values"].copy())
    minutes = np.concatenate([[0], file[f"{name}_steps"].astype(np.int64).cumsum()])
    events = torch.from_numpy(file[f"{name}_events"].astype(np.int64))
    anomalous = torch.zeros(len(values), dtype=torch.bool)
    for start, end in events.tolist():
        anomalous[start:end] = True
    return Series(
        name=name,
        values=values,
        times=np.datetime64(str(file[f"{name}_start"]), "m") + minutes.astype("timedelta64[m]"),
        anomalous=anomalous,
        events=events,
        unit=SERIES[name][0],
    )


@functools.cache
def _read() -> dict[str, np.ndarray]:
    return read_embedded(FILE, SHA256)
