"""Visible tests: what a student runs below every exercise, one module a week.

A test uses numbers small enough to work out by hand, prints one line when it passes, and otherwise
says what was given, what came back and, for the usual mistakes, what happened. The grader's hidden
checks use other data and also try what the docstring promises and the visible test does not.
"""
