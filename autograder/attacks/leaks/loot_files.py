"""Leave what was seen in files that another student's code can read, and look for such files."""

import glob
import os

places = ["/tmp", "/var/tmp", "/dev/shm", os.path.expanduser("~"), os.getcwd(), "/run/user/0"]
for place in places:
    for path in glob.glob(f"{place}/vault-loot*"):
        print("VAULT-BROKEN: found loot", path, open(path).read())
for place in places:
    try:
        with open(f"{place}/vault-loot.txt", "w") as file:
            file.write("loot")
    except OSError as error:
        print(place, error)
