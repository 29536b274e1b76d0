"""Flip the metadata of tests: not graded, not locked, or an answer themselves."""


def submission(nb, folder):
    tests = [c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade")]
    for i, cell in enumerate(tests):
        flags = [{"grade": False}, {"solution": True}, {"locked": False, "task": True}][i % 3]
        cell.metadata.nbgrader.update(flags)
        cell.source = "True"
