"""Exercises of Elective D: predicting in latent space, and transfer."""

from autograder.exercises.exercise import import_exercises

import_exercises(__name__, __path__)
