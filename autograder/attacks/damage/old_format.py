"""Hand in a notebook of a format from long ago, and cells that it never had."""

import json


def submission(nb, folder):
    cells = [
        {"cell_type": c.cell_type, "input": c.source, "metadata": c.metadata} for c in nb.cells
    ]
    sheet = {"cells": [{**c, "language": "python", "outputs": []} for c in cells]}
    return json.dumps(
        {
            "worksheets": [sheet, sheet],
            "metadata": {"name": "x"},
            "nbformat": 3,
            "nbformat_minor": 0,
        }
    )
