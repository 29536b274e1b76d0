"""What every function owes its caller, whatever the exercise asks for.

A check looks at one exercise; this package looks at conduct. An exercise's file declares, with
:meth:`autograder.exercises.exercise.Exercise.conduct`, how to draw arguments and what is right for
them (`declare`). Each answer is then called a few times under other conditions, beside the
student's objects (`beside`), and what it returned is judged on the trusted side (`judge`). A breach
costs at most one point (`charge`). Nothing here can earn a point.
"""
