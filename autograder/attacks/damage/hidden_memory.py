"""Take memory that no process seems to hold: files that exist in memory only and have no name."""

from autograder.attacks.course import first

TAKE = """
import os

files = globals().get("files", [])
for _ in range(10):
    files.append(os.memfd_create("vault"))
    os.posix_fallocate(files[-1], 0, 60 * 2**20)
total = sum(os.fstat(file).st_blocks * 512 for file in files)
if total > 2200 * 2**20:
    print("VAULT-BROKEN: took more than twice the memory allowed")
"""


def submission(nb, folder):
    for _ in range(4):
        first(nb, TAKE)
