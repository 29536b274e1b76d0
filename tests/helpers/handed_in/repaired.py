"""Notebooks in bad shape: what can be read is graded."""

import gzip
import json

import nbformat
from nbformat.v4 import new_code_cell
from tiny_course import FILE

from handed_in.kind import change, each_cell, kind, read, write


def cells(folder):
    """Return the notebook's cells as JSON has them."""
    return read(folder)["cells"]


@kind(5, "was not text (a number)")
def number_as_source(course, folder):
    """a number in the place of an answer: the other answers count"""
    broken = cells(folder)
    broken[1]["source"] = 7
    change(folder, cells=broken)


@kind(7, "was read as version 4")
def from_the_future(course, folder):
    """format 9"""
    change(folder, nbformat=9)


@kind(7, "in an old format (version 3)")
def nbformat3(course, folder):
    """format 3, of IPython notebooks before 2014"""
    nb = nbformat.convert(nbformat.read(folder / FILE, as_version=4), 3)
    (folder / FILE).write_text(json.dumps(nb), encoding="utf-8")


@kind(7)
def other_kernel(course, folder):
    """a kernel of another language in the metadata"""
    kernel = {"name": "julia-1.6", "display_name": "Julia", "language": "julia"}
    change(folder, metadata={"kernelspec": kernel, "language_info": {"name": "julia"}})


@kind(7)
def no_kernel(course, folder):
    """no kernel in the metadata"""
    change(folder, metadata={})


@kind(7)
def old_metadata(course, folder):
    """nbgrader's metadata of an old schema"""
    old = cells(folder)
    for cell in old:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["schema_version"] = 1
    change(folder, cells=old)


@kind(7)
def half_a_letter(course, folder):
    """half of a surrogate pair in a comment"""
    cell = new_code_cell("# \ud83d is one half of a smiley")
    change(folder, cells=[*cells(folder), cell])


@kind(7)
def byte_order_mark(course, folder):
    """a byte-order mark"""
    (folder / FILE).write_bytes(b"\xef\xbb\xbf" + (folder / FILE).read_bytes())


@kind(7)
def windows_lines(course, folder):
    """lines that end as on Windows"""
    text = json.dumps(json.loads((folder / FILE).read_bytes()), indent=1)
    text = text.replace(r"\n", r"\r\n").replace("\n", "\r\n")
    (folder / FILE).write_bytes(text.encode())


@kind(7, "output cut off")
def loud(course, folder):
    """60 MB of output"""
    cell = new_code_cell("for _ in range(60):\n    print('x' * 2**20)")
    change(folder, cells=[*cells(folder), cell])


@kind(7)
def loud_file(course, folder):
    """60 MB of output in the file"""
    cell = new_code_cell("'loud'")
    cell.outputs = [{"output_type": "stream", "name": "stdout", "text": "x" * 60 * 2**20}]
    change(folder, cells=[*cells(folder), cell])


@kind(7, "saved as UTF-16")
def utf_16(course, folder):
    """saved as UTF-16"""
    text = (folder / FILE).read_text(encoding="utf-8")
    (folder / FILE).write_bytes(text.encode("utf-16"))


@kind(7, "saved as UTF-16")
def utf_16_without_mark(course, folder):
    """saved as UTF-16 without a byte-order mark"""
    text = (folder / FILE).read_text(encoding="utf-8")
    (folder / FILE).write_bytes(text.encode("utf-16-le"))


@kind(7, "saved as Windows-1252")
def old_encoding(course, folder):
    """saved by an editor in Windows-1252"""
    nb = read(folder)
    nb["cells"][0]["source"] = "# Aufgabe für Übung 1"
    text = json.dumps(nb, ensure_ascii=False)
    (folder / FILE).write_bytes(text.encode("cp1252"))


@kind(7, "was compressed (gzip)")
def compressed(course, folder):
    """compressed with gzip, under the same name"""
    (folder / FILE).write_bytes(gzip.compress((folder / FILE).read_bytes()))


@kind(7)
def no_outputs(course, folder):
    """no `outputs` and no `execution_count`"""
    each_cell(folder, lambda c: (c.pop("outputs", None), c.pop("execution_count", None)))


@kind(7)
def stream_without_name(course, folder):
    """outputs that break the schema: a stream without a name"""
    stream = {"output_type": "stream", "text": ["hello"]}
    each_cell(folder, lambda c: c.update(outputs=[stream]) if "outputs" in c else None)


@kind(7)
def odd_outputs(course, folder):
    """outputs that are null, a number, an object under a text's type"""
    nb = read(folder)
    odd = [None, 3, [{"output_type": "display_data", "data": {"text/plain": {"a": 1}}}]]
    for place, cell in enumerate(c for c in nb["cells"] if c["cell_type"] == "code"):
        cell["outputs"] = odd[place % 3]
        cell["execution_count"] = "seven"
    write(folder, nb)


@kind(7, "tags were not a list")
def tags_as_text(course, folder):
    """tags that are a text"""
    each_cell(folder, lambda c: c["metadata"].update(tags="mine"))


@kind(7, "attached to a text was damaged")
def bad_attachment(course, folder):
    """an attachment that is a number"""
    nb = read(folder)
    nb["cells"][0]["attachments"] = {"picture.png": 1}
    write(folder, nb)


@kind(7, "metadata were missing or damaged")
def null_metadata(course, folder):
    """metadata of the notebook and of its text cells that are null"""
    nb = read(folder)
    nb["metadata"] = nb["cells"][0]["metadata"] = None
    write(folder, nb)


@kind(7, "metadata were missing or damaged")
def null_kernelspec(course, folder):
    """a kernelspec that is null"""
    change(folder, metadata={"kernelspec": None})


@kind(7, "a cell of an unknown kind")
def unknown_cells(course, folder):
    """cells of kinds that Jupyter does not know"""
    extra = [{"cell_type": kind, "metadata": {}, "source": "x"} for kind in ("sql", None, 7)]
    change(folder, cells=[*extra, *cells(folder)])


@kind(7, "is no cell and was left out")
def no_cells_among_cells(course, folder):
    """a null, a number and a text among the cells"""
    change(folder, cells=[None, 3, *cells(folder), "the end"])


@kind(7, "a cell's id was damaged")
def damaged_ids(course, folder):
    """ids with spaces, too long, and numbers"""
    nb = read(folder)
    for place, cell in enumerate(nb["cells"]):
        cell["id"] = ["with a space", "x" * 100, 17][place % 3]
    write(folder, nb)


@kind(7, "source was not text (a null)")
def null_source(course, folder):
    """a text cell whose source is null"""
    nb = read(folder)
    nb["cells"][0]["source"] = None
    write(folder, nb)


@kind(7)
def lines_as_list(course, folder):
    """sources as lists of lines, and a minor version that does not fit"""
    each_cell(folder, lambda c: c.update(source="".join(c["source"]).splitlines(True)))
    change(folder, nbformat_minor=0)


@kind(7, "was read as version 4")
def no_format(course, folder):
    """no `nbformat` at all"""
    nb = read(folder)
    del nb["nbformat"], nb["nbformat_minor"]
    write(folder, nb)


@kind(7, "bare list of cells")
def bare_list(course, folder):
    """only the list of cells"""
    write(folder, cells(folder))
