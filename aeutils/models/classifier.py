"""A small convolutional classifier, with which generated images are judged.

>>> import torch
>>> model = Classifier()
>>> images = torch.rand(10, 1, 28, 28)
>>> model(images).shape, model.features(images).shape
(torch.Size([10, 10]), torch.Size([10, 64]))

References:
    * Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998). Gradient-based learning applied to
      document recognition. Proceedings of the IEEE 86 (11).
"""

from __future__ import annotations

from torch import Tensor, nn

from aeutils._internal.validate import check_count
from aeutils.models.flat import as_rows

SIDE, FEATURES = 28, 64


class Classifier(nn.Module):
    """Two convolutions of stride 2, a hidden layer of 64 units, and the logits of the classes.

    Train it by `training.fit_encoder` with the loss `F.cross_entropy`: three epochs of the 5,000
    small MNIST images with ``batch_size=64, lr=3e-3`` take about a second, and name 96% of the
    small test images (weights from ``seed_everything(0)``).

    Fréchet distances are measured with its `features` here, as Inception's are elsewhere: the
    number depends on this network, on its first weights and on what it was trained on. Compare only
    numbers that one and the same trained classifier gave, and none of them with a published FID.

    Args:
        classes: how many classes there are.

    Attributes:
        hidden: layers from images (N, 1, 28, 28) to features (N, 64).
        last: layer from features to logits (N, classes).

    Raises:
        TypeError: `classes` is not an integer.
        ValueError: `classes` is below 1.
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        check_count(classes, "classes")
        self.hidden = nn.Sequential(
            nn.Conv2d(1, 32, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64 * (SIDE // 4) ** 2, FEATURES),
            nn.ReLU(),
        )
        self.last = nn.Linear(FEATURES, classes)

    def features(self, x: Tensor) -> Tensor:
        """Return the last hidden layer, after its ReLU.

        Args:
            x: images (N, 1, 28, 28) in [0, 1], or their rows (N, 784).

        Returns:
            Features (N, 64), none negative.

        Raises:
            TypeError: `x` is not a tensor of floats.
            ValueError: `x` does not have 784 numbers for each image.
        """
        return self.hidden(as_rows(x, SIDE * SIDE, "x").reshape(-1, 1, SIDE, SIDE))

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of the classes, (N, classes).

        Args:
            x: images (N, 1, 28, 28) in [0, 1], or their rows (N, 784).

        Raises:
            TypeError: `x` is not a tensor of floats.
            ValueError: `x` does not have 784 numbers for each image.
        """
        return self.last(self.features(x))
