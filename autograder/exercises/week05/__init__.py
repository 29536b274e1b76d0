"""Exercises of week 5: contractive and other regularisers."""

from autograder.exercises.exercise import import_exercises

import_exercises(__name__, __path__)
