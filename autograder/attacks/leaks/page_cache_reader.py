"""Find out what another student told by which library files are in memory."""

import os
import sysconfig
import time
from pathlib import Path

files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
shelf = [path for path in files if path.stat().st_size > 20_000][:20]
number = 0
time.sleep(5)  # asking once loads the file, so there is only one chance
for bit, path in enumerate(shelf):
    with open(path, "rb") as file:
        try:
            os.preadv(file.fileno(), [bytearray(1)], 0, os.RWF_NOWAIT)
        except BlockingIOError:
            number |= 1 << bit
        except OSError as error:
            print(error)
print("heard", number)
