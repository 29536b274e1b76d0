"""Find out what another student told, by asking for leases, refused for files that are open."""

import fcntl
import sysconfig
import time
from pathlib import Path

files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
shelf = [path for path in files if path.stat().st_size > 20_000][20:40]
for _ in range(60):
    number = 0
    for bit, path in enumerate(shelf):
        with open(path) as file:
            try:
                fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
                fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            except BlockingIOError:
                number |= 1 << bit
            except OSError as error:
                print(error)
    if number:
        print("heard", number)
        break
    time.sleep(0.1)
