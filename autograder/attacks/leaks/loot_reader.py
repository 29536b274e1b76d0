"""Look for what an earlier student left, or an earlier pass: files, shared memory, queues."""

import ctypes
import glob
import os

for place in ("/tmp", "/var/tmp", "/dev/shm", os.path.expanduser("~")):
    for path in glob.glob(f"{place}/vault-loot*"):
        print("VAULT-BROKEN: found loot", path)
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
found = libc.shmget(0x56415554, 4096, 0o600)
if found >= 0 and os.path.exists("/proc/sysvipc/shm"):
    print("VAULT-BROKEN: found shared memory")
libc.shmget(0x56415554, 4096, 0o1600)
