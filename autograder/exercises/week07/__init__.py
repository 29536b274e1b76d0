"""Exercises of week 7: Siamese networks and nearest neighbours."""

from autograder.exercises.exercise import import_exercises

import_exercises(__name__, __path__)
