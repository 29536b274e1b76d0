"""Events instead of points: runs of anomalous points, alarms, and the point adjustment.

The point adjustment (Xu et al., 2018) declares a whole event found when one of its points was
flagged, and then counts points. A coin that flags the share p of all points finds an event of L
points with probability 1 − (1 − p)ᴸ: nearly certainly where L is large (Kim et al., 2022).

References:
    * H. Xu et al. (2018). Unsupervised anomaly detection via variational auto-encoder for seasonal
      KPIs in web applications. WWW, section 4.2.
    * S. Kim, K. Choi, H.-S. Choi, B. Lee and S. Yoon (2022). Towards a rigorous evaluation of
      time-series anomaly detection. AAAI.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils.anomalies.ranking import best_f1, check_flags
from aeutils.anomalies.windows import check_series
from aeutils.testing.sealed import exercise


def runs(flags: Tensor) -> Tensor:
    """Return beginning and end of each unbroken run of True, the end not included.

    Args:
        flags: booleans (T,).

    Returns:
        Integers (E, 2).

    Raises:
        TypeError: `flags` is not a tensor of booleans.
        ValueError: `flags` is no vector.

    >>> runs(torch.tensor([True, True, False, True]))
    tensor([[0, 2],
            [3, 4]])
    """
    check_flags(flags, "flags", len(flags))
    edge = flags.new_zeros(1)
    steps = torch.cat([edge, flags, edge]).byte().diff()
    return torch.stack([(steps == 1).nonzero().flatten(), (steps == 255).nonzero().flatten()], 1)


@exercise("elective_b_anomalies")
def event_quality(flagged: Tensor, anomalous: Tensor) -> tuple[float, float]:
    """Return precision and recall of events: runs of anomalous points, against runs of alarms.

    Args:
        flagged: booleans (T,), where the alarm rings.
        anomalous: booleans (T,), with at least one True.

    Returns:
        Precision: the share of alarms with at least one anomalous point, 0 if there is no alarm;
        recall: the share of events with at least one flagged point.

    Raises:
        TypeError: one of them is not a tensor of booleans.
        ValueError: they are not vectors of one length, or nothing is anomalous.
    """
    check_flags(flagged, "flagged", len(anomalous))
    alarms, events = runs(flagged), labelled_events(anomalous, len(flagged))
    right = sum(bool(anomalous[a:b].any()) for a, b in alarms.tolist())
    found = sum(bool(flagged[a:b].any()) for a, b in events)
    return right / max(1, len(alarms)), found / len(events)


@exercise("elective_b_anomalies")
def point_adjust(flagged: Tensor, anomalous: Tensor) -> Tensor:
    """Return the flags with every point of an event flagged of which any point was.

    Args:
        flagged: booleans (T,).
        anomalous: booleans (T,).

    Returns:
        Booleans (T,).

    Raises:
        TypeError: one of them is not a tensor of booleans.
        ValueError: they are not vectors of one length.
    """
    check_flags(flagged, "flagged", len(anomalous))
    check_flags(anomalous, "anomalous", len(flagged))
    adjusted = flagged.clone()
    for start, end in runs(anomalous).tolist():
        adjusted[start:end] |= flagged[start:end].any()
    return adjusted


def best_adjusted_f1(scores: Tensor, anomalous: Tensor) -> float:
    """Return the largest F1 of all thresholds after the point adjustment.

    An event is found whole as soon as its largest score is flagged, so every point of an event
    counts as if it had that score.

    Args:
        scores: floats (T,), larger is more suspicious.
        anomalous: booleans (T,), at least one True.

    Returns:
        A number from 0 to 1, which says little: a coin reaches a high one.

    Raises:
        TypeError: `scores` is not a tensor of floats, or `anomalous` not one of booleans.
        ValueError: they are not vectors of one length, or nothing is anomalous.
    """
    lifted = check_series(scores, "scores").clone()
    for start, end in labelled_events(anomalous, len(lifted)):
        lifted[start:end] = lifted[start:end].max()
    return best_f1(lifted, anomalous)


def labelled_events(anomalous: Tensor, length: int) -> list[list[int]]:
    """Return beginning and end of each event among `length` points; there is at least one.

    Args:
        anomalous: booleans (T,), with at least one True.
        length: T, as the scores have it.

    Raises:
        TypeError: `anomalous` is not a tensor of booleans.
        ValueError: it has another shape, or nothing is anomalous.
    """
    check_flags(anomalous, "anomalous", length)
    events = runs(anomalous).tolist()
    if not events:
        raise ValueError(f"none of {len(anomalous)} points is anomalous; at least one must be")
    return events
