"""Fill every folder that can be written to."""

import os

block = bytes(2**20)
for place in (".", "/tmp", "/dev/shm", "/var/tmp", os.path.expanduser("~"), "/exam"):
    total = 0
    try:
        for i in range(8):
            with open(f"{place}/vault-loot-{i}", "wb") as file:
                for _ in range(40):
                    total += file.write(block)
    except OSError as error:
        print(place, total >> 20, "MB", error)
    if total > 300 * 2**20:
        print("VAULT-BROKEN: wrote", total >> 20, "MB to", place)
