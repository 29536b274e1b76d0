"""Take memory that belongs to no process: System V shared memory, and pipes that nobody reads."""

import ctypes
import os

libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
total = 0
for key in range(60):
    size = 50 * 2**20
    segment = libc.shmget(0x5641 + key, size, 0o1600)
    if segment < 0:
        continue
    address = libc.shmat(segment, None, 0)
    if address in (None, ctypes.c_void_p(-1).value):
        continue
    ctypes.memset(address, 1, size)
    libc.shmdt(ctypes.c_void_p(address))
    total += size
for _ in range(200):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        os.write(writer, bytes(2**20))
    except OSError:
        break
if total > 2200 * 2**20:
    print("VAULT-BROKEN: took more than twice the memory allowed")
