"""Reference package of the course *Autoencoders & Embeddings*.

Each module carries the name of the concept it teaches: ``aeutils.pca``, ``aeutils.models``,
``aeutils.losses``, ``aeutils.training``, ... A module is imported when it is first used, so that
``import aeutils`` costs next to nothing beyond torch itself.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

__version__ = "0.1.0"

__all__ = [
    "bottleneck",
    "checking",
    "checklist",
    "clusters",
    "comparison",
    "compression",
    "contractive",
    "conv",
    "corruption",
    "data",
    "denoising",
    "distances",
    "doctor",
    "drawpad",
    "evaluation",
    "explorer",
    "filters",
    "hovermap",
    "jacobianview",
    "jitter",
    "jpeg",
    "knn",
    "livetraining",
    "losses",
    "maps",
    "metriclearning",
    "models",
    "neighbourhoods",
    "painter",
    "passport",
    "pca",
    "plots",
    "probes",
    "progress",
    "propagation",
    "rangecoder",
    "regularizers",
    "retrieval",
    "robust",
    "siamese",
    "similarity",
    "supcon",
    "tangents",
    "training",
    "triplet",
    "vectorsearch",
    "visible",
    "widgets",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        if sys.version_info < (3, 11):  # noqa: UP036  (an old Python must be told, not crash)
            have = ".".join(map(str, sys.version_info[:2]))
            raise ImportError(
                f"aeutils needs Python 3.11 or newer, and this is {have}: install it in a newer "
                "one (course/student-setup.md); `python -m aeutils doctor` checks the rest"
            )
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {__all__}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
