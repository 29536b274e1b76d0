"""Exercises of week 4: denoising autoencoders."""

from autograder.exercises.exercise import import_exercises

import_exercises(__name__, __path__)
