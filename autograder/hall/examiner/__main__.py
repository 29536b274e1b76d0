"""The trusted process that runs the test cells; started as ``python -m autograder.hall.examiner``.

It reads its orders from the file named on the command line, speaks with the student's process over
standard input and output, and reports over standard error, one line of JSON per event::

    {"begin": 3}                      cell 3 of the submission begins
    {"end": 3}                        and has run
    {"end": 3, "report": {...}, "waited": 0.1, "working": 0.08}
                                      or, of a test: what it found, for how many seconds it waited
                                      for the student's process, and in how many of them that
                                      process says it worked
    {"finished": true}                all cells ran
    {"stopped": 3}                    the student's process ended in cell 3

With ``--warm`` it imports what tests need and forks an examiner for every submission (see
``isolation/fork_server.py``).
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys

from autograder.hall.examiner.examiner import examine, prepare
from autograder.hall.examiner.trusted_names import statements
from autograder.hall.protocol.codec import Line
from autograder.hall.protocol.proxies import RpcClient
from autograder.hall.student.before_forks import prepare_to_fork

# A name or a line number that a message shows is one of so many that the student may choose from.
MOST_CLASSES, MOST_LINES = 8, 500


def begin(path: str, reader: int, writer: int, events: int) -> None:
    """Take the orders and the line to the student's process, and examine.

    Args:
        path: file with the orders.
        reader: descriptor from which the student's replies come.
        writer: descriptor to which requests go.
        events: descriptor to which reports go.
    """
    with open(path, encoding="utf-8") as file:
        orders = json.load(file)
    sys.path.insert(0, os.getcwd())
    line = Line(os.fdopen(reader, "rb"), os.fdopen(writer, "wb"))
    cells = [cell["source"] for cell in orders["cells"] if cell["kind"] == "student"]
    classes = [
        node.name
        for cell in cells
        if "class" in cell  # reading a cell takes longer than running most of them
        for statement in statements(cell)
        for node in ast.walk(statement)
        if isinstance(node, ast.ClassDef)
    ]
    longest = max((len(cell.splitlines()) for cell in cells), default=0)
    with os.fdopen(events, "w", encoding="utf-8") as told:
        known, lines = classes[:MOST_CLASSES], min(longest, MOST_LINES)
        examine(orders, RpcClient(line, known, lines), told)


def wait_for_students(asked: socket.socket, modules: list[str]) -> None:
    """Fork an examiner for every request; imports, and reading the release, are paid once.

    A module of the tests may define ``before_forks()``, which is called when all are imported: what
    it works out, every examiner finds done.

    Args:
        asked: socket from which requests come; first, a file with the release.
        modules: what to import first.
    """
    _, (file, *_), _, _ = socket.recv_fds(asked, 1, 1)
    with os.fdopen(file, encoding="utf-8") as text:
        released = json.load(text)
    gc.disable()
    prepared: list[object] = []
    for name in modules:
        with contextlib.suppress(Exception):
            module = importlib.import_module(name)
            prepared.append(getattr(module, "before_forks", None))
    for work in filter(callable, prepared):
        with contextlib.suppress(Exception):  # it is done again where it is needed
            work()
    prepare(released)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    prepare_to_fork()
    asked.send(b"w")
    while True:
        message, fds, _, _ = socket.recv_fds(asked, 65_536, 4)
        if not message:
            return
        child = os.fork()
        if child == 0:
            asked.close()
            os.close(fds[3])
            try:
                order = json.loads(message)
                os.chdir(order["folder"])
                begin(order["orders"], *fds[:3])
            finally:
                os._exit(0)
        socket.send_fds(socket.socket(fileno=fds[3]), [b"k"], [os.pidfd_open(child)])
        for fd in fds[:3]:
            os.close(fd)


def main() -> None:
    """Examine one submission, or with --warm fork an examiner for each of many."""
    reader, writer, events = os.dup(0), os.dup(1), os.dup(2)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    if sys.argv[1] == "--warm":
        wait_for_students(socket.socket(fileno=reader), sys.argv[2:])
    else:
        begin(sys.argv[1], reader, writer, events)


if __name__ == "__main__":
    main()
