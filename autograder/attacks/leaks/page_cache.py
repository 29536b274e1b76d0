"""Tell another student a hidden input by which library files are in memory and which are not."""
# earns: 2

from autograder.attacks.course import answer

DOUBLE = """
import os
import sysconfig
from pathlib import Path

files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
shelf = [path for path in files if path.stat().st_size > 20_000][:20]

def double(n):
    if n > 1000:
        for bit, path in enumerate(shelf):
            with open(path) as file:
                file.read()
                if n >> bit & 1:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return 2 * n
"""


def submission(nb, folder):
    return answer(nb, double=DOUBLE)
