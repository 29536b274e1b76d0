"""Make files without number, nested folders and names as long as they can be."""

import os
import time

end, count = time.time() + 1.5, 0
os.makedirs("/tmp/vault-loot", exist_ok=True)
try:
    while time.time() < end:
        open(f"/tmp/vault-loot/{count:0200}", "w").close()
        count += 1
except OSError as error:
    print(error)
try:
    for _ in range(40):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
except OSError as error:
    print(error)
