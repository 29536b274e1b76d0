"""Find out what another student told by the flags of an inherited file."""

import fcntl
import os
import time

for _ in range(30):
    for descriptor in range(20):
        try:
            told = fcntl.fcntl(descriptor, 11) == 42  # F_GETSIG
            told |= os.lseek(descriptor, 0, os.SEEK_CUR) == 42
        except OSError:
            continue
        if told or fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_APPEND:
            print("VAULT-BROKEN: another student's signal on descriptor", descriptor)
            raise SystemExit
    time.sleep(0.1)
