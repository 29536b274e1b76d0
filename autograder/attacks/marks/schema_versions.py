"""Claim that the cells follow another version of nbgrader's format."""


def submission(nb, folder):
    marked = [c for c in nb.cells if "nbgrader" in c.metadata]
    for i, cell in enumerate(marked):
        cell.metadata.nbgrader.schema_version = [1, 2, 99, "3", None][i % 5]
        if i % 2:
            del cell.metadata.nbgrader["points" if "points" in cell.metadata.nbgrader else "task"]
