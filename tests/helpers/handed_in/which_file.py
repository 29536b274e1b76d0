"""The right notebook under another name, in another place, or among others."""

import io
import json
import os
import tarfile
import zipfile

from tiny_course import FILE, NAME, answered, released

from handed_in.kind import kind, read, write

TAKEN = "was taken for ps.ipynb"


RENAMED = {  # kind: the file's name, and where such a name comes from
    "other_name": ("my homework.ipynb", ""),
    "renamed_by_browser": ("ps (1).ipynb", ", as a browser names a second download"),
    "copied_in_jupyter": ("ps-Copy1.ipynb", ", as JupyterLab names a copy"),
    "renamed_by_author": ("ps_ann_final.ipynb", ""),
    "capital_letters": ("PS.IPYNB", ""),
    "text_ending": ("ps.ipynb.txt", ", as some browsers save it"),
    "json_ending": ("ps.json", ", as other browsers save it"),
}


def renamed(name, why):
    """Return what hands in the notebook under another name."""

    def make(course, folder):
        raw = (folder / FILE).read_bytes()
        (folder / FILE).unlink()
        (folder / name).write_bytes(raw)

    make.__doc__ = f"`{name}`{why}"
    return make


for _kind, (_name, _why) in RENAMED.items():
    kind(7, TAKEN, (_kind, _name), name=_kind)(renamed(_name, _why))


@kind(7, TAKEN)
def folder_too_deep(course, folder):
    """the notebook in a folder `ps` of its own"""
    write(folder, read(folder), f"{NAME}/{FILE}")
    (folder / FILE).unlink()


@kind(7, TAKEN)
def folders_too_deep(course, folder):
    """the notebook three folders down, a data file that it reads beside it"""
    nb = read(folder)
    nb["cells"][1]["source"] = "assert open('mine.txt').read() == 'data'\n" + "".join(
        nb["cells"][1]["source"]
    )
    write(folder, nb, f"Downloads/course/{NAME}/{FILE}")
    (folder / "Downloads/course" / NAME / "mine.txt").write_text("data", encoding="utf-8")
    (folder / FILE).unlink()


@kind(7)
def litter_beside(course, folder):
    """beside `.DS_Store`, `desktop.ini`, `__MACOSX` and checkpoints"""
    for name in (".DS_Store", "desktop.ini", f"__MACOSX/._{FILE}", "Thumbs.db"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"\0litter")
    write(folder, released(course), f".ipynb_checkpoints/{NAME}-checkpoint.ipynb")


@kind(7, TAKEN)
def litter_and_renamed(course, folder):
    """another name, and an older checkpoint under nearly the right one"""
    write(folder, released(course), f".ipynb_checkpoints/{NAME}-checkpoint.ipynb")
    (folder / FILE).rename(folder / "homework.ipynb")


@kind(7, "not looked at: ps (1).ipynb", ("two_notebooks", "ps (1).ipynb"))
def two_notebooks(course, folder):
    """`ps.ipynb` and `ps (1).ipynb`"""
    (folder / "ps (1).ipynb").write_bytes((folder / FILE).read_bytes())


@kind(7, TAKEN)
def blank_under_the_name(course, folder):
    """the blank notebook under the right name, the answers under another"""
    (folder / FILE).rename(folder / "my answers.ipynb")
    write(folder, released(course))


@kind(7, TAKEN)
def damaged_under_the_name(course, folder):
    """half a file under the right name, the whole one under another"""
    raw = (folder / FILE).read_bytes()
    (folder / "ps (1).ipynb").write_bytes(raw)
    (folder / FILE).write_bytes(raw[: len(raw) // 2])


@kind(7, "not looked at any further: lecture.ipynb")
def among_others(course, folder):
    """another name, beside a notebook of another lecture that is newer"""
    (folder / FILE).rename(folder / "homework.ipynb")
    nb = released(course)
    nb.cells = nb.cells[:1]
    write(folder, nb, "lecture.ipynb")
    os.utime(folder / "homework.ipynb", (1, 1))


@kind(7, TAKEN)
def newest_of_two(course, folder):
    """two copies under other names, the newer with all answers"""
    (folder / FILE).rename(folder / "b.ipynb")
    nb = answered(course)
    nb.cells[3].source = "def centred(x):\n    return x"
    write(folder, nb, "a.ipynb")
    os.utime(folder / "a.ipynb", (1, 1))


@kind(7, TAKEN)
def zipped(course, folder):
    """a zip with the notebook in it"""
    with zipfile.ZipFile(folder / "homework.zip", "w") as packed:
        packed.write(folder / FILE, f"homework/{FILE}")
    (folder / FILE).unlink()


@kind(7, TAKEN)
def zip_in_a_zip(course, folder):
    """a zip in a zip, as a learning platform packs an uploaded zip"""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as packed:
        packed.write(folder / FILE, FILE)
    with zipfile.ZipFile(folder / "upload.zip", "w") as packed:
        packed.writestr("homework.zip", inner.getvalue())
    (folder / FILE).unlink()


@kind(7, TAKEN)
def tar_ball(course, folder):
    """a tar.gz with the notebook in it"""
    with tarfile.open(folder / "homework.tar.gz", "w:gz") as packed:
        packed.add(folder / FILE, f"homework/{FILE}")
    (folder / FILE).unlink()


@kind(7, TAKEN, ("hostile_zip", "leads out of the archive"))
def hostile_zip(course, folder):
    """a zip with a path that leads out of it, a link, and the notebook"""
    with zipfile.ZipFile(folder / "homework.zip", "w") as packed:
        packed.writestr("../../../evil.ipynb", "{}")
        packed.writestr("/tmp/evil.ipynb", "{}")
        link = zipfile.ZipInfo("link.ipynb")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
        packed.write(folder / FILE, FILE)
    (folder / FILE).unlink()


@kind(0, "There is no notebook among the files: ps.py", ("script_instead", "ps.py"))
def script_instead(course, folder):
    """a script `ps.py`"""
    (folder / FILE).unlink()
    (folder / "ps.py").write_text("print('my homework')\n", encoding="utf-8")


@kind(0, "There is no notebook among the files: ps.pdf")
def pdf_instead(course, folder):
    """a print of the notebook, `ps.pdf`"""
    (folder / FILE).unlink()
    (folder / "ps.pdf").write_bytes(b"%PDF-1.7\n")


@kind(0, "There is no notebook among the files", ("no_notebook", "answers.docx"))
def no_notebook(course, folder):
    """`answers.docx`"""
    (folder / FILE).unlink()
    (folder / "answers.docx").write_bytes(b"PK")


@kind(0, "homework.rar cannot be opened here (a zip can)")
def rar_instead(course, folder):
    """`homework.rar`"""
    (folder / FILE).unlink()
    (folder / "homework.rar").write_bytes(b"Rar!\x1a\x07")


@kind(0, "The folder is empty")
def empty_folder(course, folder):
    """an empty folder"""
    (folder / FILE).unlink()


@kind(0, "none of its exercises in essay.ipynb")
def another_course(course, folder):
    """a notebook of another course"""
    (folder / FILE).unlink()
    cell = {"cell_type": "code", "metadata": {}, "source": "print(1)"}
    write(folder, {"nbformat": 4, "nbformat_minor": 5, "cells": [cell]}, "essay.ipynb")


@kind(0, "homework.zip is damaged", ("damaged_zip", "damaged"))
def damaged_zip(course, folder):
    """a zip that was cut off"""
    with zipfile.ZipFile(folder / "homework.zip", "w") as packed:
        packed.writestr(FILE, json.dumps(read(folder)))
    raw = (folder / "homework.zip").read_bytes()
    (folder / "homework.zip").write_bytes(raw[: len(raw) // 2])
    (folder / FILE).unlink()
