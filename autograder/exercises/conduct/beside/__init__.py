"""What runs beside the student's objects: calls under other conditions, and a look around each.

While grading, these files are sent into the student's process, one after the other as one text, and
:func:`~autograder.exercises.conduct.beside.entry.try_out` is called there; so they import nothing
of ours but each other. The student's code may lie in its name: what comes back can
only take points away, and no expected value is ever here.
"""
