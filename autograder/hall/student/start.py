"""Starts a student's kernel: one, or a server that forks one for each of many students.

Run as ``python start.py '{"home": ..., "path": [...], "limits": {...}, "code": [...]}'``. With
``"warm"`` among the settings this process never runs a student's code itself: it imports what the
notebooks will import and forks a kernel behind walls of its own whenever it is asked to.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
from typing import Any

SETTINGS: dict[str, Any] = json.loads(sys.argv[1])
sys.path[:0] = SETTINGS["code"]  # Python was started without this file's folder
import namespaces  # noqa: E402
from before_forks import prepare_to_fork  # noqa: E402
from codec import Line  # noqa: E402
from kernel import StudentKernel, seed_everything  # noqa: E402

for _own in ("before_forks", "codec", "kernel", "namespaces", "outputs", "shell", "switches"):
    del sys.modules[_own]  # a course may bring files of these names
del sys.path[: len(SETTINGS["code"])]


def limit(memory: int, processes: int | None, file_size: int, cpu: int | None) -> None:
    """Set this process's own limits (bytes, number, bytes, seconds) where the system has them.

    Args:
        memory: bytes of data.
        processes: their number, or None.
        file_size: bytes of one file.
        cpu: seconds in all, or None.
    """
    try:
        import resource
    except ImportError:  # Windows, where there is no sandbox either
        return
    for name, value in (
        ("RLIMIT_DATA", memory),
        ("RLIMIT_NPROC", processes),
        ("RLIMIT_FSIZE", file_size),
        ("RLIMIT_CPU", cpu),
        ("RLIMIT_NOFILE", 512),
        ("RLIMIT_CORE", 0),
    ):
        if value is not None and hasattr(resource, name):
            kind = getattr(resource, name)
            most = resource.getrlimit(kind)[1]
            value = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(kind, (value, value))


def main(settings: dict[str, Any]) -> None:
    """Serve one student, or fork a kernel for each of many.

    Args:
        settings: see `isolation/sandbox.py`.
    """
    reader, writer = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    if settings.get("warm"):
        os.close(writer)
        namespaces.own_users()
        server = os.fork()
        if server:
            os.close(reader)
            os.waitpid(server, 0)
            os._exit(0)
        asked = socket.socket(fileno=reader)
        gc.disable()
        sys.path[:0] = settings["path"]
        for name in settings["warm"]["modules"]:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        kernel = StudentKernel()
        del sys.path[: len(settings["path"])]
        wait_for_students(asked, kernel, settings)
        return
    begin(StudentKernel(), reader, writer, settings)


def begin(kernel: StudentKernel, reader: int, writer: int, settings: dict[str, Any]) -> None:
    """Take the line, move to the student's folder and serve until the line is closed.

    Args:
        kernel: a kernel that has run nothing.
        reader: descriptor from which requests come.
        writer: descriptor to which replies go.
        settings: see `isolation/sandbox.py`.
    """
    kernel.line = Line(os.fdopen(reader, "rb"), os.fdopen(writer, "wb"))
    os.chdir(settings["home"])  # from here on a numpy.py of the student's would come first
    sys.path[:0] = ["", *settings["path"]]
    sys.argv[:] = ["notebook"]
    if settings["limits"]:
        limit(**settings["limits"])
    seed_everything(0, ["random", "numpy"])
    kernel.line.send({"ready": True})
    asyncio.run(kernel.serve())
    os._exit(0)  # whatever threads the student left


def wait_for_students(
    asked: socket.socket, kernel: StudentKernel, settings: dict[str, Any]
) -> None:
    """Fork a kernel for every request, which brings the two pipes and a socket for the answer.

    Args:
        asked: socket from which requests come.
        kernel: the kernel that is forked.
        settings: see `isolation/sandbox.py`.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    own = os.open("/proc/self/ns/pid", os.O_RDONLY)
    prepare_to_fork()
    asked.sendall(b"w")
    while True:
        message, fds, _, _ = socket.recv_fds(asked, 1, 3)
        if not message:
            return
        with contextlib.suppress(OSError):  # no handle is sent then, which says so
            child = namespaces.fork_process_1(own)
            if child == 0:
                try:
                    begin_behind_walls(kernel, fds[0], fds[1], settings)
                finally:
                    os._exit(1)
            handle = os.pidfd_open(child)
            with socket.socket(fileno=os.dup(fds[2])) as answer:
                socket.send_fds(answer, [b"k"], [handle])
            os.close(handle)
        for fd in fds:
            os.close(fd)


def begin_behind_walls(
    kernel: StudentKernel, reader: int, writer: int, settings: dict[str, Any]
) -> None:
    """Move the process that was forked into namespaces of its own, and begin.

    Args:
        kernel: the kernel that was forked.
        reader: descriptor from which requests come.
        writer: descriptor to which replies go.
        settings: see `isolation/sandbox.py`.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    warm = settings["warm"]
    namespaces.new_namespaces()
    proc = os.open("/proc", os.O_PATH)
    open_descriptors = os.listdir("/proc/self/fd")
    namespaces.new_disks([settings["home"], "/tmp", "/dev/shm"], warm["disk"])
    namespaces.new_user(proc)
    # An open file is shared with whoever inherited it, flags and all: open everything afresh.
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    for fd in {int(name) for name in open_descriptors} - {0, 1, 2, reader, writer}:
        with contextlib.suppress(OSError):
            os.close(fd)
    namespaces.no_privileges(base64.b64decode(warm["filter"]))
    begin(kernel, reader, writer, settings)


if __name__ == "__main__":
    main(SETTINGS)
