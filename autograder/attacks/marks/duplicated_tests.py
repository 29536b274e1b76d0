"""Add a copy of each test that says nothing, before and after the real one."""

import copy


def submission(nb, folder):
    cells = []
    for cell in nb.cells:
        again = []
        if cell.metadata.get("nbgrader", {}).get("grade"):
            again = [copy.deepcopy(cell), copy.deepcopy(cell)]
            for place, one in enumerate(again):
                one.source, one.id = "2.0", f"c{len(cells)}-{place}"
        cells += [*again[:1], cell, *again[1:]]
    nb.cells = cells
