"""The tests' side: requests to a student's process, and proxies of the objects that stay there."""

from __future__ import annotations

import builtins
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from autograder.hall.failure import CheckFailed
from autograder.hall.protocol.codec import CannotCross, Closed, Line, WireError, decode, encode

ENDED = "your code's process ended while this was tested"
MOST_ITEMS = 100_000
USUAL = ("function", "module", "Tensor", "ndarray", "ReferenceSealed")  # names that tell nothing


class RpcClient:
    """Asks a student's process for values; what comes back is plain data or a :class:`Proxy`.

    Args:
        line: the way to the process.
        known: names of classes that may appear in messages. Any other name could be a message of
            the student's own making, with what a hidden test passed in.
        lines: how many lines the longest cell has; the same goes for a line beyond.
    """

    def __init__(self, line: Line, known: Iterable[str] = (), lines: int = 1000) -> None:
        self.line, self.lines = line, lines
        self.known = {*dir(builtins), *USUAL, *known}
        self.last = ""  # what was asked for last, for explanations
        self.sent: set[str] = set()  # functions that the process has been given
        self.waited = 0.0  # seconds until the process had answered, all requests together
        self.working = 0.0  # seconds of these in which, by its own account, it did what was asked

    def request(self, do: str, *values: object, **fields: object) -> Any:
        """Send a request and return the decoded answer.

        Arguments that the student's code changed in place are changed here too, and what it printed
        is printed again, so that a test sees what it would see in one process.

        Args:
            do: what is asked for; see `student/kernel.py`.
            values: arguments that cross by value.
            fields: plain fields of the request.

        Returns:
            The answer: plain data, or a proxy.

        Raises:
            Exception: of the nearest built-in type, if the student's code raised one.
            CannotCross: a value does not cross.
            CheckFailed: the student's process is gone, or does not keep to the protocol.
        """
        tree, buffers = encode(list(values), _refuse)
        begun = time.perf_counter()
        try:
            self.line.send({"do": do, "values": tree, **fields}, buffers)
            reply, received = self.line.receive()
            waited = time.perf_counter() - begun
            self.waited += waited
            told = reply.get("seconds")  # counts in a table of times and nowhere else
            self.working += told if type(told) is float and 0 <= told <= waited else 0.0
            error = reply.get("error")
            if error is not None and error.get("type") == "CannotCross":
                raise CannotCross(
                    "what your code returned is nested too deeply or too large to be looked at"
                )
            answer, changed = decode(reply["values"], received, self._proxy)
            printed = reply.get("printed")
        except Closed:
            raise CheckFailed(ENDED, "process-ended") from None
        except CannotCross:
            raise
        except (WireError, AttributeError, KeyError, TypeError, ValueError):
            self.line.writer.close()  # nothing more is believed
            raise CheckFailed(
                "your code's process gave an answer that is not a value", "not-a-value"
            ) from None
        if isinstance(printed, str) and printed:
            sys.stdout.write(printed)
        for change in changed if isinstance(changed, list) else []:
            _write_back(values, change)
        if error is not None:
            raise self._error(error)
        return answer

    def run(self, source: str, show: bool = False) -> dict[str, Any]:
        """Run one of the student's cells.

        Args:
            source: the cell.
            show: whether its outputs are kept.

        Returns:
            The kernel's reply, with "outputs" and "error".

        Raises:
            WireError: it is not one.
            Closed: the process is gone.
        """
        self.line.send({"do": "run", "source": source, "show": show})
        reply, _ = self.line.receive()
        if type(reply) is not dict or type(reply.get("outputs")) is not list:
            raise WireError("not the outputs of a cell")
        return reply

    def reset(self) -> None:
        """Have the settings of the student's process put back, such as torch's default dtype.

        Raises:
            CheckFailed: the process is gone.
        """
        try:
            self.line.send({"do": "reset"})
            self.line.receive()  # what it says is of no interest: it has seen hidden tests
        except (Closed, WireError):
            raise CheckFailed(ENDED, "process-ended") from None

    def _proxy(self, fields: dict[str, Any]) -> Proxy:
        return make_proxy(self, int(fields["id"]), self._shown(fields["type"], "object"))

    def _shown(self, name: object, otherwise: str) -> str:
        return name if isinstance(name, str) and name in self.known else otherwise

    def _error(self, fields: dict[str, Any]) -> Exception:
        """Rebuild an exception of the student's code as one of the nearest built-in type."""
        kind = getattr(builtins, str(fields.get("base")), None)
        if not (isinstance(kind, type) and issubclass(kind, Exception)):
            kind = RuntimeError
        if issubclass(kind, (StopIteration, StopAsyncIteration)):  # would end loops of the test
            kind = RuntimeError
        text = str(fields.get("text") or "")[:4000]
        try:
            error = kind(*([text] if text else []))
        except TypeError:  # UnicodeDecodeError and others that want more arguments
            error = RuntimeError(text)
        line = fields.get("line")
        # Feedback shows type and line only: the text may repeat what a hidden test passed in.
        told: dict[str, object] = {
            "student_type": self._shown(fields.get("type"), kind.__name__),
            "student_line": line if type(line) is int and 0 < line <= self.lines else None,
            "student_call": self.last,
        }
        for name, value in told.items():
            setattr(error, name, value)
        return error


def _refuse(value: object) -> dict[str, Any]:
    if isinstance(value, Proxy):
        return {"id": object.__getattribute__(value, "_id")}
    kind = "function" if callable(value) else f"value of type {type(value).__name__}"
    raise CannotCross(
        f"a {kind} of the test cannot be given to the student's code, which lives in another "
        "process. Only numbers, text, lists, tuples, dicts, sets, arrays and tensors cross. Make "
        "it there: write the step as a remote call (autograder.hall.protocol.remote_call)"
    )


def _write_back(values: tuple[object, ...], change: object) -> None:
    """Repeat on our own argument what the student's code did to its copy."""
    if type(change) is not list or len(change) != 2 or change[0] not in range(len(values)):
        return
    olds, news = values[change[0]], change[1]
    if type(olds) is not tuple or type(news) is not tuple or len(olds) != len(news):
        return
    for old, changed in zip(olds, news, strict=True):
        if type(old) is type(changed):
            _overwrite(old, changed)


def _overwrite(old: Any, changed: Any) -> None:
    """Give an argument the content that the student's code gave its copy, shape and dtype too."""
    kind = type(old).__name__
    if kind == "Tensor" and (old.shape, old.dtype) == (changed.shape, changed.dtype):
        old.detach().copy_(changed.detach())
    elif kind == "Tensor":  # as `x.resize_()` or `x.data = x.double()` do in one process
        old.data = changed.detach()
    elif kind == "ndarray" and (old.shape, old.dtype) == (changed.shape, changed.dtype):
        old[...] = changed
    elif kind == "ndarray" and old.size == changed.size and old.itemsize == changed.itemsize:
        old.dtype, old.shape = changed.dtype, changed.shape  # as `x.shape = ...` does
        old[...] = changed
    elif type(old) in (list, bytearray):
        old[:] = changed
    elif type(old) in (dict, set):
        old.clear()
        old.update(changed)


# --- proxies --------------------------------------------------------------------------------------


class Proxy:
    """A student's object that stayed on the student's side.

    It can be called, asked for attributes, items, its length and its text, and iterated over; each
    time a value comes back. It cannot be compared, truth-tested or used in arithmetic, because the
    answer would be whatever the student's object says it is.
    """

    _client: RpcClient
    _id: int
    _called: str

    def __init__(self, client: RpcClient, id_: int) -> None:
        object.__setattr__(self, "_client", client)
        object.__setattr__(self, "_id", id_)
        object.__setattr__(self, "_called", type(self).__name__)

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Call the student's object."""
        self._client.last = self._called
        return self._client.request("call", self, args, kwargs)

    def __getattr__(self, name: str) -> object:
        if name.startswith("_ipython_") or name.startswith("_repr_"):
            raise AttributeError(name)
        found = self._client.request("attribute", self, name=name)
        if isinstance(found, Proxy):
            object.__setattr__(found, "_called", f"{self._called}.{name}")
        return found

    def __setattr__(self, name: str, value: object) -> None:
        self._client.request("assign", self, value, name=name)

    def __getitem__(self, key: object) -> object:
        return self._client.request("item", self, key)

    def __len__(self) -> int:
        return self._agree(self._client.request("length", self))

    def __iter__(self) -> Iterator[object]:
        items = self._client.request("list", self, most=MOST_ITEMS)
        if "_length" in vars(self):
            self._agree(len(items))
        return iter(items)

    def _agree(self, length: int) -> int:
        """Hold an object to the length it gave first: else a loop over it could check nothing."""
        if vars(self).setdefault("_length", length) != length:
            raise CannotCross(f"the student's {self._called} gives two different lengths")
        return length

    def __str__(self) -> str:
        text = self._client.request("text", self)
        return text if type(text) is str else repr(self)

    def __repr__(self) -> str:
        return f"<the student's {self._called}>"

    @property  # type: ignore[misc]  # read-only on purpose: it refuses
    def __class__(self) -> type:
        raise CannotCross(
            f"isinstance() cannot look at the student's {type(self).__name__}, which lives in "
            "another process; use is_a(value, 'torch.nn.Module') of autograder.hall.protocol."
            "remote_call"
        )

    __hash__ = object.__hash__


def _forbid(name: str) -> Callable[..., object]:
    def refuse(self: Proxy, *_: object) -> object:
        raise CannotCross(
            f"{name} on the student's {type(self).__name__}: an object of the student's own class "
            "cannot be compared, truth-tested or computed with, because it decides the answer "
            "itself. Test the values that its methods return, or write a remote call "
            "(autograder.hall.protocol.remote_call)"
        )

    return refuse


FORBIDDEN = """
    eq ne lt le gt ge bool add radd sub rsub mul rmul truediv rtruediv matmul rmatmul pow neg
    float int index contains array delattr setitem delitem enter exit
"""
for _name in FORBIDDEN.split():
    setattr(Proxy, f"__{_name}__", _forbid(f"__{_name}__"))

_kinds: dict[str, type] = {}


def make_proxy(client: RpcClient, id_: int, type_name: str) -> Proxy:
    """Return a proxy whose class bears the name of the student's class, for messages.

    Args:
        client: the way to the object.
        id_: what the student's process calls it.
        type_name: name of its class.
    """
    kind = _kinds.setdefault(type_name, type(type_name, (Proxy,), {}))
    return kind(client, id_)


def is_proxy(value: object) -> bool:
    """Tell whether a value is a student's object (isinstance would ask the object).

    Args:
        value: anything.
    """
    return issubclass(type(value), Proxy)
