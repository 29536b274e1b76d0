"""What students hand in, kind by kind: made from right answers, worth 7 points, and spoilt.

Each kind is a function whose docstring says what was handed in; its decorator says what the grader
makes of it. The table in ``course/guide/submissions.md`` is made from both.
"""

from handed_in import beside, lost_cells, repaired, switched, unreadable, which_file
from handed_in.kind import KINDS, Kind, hand_in

FAMILIES = {
    "Which file": which_file,
    "Files that are no notebook": unreadable,
    "Notebooks in bad shape": repaired,
    "Cells that lost what nbgrader wrote": lost_cells,
    "Switches": switched,
    "Beside the notebook": beside,
}

__all__ = ["FAMILIES", "KINDS", "Kind", "hand_in"]
