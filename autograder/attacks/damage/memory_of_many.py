"""Take memory in many processes, each of which stays below its own limit."""

import os
import time

for _ in range(10):
    if os.fork() == 0:
        block = bytearray(os.urandom(2**20) * 400)
        time.sleep(6)
        os._exit(0)
time.sleep(5)
print("VAULT-BROKEN: ten processes took four gigabytes")
