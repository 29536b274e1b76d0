"""Where ``nbgrader export --exporter autograder.platforms.Moodle`` finds its exporters."""

from autograder.plugin.platforms import Canvas, Moodle

__all__ = ["Canvas", "Moodle"]
