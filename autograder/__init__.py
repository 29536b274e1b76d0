"""Instructor's side of the course: builder, hidden checks, answer bank and nbgrader plug-ins.

Nothing here is part of a student's install, and nothing in `aeutils` imports it.
"""
