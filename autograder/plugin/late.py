"""Late penalties: lose a share of the score for every day begun after the deadline."""

from __future__ import annotations

from math import ceil

from nbgrader.plugins import BasePlugin
from traitlets import Float

DAY = 24 * 60 * 60


class PerDay(BasePlugin):
    """nbgrader plug-in: ``c.AssignLatePenalties.plugin_class = "autograder.late.PerDay"``.

    With the defaults nothing is lost. ``c.PerDay.share = 0.1`` takes 10% of the score for every
    day begun, never more than the score itself.
    """

    share = Float(0.0, help="share of the score lost per day begun, 0 to 1").tag(config=True)
    grace_hours = Float(0.0, help="hours after the deadline that cost nothing").tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float:
        """Return the points to take off a score.

        Args:
            student_id: whose submission it is.
            score: points that it earned.
            total_seconds_late: seconds after the deadline.
        """
        late = total_seconds_late - self.grace_hours * 60 * 60
        days = ceil(late / DAY) if late > 0 else 0
        return min(score, score * self.share * days)
