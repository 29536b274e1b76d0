"""Exercises of Elective C: generating."""

from autograder.exercises.exercise import import_exercises

import_exercises(__name__, __path__)
