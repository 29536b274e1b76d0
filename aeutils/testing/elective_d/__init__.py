"""Visible tests of elective D: predicting in latent space, and transfer."""

from aeutils.testing.elective_d.collapsed import collapse
from aeutils.testing.elective_d.cutting import patches
from aeutils.testing.elective_d.hiding import masks
from aeutils.testing.elective_d.moving import transfer
from aeutils.testing.elective_d.probing import probes
from aeutils.testing.elective_d.targets import moving_average, prediction_loss
from aeutils.testing.elective_d.views import two_view_loss

__all__ = [
    "collapse",
    "masks",
    "moving_average",
    "patches",
    "prediction_loss",
    "probes",
    "transfer",
    "two_view_loss",
]
