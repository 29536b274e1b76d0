"""Hand in a notebook of twenty thousand cells."""

import json


def submission(nb, folder):
    empty = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    nb = json.loads(json.dumps(nb))
    nb["cells"] += [{**empty, "id": f"c{i}", "source": ""} for i in range(20_000)]
    return json.dumps(nb)
