"""Hand in archives that grow without end where they are unpacked, and files that never end."""

import gzip
import os
import zipfile


def submission(nb, folder):
    with zipfile.ZipFile(folder / "data.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(200 * 2**20))
        archive.writestr("../../../vault-loot.txt", "out")
    (folder / "data.csv.gz").write_bytes(gzip.compress(bytes(50 * 2**20)))
    with open(folder / "sparse.bin", "wb") as file:
        file.truncate(300 * 2**30)
    os.mkfifo(folder / "pipe.txt")
    (folder / "zero.txt").symlink_to("/dev/zero")
