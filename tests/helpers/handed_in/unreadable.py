"""Files that hold no notebook: 0 points, and the page says what was found and what to do."""

import gzip
import os

from tiny_course import FILE, NAME

from handed_in.kind import kind


@kind(0, "ends in the middle")
def invalid_json(course, folder):
    """the first half of the file, as after a download that was cut off"""
    text = (folder / FILE).read_text(encoding="utf-8")
    (folder / FILE).write_text(text[: len(text) // 2], encoding="utf-8")


@kind(0, "is empty (0 bytes)")
def empty(course, folder):
    """a file of 0 bytes"""
    (folder / FILE).write_bytes(b"")


@kind(0, "it has no list of cells")
def not_utf8(course, folder):
    """JSON in an old encoding that is no notebook"""
    (folder / FILE).write_bytes('{"cells": "é"}'.encode("latin-1"))


@kind(0, "is nested too deeply")
def nested(course, folder):
    """200,000 brackets"""
    (folder / FILE).write_text("[" * 200_000 + "]" * 200_000, encoding="utf-8")


@kind(0, "is JSON, but not a notebook")
def no_notebook_inside(course, folder):
    """JSON that is no notebook"""
    (folder / FILE).write_text('[{"name": "not a notebook"}]', encoding="utf-8")


@kind(0, "has 101 MB (the limit is 100 MB)")
def too_large(course, folder):
    """a file of 101 MB"""
    with (folder / FILE).open("r+b") as file:
        file.truncate(101 * 2**20)


@kind(0, "is a link to another place")
def link(course, folder):
    """a link to another student's notebook"""
    (folder / FILE).unlink()
    (folder / FILE).symlink_to(course / "submitted" / "right" / NAME / FILE)


@kind(0, "is a link to another place")
def linked_folder(course, folder):
    """a link to another student's folder"""
    (folder / FILE).unlink()
    folder.rmdir()
    folder.symlink_to(course / "submitted" / "right" / NAME)


@kind(0, "could not be read")
def folder(course, folder):
    """an empty folder `ps.ipynb`"""
    (folder / FILE).unlink()
    (folder / FILE).mkdir()


@kind(0, "is a pipe or a device")
def pipe(course, folder):
    """a named pipe `ps.ipynb`"""
    (folder / FILE).unlink()
    os.mkfifo(folder / FILE)


@kind(0, "holds merge-conflict markers of git")
def merge_conflict(course, folder):
    """a file with merge-conflict markers of git"""
    lines = (folder / FILE).read_text(encoding="utf-8").replace(", ", ",\n").splitlines()
    lines[5:5] = ["<<<<<<< HEAD", '"mine": 1,', "=======", '"yours": 1,', ">>>>>>> main"]
    (folder / FILE).write_text("\n".join(lines), encoding="utf-8")


@kind(0, "it looks like a log-in page")
def login_page(course, folder):
    """the log-in page of a website, saved as `ps.ipynb`"""
    page = "<!DOCTYPE html>\n<html><title>Sign in</title><form>Password</form></html>"
    (folder / FILE).write_text(page, encoding="utf-8")


@kind(0, "is a PDF")
def pdf_inside(course, folder):
    """a PDF renamed to `ps.ipynb`"""
    (folder / FILE).write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")


@kind(0, "is a zip archive or an office document")
def zip_inside(course, folder):
    """a zip renamed to `ps.ipynb`"""
    (folder / FILE).write_bytes(b"PK\x03\x04\x14\x00")


@kind(0, "is compressed (gzip) and damaged")
def damaged_gzip(course, folder):
    """a compressed file that was damaged"""
    raw = bytearray(gzip.compress((folder / FILE).read_bytes()))
    raw[10] = 0b111  # the first block has a type that there is not
    (folder / FILE).write_bytes(raw)


@kind(0, "is compressed (gzip) and damaged (it ends too early)")
def short_gzip(course, folder):
    """a compressed file that was cut off"""
    raw = gzip.compress((folder / FILE).read_bytes())
    (folder / FILE).write_bytes(raw[: len(raw) // 2])


@kind(0, "is not text")
def binary(course, folder):
    """bytes that mean nothing"""
    (folder / FILE).write_bytes(bytes(range(128, 256)) * 50)


@kind(0, "is not valid JSON")
def comma_too_many(course, folder):
    """JSON with a comma too many, edited by hand"""
    text = (folder / FILE).read_text(encoding="utf-8")
    (folder / FILE).write_text("{," + text[1:], encoding="utf-8")
