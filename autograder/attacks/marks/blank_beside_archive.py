"""Hide a notebook with tests of a thousand points in an archive in an archive."""

import copy
import io
import json
import zipfile


def submission(nb, folder):
    rich = copy.deepcopy(nb)
    for cell in rich.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade"):
            marks["points"] = 1000
            cell.source = "1000.0"
        elif marks.get("solution"):
            cell.source = "# answered"
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as packed:
        packed.writestr("again.ipynb", json.dumps(rich))
        packed.writestr("../../../gradebook.db", "")
    with zipfile.ZipFile(folder / "homework.zip", "w") as packed:
        packed.writestr("homework.zip", inner.getvalue())
    return b"{"
