"""Turn the tests into text cells and the answers into raw ones."""


def submission(nb, folder):
    for cell in nb.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks:
            cell.cell_type = "markdown" if marks["grade"] else "raw"
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
