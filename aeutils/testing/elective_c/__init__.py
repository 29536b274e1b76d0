"""Visible tests of elective C: generating."""

from aeutils.testing.elective_c.adversarial import adversarial_losses
from aeutils.testing.elective_c.likelihood import importance_weighted_nll

__all__ = [
    "adversarial_losses",
    "importance_weighted_nll",
]
