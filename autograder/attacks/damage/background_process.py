"""Leave a process behind that belongs to nobody: twice forked, in a session of its own."""

import os
import subprocess
import time

subprocess.Popen(["setsid", "sleep", "300"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(300)
    os._exit(0)
