"""The student's side: runs cells like a notebook and answers requests about what they defined.

This file runs inside the sandbox, next to the student's code, which may read it, change it and lie
in its name. Nothing depends on its honesty: whatever it sends is decoded strictly on the other
side and counts only as a value that the student's code gave.

Requests come in over one pipe and replies leave over another (see `codec`); `start` opens them.
"""

from __future__ import annotations

import contextlib
import json
import marshal
import random
import sys
from pathlib import Path
from time import perf_counter  # kept, whatever a notebook does to the module
from typing import Any

# Files beside this one in the sandbox, where no package of ours exists.
from codec import CannotCross, Closed, Line, decode, encode
from outputs import Outputs
from shell import Printed, describe_error, make_shell
from switches import SwitchBoard

CALL_TEXT = 65_536  # characters printed during one call


class StudentKernel:
    """One student's notebook: a shell that runs its cells, and the objects it handed out."""

    line: Line

    def __init__(self) -> None:
        with contextlib.suppress(ImportError):  # before the fork, for numpy loads this part late
            import numpy.random  # noqa: F401
        self.objects: dict[int, object] = {}
        self.functions: dict[str, Any] = {}
        self.outputs: Outputs | None = None
        self.printed: list[str] | None = None
        sys.stdout, sys.stderr = Printed(self, "stdout"), Printed(self, "stderr")
        self.shell = make_shell(self)
        self.names = self.shell.user_ns
        self.switches = SwitchBoard()

    def write(self, name: str, text: str) -> None:
        """Keep printed text: as output of a cell, as text printed during a call, or not at all.

        Args:
            name: "stdout" or "stderr".
            text: what was printed.
        """
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

    async def answer(
        self, request: dict[str, Any], buffers: list[memoryview]
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Do what was asked for; return the reply and its buffers."""
        if request["do"] == "reset":
            return {"switches": self.switches.reset()}, []
        if request["do"] == "run":
            if not request.get("test"):
                self.switches.give_back()
            return await self.run(request["source"], request["show"]), []
        if request["do"] == "file":
            return self.receive_file(request["name"], buffers), []
        values = decode(request["values"], buffers, self.fetch)
        before = (
            [fingerprint(v) for v in values] if request["do"] in ("call", "remote_call") else []
        )
        self.printed = []
        begun = perf_counter()
        try:
            result = getattr(self, "_do_" + request["do"])(request, *values)
            reply: dict[str, Any] = {"value": result}
        except CannotCross:
            raise
        except BaseException as error:  # a student's exit() or KeyboardInterrupt too
            reply = {"error": describe_error(error)}
        seconds = perf_counter() - begun
        text = "".join(self.printed)[:CALL_TEXT]
        self.printed = None
        changed = [
            [i, values[i]] for i, b in enumerate(before) if b and fingerprint(values[i]) != b
        ]
        tree, sent = encode([reply.get("value"), changed], self.keep)
        reply = {"error": reply.get("error"), "values": tree, "printed": text, "seconds": seconds}
        return reply, sent

    async def run(self, source: str, show: bool) -> dict[str, Any]:
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

    def receive_file(self, name: str, buffers: list[memoryview]) -> dict[str, Any]:
        """Put a file of the assignment into the student's folder.

        Args:
            name: path below the folder.
            buffers: pieces of its content, which are appended.

        Returns:
            The reply.
        """
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            for buffer in buffers:
                file.write(buffer)
        return {"done": True}

    # --- requests: each gets the request itself and the decoded values ---

    def _do_get(self, request: dict[str, Any]) -> object:
        """The value of a global name."""
        if request["name"] not in self.names:
            raise KeyError(request["name"])
        return self.names[request["name"]]

    def _do_set(self, request: dict[str, Any], value: Any) -> None:
        """Bind a global name."""
        self.names[request["name"]] = value

    def _do_delete(self, request: dict[str, Any]) -> None:
        """Unbind a global name."""
        del self.names[request["name"]]

    def _do_call(
        self, request: dict[str, Any], function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> object:
        """Call an object."""
        return function(*args, **kwargs)

    def _do_attribute(self, request: dict[str, Any], value: Any) -> object:
        """An attribute of an object."""
        return getattr(value, request["name"])

    def _do_assign(self, request: dict[str, Any], value: Any, new: object) -> None:
        """Set an attribute of an object."""
        setattr(value, request["name"], new)

    def _do_item(self, request: dict[str, Any], value: Any, key: object) -> object:
        """One item of an object."""
        return value[key]

    def _do_length(self, request: dict[str, Any], value: Any) -> int:
        """The length of an object."""
        return len(value)

    def _do_list(self, request: dict[str, Any], value: Any) -> list:
        """The first items of an iterable."""
        return [item for item, _ in zip(value, range(request["most"]), strict=False)]

    def _do_text(self, request: dict[str, Any], value: Any) -> str:
        """What print() shows of an object."""
        return str(value)

    def _do_remote_call(
        self,
        request: dict[str, Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        code: bytes,
    ) -> object:
        """Run a function of the tests here, next to the objects it is about.

        Its code comes with the first call.
        """
        key = request["key"]
        if code:
            space: dict[str, Any] = {"__name__": "remote_call"}
            exec(marshal.loads(code), space)
            self.functions[key] = space[key.split()[0]]
        return self.functions[key](*args, **kwargs)

    def _do_seed(self, request: dict[str, Any]) -> None:
        """Start all random numbers afresh, so that grading again gives the same result."""
        seed_everything(request["seed"], request["which"])

    # --- objects that stay here ---

    def keep(self, value: object) -> dict[str, Any]:
        """Keep an object here and return what the other side is told about it.

        Args:
            value: an object that is not plain data.

        Returns:
            The fields of its handle.

        Raises:
            CannotCross: too many objects were handed out.
        """
        if len(self.objects) > 100_000:
            raise CannotCross("more than 100,000 objects were handed out")
        self.objects[id(value)] = value
        return {"id": id(value), "type": type(value).__name__}

    def fetch(self, fields: dict[str, Any]) -> object:
        """Return an object kept here.

        Args:
            fields: the fields of a handle.
        """
        return self.objects[fields["id"]]


def fingerprint(value: object) -> object:
    """Return something that changes when a mutable argument does; None for immutable ones.

    Args:
        value: an argument of a call.
    """
    if type(value) is tuple:  # the arguments themselves
        return [fingerprint(v) for v in value]
    array = type(value).__name__ in ("Tensor", "ndarray")
    if array or isinstance(value, (list, dict, set, bytearray)):
        with contextlib.suppress(CannotCross):
            tree, buffers = encode(value, lambda v: {"id": id(v)})
            # As text, because 1, 1.0 and True are equal; an array's tree has nothing like that.
            return (tree if array else json.dumps(tree)), buffers
    return None


def seed_everything(seed: int, which: list[str]) -> None:
    """Seed the random number generators of the libraries named that are in use.

    Args:
        seed: the seed.
        which: "random", "numpy", "torch".
    """
    if "random" in which:
        random.seed(seed)
    if "numpy" in which and "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)
    if "torch" in which and "torch" in sys.modules:
        # Not `torch.manual_seed`, which asks first for every kind of accelerator: 1 ms each time.
        sys.modules["torch"].default_generator.manual_seed(seed)
