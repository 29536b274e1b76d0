"""Notebooks with something beside them."""

import os
from pathlib import Path

from handed_in.kind import kind


@kind(7, log=("link_beside", "passwords.txt"))
def link_beside(course, folder):
    """a link to `/etc/passwd`"""
    (folder / "passwords.txt").symlink_to("/etc/passwd")


@kind(7, log=("broken_link", "data.csv"))
def broken_link(course, folder):
    """a link that leads nowhere"""
    (folder / "data.csv").symlink_to("nowhere.csv")


@kind(7, log=("endless_link", "data.csv"))
def endless_link(course, folder):
    """a link to a device that never ends"""
    (folder / "data.csv").symlink_to("/dev/zero")


@kind(7, log=("pipe_beside", "data.csv"))
def pipe_beside(course, folder):
    """a named pipe"""
    os.mkfifo(folder / "data.csv")


@kind(7)
def extra_files(course, folder):
    """notes and a photo, in folders"""
    (folder / "more" / "and more").mkdir(parents=True)
    (folder / "more" / "and more" / "notes.txt").write_text("notes", encoding="utf-8")
    (folder / "photo.bin").write_bytes(bytes(range(256)) * 4000)


@kind(7)
def own_numpy(course, folder):
    """a file `numpy.py`"""
    (folder / "numpy.py").write_text("raise SystemExit", encoding="utf-8")


@kind(7)
def odd_names(course, folder):
    """file names with line breaks, brackets and bytes that are no text"""
    (folder / "two\nlines.txt").write_text("", encoding="utf-8")
    (folder / "[brackets].txt").write_text("", encoding="utf-8")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.txt")).write_text("", encoding="utf-8")


@kind(7)
def in_the_way(course, folder):
    """a folder with the name of the instructor's file"""
    (folder / "numbers.csv").mkdir()  # the instructor's file has this name
    (folder / "numbers.csv" / "mine.csv").write_text("1", encoding="utf-8")


@kind(7, log=("bad_timestamp", "timestamp.txt"))
def bad_timestamp(course, folder):
    """a `timestamp.txt` that is no time"""
    (folder / "timestamp.txt").write_bytes(b"yesterday \xff")


@kind(7, log=("pipe_timestamp", "timestamp.txt"))
def pipe_timestamp(course, folder):
    """a `timestamp.txt` that is a pipe"""
    os.mkfifo(folder / "timestamp.txt")
