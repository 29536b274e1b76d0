"""The processor time of a training run, also where several run at the same time."""

from __future__ import annotations

import threading
import time


def processor_seconds() -> float:
    """Return the seconds of computing so far; the difference of two calls is a run's.

    In the main thread they are those of the whole process, with the threads that torch uses for one
    operation. In any other thread they are its own: another run may be in the next one.
    """
    if threading.current_thread() is threading.main_thread():
        return time.process_time()
    return time.thread_time()
