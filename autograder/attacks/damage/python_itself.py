"""Change the Python that grades the next student: its packages, its programs, its caches."""

import os
import sys
from pathlib import Path

disks = {os.stat(folder).st_dev for folder in (".", "/tmp")}
own = disks - {os.stat("/").st_dev}  # memory disks that the student may fill
places = [sys.prefix, sys.base_prefix, *sys.path, "/usr/lib", "/exam/student", "/exam/packages"]
for place in dict.fromkeys(places):
    for name in ("vault-loot.pth", "sitecustomize.py"):
        try:
            with open(Path(place or ".").resolve() / name, "x") as file:
                file.write("import os\n")
            if not Path.cwd().samefile(place or ".") and os.stat(place or ".").st_dev not in own:
                print("VAULT-BROKEN: wrote into", place)
        except OSError as error:
            print(error)
