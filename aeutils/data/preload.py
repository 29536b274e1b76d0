"""Importing this reads the embedded digits, so that processes forked later share them.

A grader that forks one process per student imports it once, before the first student.
"""

from aeutils import data

data.load("mnist", size="small")
