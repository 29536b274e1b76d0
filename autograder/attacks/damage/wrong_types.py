"""Hand in JSON whose parts are of other types than a notebook's."""

import json


def submission(nb, folder):
    for i, cell in enumerate(nb.cells):
        cell["source"] = [None, 3, {"a": 1}, [["x"]]][i % 4]
        cell["metadata"] = [[], None, {"nbgrader": "x"}, {"tags": 5}][i % 4]
        cell["outputs"] = {"a": None}
    nb["metadata"] = ["kernelspec"]
    nb["nbformat"] = "4"
    return json.dumps(nb)
