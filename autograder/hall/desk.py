"""The student's side: runs cells like a notebook and answers requests about what they defined.

This file runs inside the sandbox, next to the student's code, which may read it, change it and lie
in its name. Nothing depends on its honesty: whatever it sends is decoded strictly on the other
side and counts only as a value that the student's code gave.

Started as ``python desk.py '{"home": ..., "path": [...], "limits": {...}}'``; requests come in on
standard input and replies leave on standard output (see `wire`). With ``"warm"`` among the
settings it never runs a student's code itself: it imports what notebooks will import and, whenever
it is asked to, forks a desk behind walls of its own.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib
import json
import os
import random
import signal
import socket
import sys
from pathlib import Path

CALL_TEXT = 65_536  # characters printed during one call


class Desk:
    """One student's notebook: a shell that runs its cells, and the objects it handed out."""

    line: Line

    def __init__(self) -> None:
        with contextlib.suppress(ImportError):
            import numpy  # noqa: F401
        self.objects: dict[int, object] = {}
        self.errands: dict[str, object] = {}
        self.outputs: Outputs | None = None
        self.printed: list[str] | None = None
        sys.stdout, sys.stderr = Printed(self, "stdout"), Printed(self, "stderr")
        self.shell = make_shell(self)
        self.names = self.shell.user_ns

    def write(self, name: str, text: str) -> None:
        """Keep printed text: as output of a cell, as text printed during a call, or not at all."""
        if self.outputs is not None:
            self.outputs.print(name, text)
        elif self.printed is not None and name == "stdout" and len(self.printed) < CALL_TEXT:
            self.printed.append(text[:CALL_TEXT])

    async def serve(self) -> None:
        """Answer requests until the line is closed."""
        while True:
            try:
                request, buffers = self.line.receive()
            except Closed:
                return
            try:
                reply = await self.answer(request, buffers)
                self.line.send(*reply)
            except CannotCross:
                self.line.send({"error": {"type": "CannotCross"}})

    async def answer(self, request: dict, buffers: list) -> tuple[dict, list[bytes]]:
        """Do what was asked for; return the reply and its buffers."""
        if request["do"] == "run":
            return await self.run(request["source"], request["show"]), []
        if request["do"] == "file":
            return self.receive_file(request["name"], buffers), []
        values = decode(request["values"], buffers, self.fetch)
        before = [fingerprint(v) for v in values] if request["do"] in ("call", "errand") else []
        self.printed = []
        try:
            result = getattr(self, "do_" + request["do"])(request, *values)
            reply: dict = {"value": result}
        except CannotCross:
            raise
        except BaseException as error:  # a student's exit() or KeyboardInterrupt too
            reply = {"error": describe_error(error)}
        text = "".join(self.printed)[:CALL_TEXT]
        self.printed = None
        changed = [
            [i, values[i]] for i, b in enumerate(before) if b and fingerprint(values[i]) != b
        ]
        tree, buffers = encode([reply.get("value"), changed], self.keep)
        return {"error": reply.get("error"), "values": tree, "printed": text}, buffers

    async def run(self, source: str, show: bool) -> dict:
        """Run a cell; return its outputs, or nothing but its error where nobody looks."""
        self.outputs = Outputs() if show else None
        self.shell.last_error = None
        try:
            transformed, failed = None, None
            try:
                transformed = self.shell.transform_cell(source)
            except Exception:
                failed = sys.exc_info()
            result = await self.shell.run_cell_async(
                source,
                store_history=True,
                transformed_cell=transformed,
                preprocessing_exc_tuple=failed,
            )
            self.shell.events.trigger("post_execute")
            self.shell.events.trigger("post_run_cell", result)
        except BaseException as error:  # the shell itself failed, or was made to
            self.shell.last_error = describe_error(error)
        outputs, self.outputs = self.outputs, None
        return {"outputs": outputs or [], "error": self.shell.last_error}

    def receive_file(self, name: str, buffers: list) -> dict:
        """Put a file of the assignment into the student's folder."""
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            for buffer in buffers:
                file.write(buffer)
        return {"done": True}

    # --- requests: each gets the request itself and the decoded values ---

    def do_get(self, request: dict) -> object:
        """The value of a global name."""
        if request["name"] not in self.names:
            raise KeyError(request["name"])
        return self.names[request["name"]]

    def do_set(self, request: dict, value: object) -> None:
        """Bind a global name."""
        self.names[request["name"]] = value

    def do_delete(self, request: dict) -> None:
        """Unbind a global name."""
        del self.names[request["name"]]

    def do_call(self, request: dict, function: object, args: tuple, kwargs: dict) -> object:
        """Call an object."""
        return function(*args, **kwargs)

    def do_attribute(self, request: dict, value: object) -> object:
        """An attribute of an object."""
        return getattr(value, request["name"])

    def do_assign(self, request: dict, value: object, new: object) -> None:
        """Set an attribute of an object."""
        setattr(value, request["name"], new)

    def do_item(self, request: dict, value: object, key: object) -> object:
        """One item of an object."""
        return value[key]

    def do_length(self, request: dict, value: object) -> int:
        """The length of an object."""
        return len(value)

    def do_list(self, request: dict, value: object) -> list:
        """The first items of an iterable."""
        return [item for item, _ in zip(value, range(request["most"]), strict=False)]

    def do_text(self, request: dict, value: object) -> str:
        """What print() shows of an object."""
        return str(value)

    def do_errand(self, request: dict, args: tuple, kwargs: dict) -> object:
        """Run a function of the tests here, next to the objects it is about."""
        if request["source"] not in self.errands:
            space: dict = {"__name__": "errand"}
            exec(compile(request["source"], "<errand>", "exec"), space)
            self.errands[request["source"]] = space[request["name"]]
        return self.errands[request["source"]](*args, **kwargs)

    def do_seed(self, request: dict) -> None:
        """Start all random numbers afresh, so that grading again gives the same result."""
        seed_everything(request["seed"], request["which"])

    # --- handles ---

    def keep(self, value: object) -> dict:
        """Keep an object here and return what the other side is told about it."""
        if len(self.objects) > 100_000:
            raise CannotCross("more than 100,000 objects were handed out")
        self.objects[id(value)] = value
        return {"id": id(value), "type": type(value).__name__}

    def fetch(self, fields: dict) -> object:
        """Return an object kept here."""
        return self.objects[fields["id"]]


def fingerprint(value: object) -> object:
    """Return something that changes when a mutable argument does; None for immutable ones."""
    if type(value) is tuple:  # the arguments themselves
        return [fingerprint(v) for v in value]
    if isinstance(value, (list, dict, set, bytearray)) or type(value).__name__ in (
        "Tensor",
        "ndarray",
    ):
        with contextlib.suppress(CannotCross):
            tree, buffers = encode(value, lambda v: {"id": id(v)})
            return json.dumps(tree), buffers
    return None


def seed_everything(seed: int, which: list[str]) -> None:
    """Seed the random number generators of the libraries named that are in use."""
    if "random" in which:
        random.seed(seed)
    if "numpy" in which and "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)
    if "torch" in which and "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


def limit(memory: int, processes: int, file_size: int, cpu: int) -> None:
    """Set this process's own limits (bytes, number, bytes, seconds) where the system has them."""
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


def main(settings: dict) -> None:
    """Serve one student, or fork a desk for each of many."""
    reader, writer = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    if settings.get("warm"):
        asked = socket.socket(fileno=reader)
        os.close(writer)
        sys.path[:0] = settings["path"]
        for name in settings["warm"]["modules"]:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        desk = Desk()
        del sys.path[: len(settings["path"])]
        wait_for_students(asked, desk, settings)
        return
    begin(Desk(), reader, writer, settings)


def begin(desk: Desk, reader: int, writer: int, settings: dict) -> None:
    """Take the line, move to the student's folder and serve until the line is closed."""
    desk.line = Line(os.fdopen(reader, "rb"), os.fdopen(writer, "wb"))
    os.chdir(settings["home"])  # from here on a numpy.py of the student's would come first
    sys.path[:0] = ["", *settings["path"]]
    sys.argv[:] = ["notebook"]
    if settings["limits"]:
        limit(**settings["limits"])
    seed_everything(0, ["random", "numpy"])
    desk.line.send({"ready": True})
    asyncio.run(desk.serve())
    os._exit(0)  # whatever threads the student left


def wait_for_students(asked: socket.socket, desk: Desk, settings: dict) -> None:
    """Fork a desk for every request; a request brings the line's two ends and a place to answer."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    asked.sendall(b"w")
    while True:
        message, fds, _, _ = socket.recv_fds(asked, 1, 3)
        if not message:
            return
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asked.close()
            try:
                fork_behind_walls(desk, fds, settings)
            finally:
                os._exit(1)
        for fd in fds:
            os.close(fd)


def fork_behind_walls(desk: Desk, fds: list[int], settings: dict) -> None:
    """Make a process in namespaces of its own, answer with a handle of it, and let it begin."""
    reader, writer, answer = fds
    warm = settings["warm"]
    isolate.new_namespaces()
    go_in, go_out = os.pipe()
    child = os.fork()
    if child:  # between the worlds: hands the child over, then waits for its end
        for fd in (reader, writer, go_in):
            os.close(fd)
        socket.send_fds(socket.socket(fileno=answer), [b"k"], [os.pidfd_open(child)])
        os.write(go_out, b"g")
        os.close(go_out)
        os.waitpid(child, 0)
        os._exit(0)
    os.close(go_out)
    os.close(answer)
    os.read(go_in, 1)
    os.close(go_in)
    open_descriptors = os.listdir("/proc/self/fd")
    isolate.new_disks([settings["home"], "/tmp", "/dev/shm"], warm["disk"])
    # An open file is shared with whoever inherited it, flags and all: open everything afresh.
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    for fd in {int(name) for name in open_descriptors} - {0, 1, 2, reader, writer}:
        with contextlib.suppress(OSError):
            os.close(fd)
    isolate.no_privileges(base64.b64decode(warm["filter"]))
    begin(desk, reader, writer, settings)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))  # Python was started without it
    import isolate
    from outputs import Outputs
    from shell import Printed, describe_error, make_shell
    from wire import CannotCross, Closed, Line, decode, encode

    for _own in ("isolate", "outputs", "shell", "wire"):  # a course may bring files of these names
        del sys.modules[_own]
    del sys.path[0]
    main(json.loads(sys.argv[1]))
