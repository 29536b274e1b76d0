"""Visible tests of elective D: predicting in latent space, and transfer."""

from aeutils.testing.elective_d.collapsed import collapse
from aeutils.testing.elective_d.moving import transfer
from aeutils.testing.elective_d.probing import probes
from aeutils.testing.elective_d.views import two_view_loss

__all__ = [
    "collapse",
    "probes",
    "transfer",
    "two_view_loss",
]
