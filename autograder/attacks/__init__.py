"""Attacks on the autograder: what students could try, and whether it gets them anywhere.

`marks/` asks for points, `leaks/` for what a student may not see, `damage/` for harm. `course`
makes the small course that is attacked, `targets` finds the files of the corpus, `harness` grades
the attackers among honest students, `evidence` is what they are caught at and `verdict` what they
reached; `stock` does the same to nbgrader without this grader, `table` prints both.
"""
