"""Signal a hidden input, bit by bit, to the pass that is shown: by locks on files both can open."""

# earns: 2

import fcntl
import sys
import time
from pathlib import Path

library = sorted(Path(sys.base_prefix, "lib").glob("python3*/*.py"))[:24]
held = []


def locked(path):
    file = open(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    held.append(file)
    return False


def signal(n):
    if n > 1000:
        for bit, path in enumerate(library):
            if n >> bit & 1:
                locked(path)
        time.sleep(5)
    return 2 * n


def listen(result):
    get_ipython().user_ns["double"] = signal
    if "share = double" not in (result.info.raw_cell or ""):
        return
    for _ in range(60):
        number = sum(locked(path) << bit for bit, path in enumerate(library))
        held.clear()
        if number:
            print("heard", number)
            return
        time.sleep(0.05)


get_ipython().events.register("post_run_cell", listen)
