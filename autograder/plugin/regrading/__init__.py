"""Grading a week again after a check was changed: beside the gradebook, then over it, or back.

`beside` grades a copy, `changes` compares, `exchange` puts the new in the place of the old in one
transaction and back again, `record` is the file that remembers both.
"""
