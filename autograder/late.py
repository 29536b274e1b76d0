"""Where ``c.AssignLatePenalties.plugin_class = "autograder.late.PerDay"`` finds its plug-in."""

from autograder.plugin.late import PerDay

__all__ = ["PerDay"]
