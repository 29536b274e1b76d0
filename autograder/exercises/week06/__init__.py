"""Exercises of week 6: evaluating embeddings."""

from autograder.exercises.exercise import import_exercises

import_exercises(__name__, __path__)
