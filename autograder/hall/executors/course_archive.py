"""Course files in one archive that is known by its content, so that it can travel."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

LEFT_BEHIND = ("__pycache__", ".ipynb_checkpoints")
DAY = (1980, 1, 1, 0, 0, 0)  # the same files give the same bytes, whenever they were written


def pack(folders: dict[str, Path]) -> bytes:
    """Return a zip archive with the files of each folder under the folder's new name.

    Args:
        folders: name in the archive -> folder.
    """
    blob = io.BytesIO()
    with zipfile.ZipFile(blob, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, folder in sorted(folders.items()):
            for path in _files(folder):
                entry = zipfile.ZipInfo(f"{name}/{path.relative_to(folder).as_posix()}", DAY)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    return blob.getvalue()


def unpack(blob: bytes, folder: Path) -> None:
    """Write the files of an archive made by :func:`pack` under a folder.

    Args:
        blob: the archive.
        folder: where its files go.
    """
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        archive.extractall(folder)


def _files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix != ".pyc"
        and not any(part in LEFT_BEHIND for part in path.relative_to(folder).parts)
    )
