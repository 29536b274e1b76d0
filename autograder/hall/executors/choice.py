"""What grades: this machine, or the dask cluster that an instructor named."""

from __future__ import annotations

import logging

from autograder.hall.executors.executor import Executor
from autograder.hall.executors.local import LocalExecutor
from autograder.hall.settings import Settings


def choose_executor(settings: Settings, log: logging.Logger) -> Executor:
    """Return what grades: this machine, or the dask cluster that the settings name.

    Args:
        settings: what the instructor set.
        log: where an instructor reads what happened.
    """
    local = LocalExecutor(settings.workers, log)
    if not settings.scheduler:
        return local
    # Imported here, because a course that never uses it need not have dask installed.
    from autograder.hall.executors.dask_cluster import DaskExecutor

    return DaskExecutor(settings, local, log)
