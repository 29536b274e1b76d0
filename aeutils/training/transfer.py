"""Transfer: a trained encoder as the beginning of a classifier, which few labels then train.

An encoder learns from images without labels, and a new linear layer behind it turns codes into
classes. *Fine-tuned*, encoder and layer learn from the labels together; *frozen*, the encoder
stays as it is and the layer alone learns (Yosinski et al., 2014). What that is worth shows only
beside the same network trained from scratch with the same labels.

>>> import torch
>>> from aeutils import models, training
>>> encoder = models.mlp((6, 4, 2))
>>> classifier = training.with_head(encoder, features=2, classes=10, frozen=True)
>>> classifier(torch.rand(5, 6)).shape
torch.Size([5, 10])
>>> sum(p.numel() for p in classifier.parameters() if p.requires_grad)   # 2 · 10 weights, 10 biases
30

References:
    * J. Yosinski, J. Clune, Y. Bengio and H. Lipson (2014). How transferable are features in deep
      neural networks? NIPS. arXiv:1411.1792.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from aeutils._internal.validate import check_count, describe


def with_head(encoder: nn.Module, features: int, classes: int, frozen: bool) -> nn.Module:
    """Return a classifier: a copy of `encoder`, followed by a new linear layer.

    The copy shares nothing with the original, whose weights, mode and `requires_grad` stay as they
    are. The new layer draws its weights from torch's global generator (`seed_everything`), and is
    on the device and of the dtype of the encoder.

    Args:
        encoder: images (B, ...) -> codes (B, `features`), as its `forward`. Of an autoencoder pass
            the encoding half.
        features: length of a code.
        classes: number of classes.
        frozen: whether only the new layer learns. The copy's weights then require no gradient, and
            it stays in eval mode even after `.train()`: batch statistics do not move, and no code
            number is dropped. Otherwise all weights of the copy require a gradient, also those
            that did not in the original.

    Returns:
        A module of images (B, ...) -> logits (B, `classes`), in train mode.

    Raises:
        TypeError: `encoder` is no module, or a number is no integer.
        ValueError: a number is below 1.
    """
    if not isinstance(encoder, nn.Module):
        raise TypeError(
            f"encoder must be a torch module, got {describe(encoder)}; of an autoencoder with a "
            "method `encode` pass the half that encodes, such as model.encoder"
        )
    check_count(features, "features")
    check_count(classes, "classes")
    weight = next((p for p in encoder.parameters() if p.is_floating_point()), torch.empty(0))
    head = nn.Linear(features, classes, device=weight.device, dtype=weight.dtype)
    own = copy.deepcopy(encoder).requires_grad_(not frozen)
    return nn.Sequential(Frozen(own) if frozen else own, head).train()


class Frozen(nn.Module):
    """A module that training leaves as it is: no gradient reaches its weights, always in eval mode.

    Args:
        module: the module to freeze; it is changed, not copied.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module.requires_grad_(False)
        self.train()

    def train(self, mode: bool = True) -> Frozen:
        """Stay in eval mode, whatever `mode` is.

        Args:
            mode: is ignored. The `.train()` of a network around this module passes it on.

        Returns:
            The module itself.
        """
        super().train(False)
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Return what the frozen module makes of `x`.

        Args:
            x: whatever it takes, such as images (B, ...).

        Returns:
            Its output, such as codes (B, K).
        """
        return self.module(x)
