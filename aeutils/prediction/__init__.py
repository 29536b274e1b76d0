"""Predicting hidden patches: patches, masks, a moving average as target, and signs of collapse.

======================  ============================================================
patches.py              images cut into square patches, and put together again
masks.py                which patches are hidden: some at random, or a block
prediction.py           the loss of predicted patches where the true ones are hidden
moving_average.py       a network that follows another one slowly, as its target
collapse.py             how far features vary, and in how many directions
======================  ============================================================

`aeutils.training.fit_prediction` trains with them; the networks are `aeutils.models.PatchEncoder`
and `aeutils.models.PatchPredictor`.
"""

from aeutils.prediction.collapse import effective_rank, spread
from aeutils.prediction.masks import block_mask, random_mask
from aeutils.prediction.moving_average import ema_update, without_start
from aeutils.prediction.patches import from_patches, to_patches
from aeutils.prediction.prediction import prediction_loss

__all__ = [
    "block_mask",
    "effective_rank",
    "ema_update",
    "from_patches",
    "prediction_loss",
    "random_mask",
    "spread",
    "to_patches",
    "without_start",
]
