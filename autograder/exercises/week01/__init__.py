"""Exercises of week 1: PCA and linear autoencoders."""

from autograder.exercises.exercise import import_exercises

import_exercises(__name__, __path__)
