"""End the own process group again and again: whoever else belongs to it dies with it."""

import os
import time

if os.fork() == 0:
    time.sleep(0.3)
    for process in (0, -os.getpgrp(), -1):
        try:
            os.kill(process, 9)
        except OSError:
            pass
time.sleep(1)
os.kill(0, 9)
