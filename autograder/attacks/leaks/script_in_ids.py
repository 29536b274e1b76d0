"""Write scripts into the ids of cells and into the names of exercises."""

import json

CODE = 'x"><script>vaultscript()</script>'


def submission(nb, folder):
    for i, cell in enumerate(nb.cells):
        cell.id = f"{CODE}{i}"
        cell.metadata.setdefault("nbgrader", {})["grade_id"] = f"{CODE}{i}"
    return json.dumps(nb)
