"""Reference package of the course *Autoencoders & Embeddings*.

Every package carries a word of the field, and every file in it one concept: ``aeutils.models``,
``aeutils.losses.contractive``, ``aeutils.embeddings.similarity``. A package is imported when it is
first used, so that ``import aeutils`` costs next to nothing beyond torch itself.

>>> from aeutils import data, pca, models, losses, training, corruption, plots, widgets, passport
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from aeutils._internal import compiler

__version__ = "0.2.0"

__all__ = [
    "anomalies",
    "compression",
    "corruption",
    "data",
    "drawings",
    "embeddings",
    "generation",
    "losses",
    "models",
    "neighbours",
    "passport",
    "pca",
    "plots",
    "prediction",
    "testing",
    "training",
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
        # The passport lives among the embeddings, and is asked for by its own name every week.
        path = "embeddings.passport" if name == "passport" else name
        module = importlib.import_module(f"{__name__}.{path}")
        compiler.put_off()  # torch may have come with the module
        return module
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {__all__}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


compiler.put_off()  # a notebook that has imported torch may make an optimiser of its own
