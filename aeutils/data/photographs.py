"""Codes of 3,000 photographs of CIFAR-10 by three encoders; part of the package, no photograph is.

CIFAR-10 states no licence, so the package holds what encoders made of its photographs, 32 or 144
numbers each, and neither pixels nor the weights and axes that the numbers belong to. How the
encoders were made stands in the datasheet, `aeutils/data/embedded/README.md`; none of them saw a
label.

>>> codes = load_cifar_codes()
>>> codes.train["contrast"].shape, codes.test["PCA-32"].shape, codes.classes[8]
(torch.Size([2000, 144]), torch.Size([1000, 32]), 'ship')
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from aeutils.data.loading import CLASSES, read_embedded

FILE = "cifar_codes.npz"
SHA256 = "ef9119d1ef7ee2352b80bebe9c90c1813dddce1d3e814f2c37a171b6c53f1a81"
ENCODERS = {  # name -> how its arrays are called in the file
    "PCA-32": "pca",
    "untrained": "untrained",
    "contrast": "contrast",
}


@dataclass(frozen=True, eq=False, repr=False)
class PhotographCodes:
    """What encoders made of the same photographs.

    Attributes:
        train, test: codes by the name of the encoder, float32: "PCA-32" (N, 32), in the lengths
            that PCA gives; "untrained" and "contrast" (N, 144), unit vectors.
        y_train, y_test: class of each photograph, int64 (N,).
        classes: names of the classes; label i belongs to ``classes[i]``.
    """

    train: dict[str, Tensor]
    test: dict[str, Tensor]
    y_train: Tensor
    y_test: Tensor
    classes: tuple[str, ...]

    def __repr__(self) -> str:
        lines = [f"Codes of {len(self.y_train):,} + {len(self.y_test):,} photographs of CIFAR-10"]
        for name, codes in self.train.items():
            lines.append(f"  {name}: train {tuple(codes.shape)}")
            lines[-1] += f", test {tuple(self.test[name].shape)}"
        return "\n".join([*lines, f"  {len(self.classes)} classes: {', '.join(self.classes)}"])


def load_cifar_codes() -> PhotographCodes:
    """Return the codes.

    Raises:
        DataUnavailableError: the file of the package is missing or damaged.
    """
    file = read_embedded(FILE, SHA256)

    def codes(part: str) -> dict[str, Tensor]:
        return {
            name: torch.from_numpy(file[f"{stored}_{part}"]).float()
            for name, stored in ENCODERS.items()
        }

    return PhotographCodes(
        train=codes("train"),
        test=codes("test"),
        y_train=torch.from_numpy(file["y_train"]).long(),
        y_test=torch.from_numpy(file["y_test"]).long(),
        classes=CLASSES["cifar10"],
    )
