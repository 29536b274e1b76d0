"""The exam hall: grades one submission safely, and knows no course and no nbgrader.

Student code runs in a sandbox, tests run in another process, plain values cross in between. Read
in this order: `job` (what goes in and comes out), `grading` (the two passes), `isolation` (the
walls), `student` (what runs inside them), `examiner` (the tests' side), `protocol` (what crosses)
and `executors` (where jobs run). ``autograder.plugin`` connects all this to nbgrader.
"""
