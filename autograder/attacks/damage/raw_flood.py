"""Write a hundred megabytes to the process's own output and error descriptors."""

import os

for descriptor in (1, 2):
    try:
        for _ in range(50):
            os.write(descriptor, b"x" * 1_000_000)
    except OSError as error:
        print(error)
