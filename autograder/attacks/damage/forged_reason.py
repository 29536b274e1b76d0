"""Forge the grader's own metadata in the notebook, with values of the wrong kind."""


def submission(nb, folder):
    nb.metadata["autograder_unreadable"] = {"a": [1, 2]}
    nb.metadata["exam_hall"] = {"token": ["x"], "protected": "yes"}
