"""Make every exercise worth a thousand points, of which a wrong answer still gets some."""


def submission(nb, folder):
    for cell in nb.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.nbgrader.points = 1000
            cell.source = "500.0"
