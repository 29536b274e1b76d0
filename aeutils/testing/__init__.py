"""Tests of answers: visible tests by week, what they are written with, and the seal."""
