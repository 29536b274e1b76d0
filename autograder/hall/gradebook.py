"""nbgrader's gradebook, opened often: one engine for a whole run.

nbgrader opens the gradebook about eight times for every submission, each time with a new SQLAlchemy
engine. An engine remembers the SQL it has compiled; a new one compiles every statement again, which
is a good part of what bookkeeping costs.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager

from nbgrader import api


@contextmanager
def one_engine() -> Iterator[None]:
    """Let every gradebook opened inside share one engine per address.

    nbgrader disposes of an engine's connections when it closes a gradebook, not of the engine.
    """
    create_engine = api.create_engine
    api.create_engine = functools.cache(create_engine)
    try:
        yield
    finally:
        api.create_engine = create_engine
