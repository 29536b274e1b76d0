"""The exam hall: student code in a sandbox, tests in another process, plain values in between.

Read in this order: `wire` (what may cross), `desk` (the student's side), `border` and `examiner`
(the tests' side), `prelude` (what tests may rely on), `sandbox`, `exam` (the two passes of one
submission) and `plugin` (where nbgrader comes in).
"""
