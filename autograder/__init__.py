"""Instructor's side of the course.

- ``hall`` grades one submission safely and knows no course; ``plugin`` connects it to nbgrader.
  Both together are a wheel of their own (``autograder/pyproject.toml``) for any nbgrader course.
- ``exercises`` holds this course's hidden checks with the answers that test them, ``builder`` makes
  the notebooks, ``attacks`` tries to break the grader.

Nothing here is part of a student's install, and nothing in `aeutils` imports it.
"""
