"""Nest metadata just deep enough to be read, and too deep to be copied."""

import json


def submission(nb, folder):
    deep: dict = {}
    for _ in range(210):
        deep = {"a": deep}
    nb.metadata["deep"] = deep
    for cell in nb.cells:
        cell.metadata["deep"] = deep
    return json.dumps(nb)
