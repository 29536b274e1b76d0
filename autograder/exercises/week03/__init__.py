"""Exercises of week 3: undercomplete autoencoders."""

from autograder.exercises.exercise import import_exercises

import_exercises(__name__, __path__)
