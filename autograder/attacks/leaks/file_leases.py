"""Tell another student a hidden input by which library files are held open meanwhile."""
# earns: 2

from autograder.attacks.course import answer

DOUBLE = """
import sysconfig
import time
from pathlib import Path

files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
shelf = [path for path in files if path.stat().st_size > 20_000][20:40]

def double(n):
    if n > 1000:
        held = [open(path) for bit, path in enumerate(shelf) if n >> bit & 1]
        time.sleep(4)
    return 2 * n
"""


def submission(nb, folder):
    return answer(nb, double=DOUBLE)
