"""Exercises of week 2: vanilla autoencoders."""

from autograder.exercises.exercise import import_exercises

import_exercises(__name__, __path__)
