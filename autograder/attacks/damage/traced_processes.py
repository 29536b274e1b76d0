"""Attach to other processes as a debugger, and read and write their memory."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
mine = {os.getpid()}
for name in [n for n in os.listdir("/proc") if n.isdigit() and int(n) not in mine][:50]:
    attached = libc.ptrace(16, int(name), 0, 0)  # PTRACE_ATTACH
    try:
        with open(f"/proc/{name}/mem", "rb+") as memory:
            opened = bool(memory)
    except OSError:
        opened = False
    print(name, attached, ctypes.get_errno(), opened)
