"""Reference package of the course *Autoencoders & Embeddings*.

Each module carries the name of the concept it teaches: ``aeutils.pca``, ``aeutils.models``,
``aeutils.losses``, ``aeutils.training``, ... A module is imported when it is first used, so that
``import aeutils`` costs next to nothing beyond torch itself.
"""

from __future__ import annotations

import importlib
from types import ModuleType

__version__ = "0.1.0"

__all__ = [
    "checking",
    "clusters",
    "compression",
    "contractive",
    "conv",
    "corruption",
    "data",
    "denoising",
    "distances",
    "evaluation",
    "filters",
    "hovermap",
    "jitter",
    "jpeg",
    "losses",
    "maps",
    "models",
    "neighbourhoods",
    "passport",
    "pca",
    "plots",
    "probes",
    "progress",
    "rangecoder",
    "regularizers",
    "retrieval",
    "robust",
    "similarity",
    "tangents",
    "training",
    "visible",
    "widgets",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {__all__}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
