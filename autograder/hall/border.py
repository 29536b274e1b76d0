"""The tests' side of the border: a student's objects as handles, and the names a test sees."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FunctionType

from aeutils._failed import CheckFailed
from autograder.hall.wire import CannotCross, Closed, Line, WireError, decode, encode

ENDED = "your code's process ended while this was tested"
MOST_ITEMS = 100_000
USUAL = ("function", "module", "Tensor", "ndarray", "ReferenceSealed")  # names that tell nothing


class Border:
    """Asks a student's process for values; what comes back is plain data or a :class:`Handle`.

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

    def ask(self, do: str, *values: object, **fields: object) -> object:
        """Send a request and return the decoded answer.

        Arguments that the student's code changed in place are changed here too, and what it printed
        is printed again, so that a test sees what it would see in one process.

        Raises:
            Exception: of the nearest built-in type, if the student's code raised one.
            CannotCross: a value does not cross.
            CheckFailed: the student's process is gone, or does not keep to the protocol.
        """
        tree, buffers = encode(list(values), _refuse)
        try:
            self.line.send({"do": do, "values": tree, **fields}, buffers)
            reply, received = self.line.receive()
            error = reply.get("error")
            if error is not None and error.get("type") == "CannotCross":
                raise CannotCross(
                    "what your code returned is nested too deeply or too large to be looked at"
                )
            answer, changed = decode(reply["values"], received, self._handle)
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

    def run(self, source: str, show: bool = False) -> dict:
        """Run one of the student's cells."""
        self.line.send({"do": "run", "source": source, "show": show})
        reply, _ = self.line.receive()
        if type(reply) is not dict or type(reply.get("outputs")) is not list:
            raise WireError("not the outputs of a cell")
        return reply

    def _handle(self, fields: dict) -> Handle:
        return make_handle(self, int(fields["id"]), self._shown(fields["type"], "object"))

    def _shown(self, name: object, otherwise: str) -> str:
        return name if isinstance(name, str) and name in self.known else otherwise

    def _error(self, fields: dict) -> Exception:
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
        error.student_type = self._shown(fields.get("type"), kind.__name__)
        error.student_line = line if type(line) is int and 0 < line <= self.lines else None
        error.student_call = self.last
        return error


def _refuse(value: object) -> dict:
    if isinstance(value, Handle):
        return {"id": object.__getattribute__(value, "_id")}
    kind = "function" if callable(value) else f"value of type {type(value).__name__}"
    raise CannotCross(
        f"a {kind} of the test cannot be given to the student's code, which lives in another "
        "process. Only numbers, text, lists, tuples, dicts, sets, arrays and tensors cross. Make "
        "it there: write the step as an errand (autograder.hall.errand)"
    )


def _write_back(values: tuple, change: object) -> None:
    """Repeat on our own argument what the student's code did to its copy."""
    if type(change) is not list or len(change) != 2 or change[0] not in range(len(values)):
        return
    olds, news = values[change[0]], change[1]
    if type(olds) is not tuple or type(news) is not tuple or len(olds) != len(news):
        return
    for old, changed in zip(olds, news, strict=True):
        if type(old) is not type(changed):
            continue
        if type(old).__name__ == "Tensor" and old.shape == changed.shape:
            old.detach().copy_(changed.detach())
        elif type(old).__name__ == "ndarray" and old.shape == changed.shape:
            old[...] = changed
        elif type(old) in (list, bytearray):
            old[:] = changed
        elif type(old) in (dict, set):
            old.clear()
            old.update(changed)


# --- handles --------------------------------------------------------------------------------------


class Handle:
    """A student's object that stayed on the student's side.

    It can be called, asked for attributes, items, its length and its text, and iterated over; each
    time a value comes back. It cannot be compared, truth-tested or used in arithmetic, because the
    answer would be whatever the student's object says it is.
    """

    def __init__(self, border: Border, id_: int) -> None:
        object.__setattr__(self, "_border", border)
        object.__setattr__(self, "_id", id_)
        object.__setattr__(self, "_called", type(self).__name__)

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Call the student's object."""
        self._border.last = self._called
        return self._border.ask("call", self, args, kwargs)

    def __getattr__(self, name: str) -> object:
        if name.startswith("_ipython_") or name.startswith("_repr_"):
            raise AttributeError(name)
        found = self._border.ask("attribute", self, name=name)
        if isinstance(found, Handle):
            object.__setattr__(found, "_called", f"{self._called}.{name}")
        return found

    def __setattr__(self, name: str, value: object) -> None:
        self._border.ask("assign", self, value, name=name)

    def __getitem__(self, key: object) -> object:
        return self._border.ask("item", self, key)

    def __len__(self) -> int:
        return self._agree(self._border.ask("length", self))

    def __iter__(self) -> Iterator:
        items = self._border.ask("list", self, most=MOST_ITEMS)
        if "_length" in vars(self):
            self._agree(len(items))
        return iter(items)

    def _agree(self, length: int) -> int:
        """Hold an object to the length it gave first: else a loop over it could check nothing."""
        if vars(self).setdefault("_length", length) != length:
            raise CannotCross(f"the student's {self._called} gives two different lengths")
        return length

    def __str__(self) -> str:
        text = self._border.ask("text", self)
        return text if type(text) is str else repr(self)

    def __repr__(self) -> str:
        return f"<the student's {self._called}>"

    @property
    def __class__(self) -> type:
        raise CannotCross(
            f"isinstance() cannot look at the student's {type(self).__name__}, which lives in "
            "another process; use autograder.hall.errand.is_a(value, 'torch.nn.Module')"
        )

    __hash__ = object.__hash__


def _forbid(name: str) -> Callable:
    def refuse(self: Handle, *_: object) -> object:
        raise CannotCross(
            f"{name} on the student's {type(self).__name__}: an object of the student's own class "
            "cannot be compared, truth-tested or computed with, because it decides the answer "
            "itself. Test the values that its methods return, or write an errand "
            "(autograder.hall.errand)"
        )

    return refuse


FORBIDDEN = """
    eq ne lt le gt ge bool add radd sub rsub mul rmul truediv rtruediv matmul rmatmul pow neg
    float int index contains array delattr setitem delitem enter exit
"""
for _name in FORBIDDEN.split():
    setattr(Handle, f"__{_name}__", _forbid(f"__{_name}__"))

_kinds: dict[str, type] = {}


def make_handle(border: Border, id_: int, type_name: str) -> Handle:
    """Return a handle whose class bears the name of the student's class, for messages."""
    kind = _kinds.setdefault(type_name, type(type_name, (Handle,), {}))
    return kind(border, id_)


def is_handle(value: object) -> bool:
    """Tell whether a value is a student's object (isinstance would ask the object)."""
    return issubclass(type(value), Handle)


# --- names ----------------------------------------------------------------------------------------


class Names(dict):
    """The global names of a test cell.

    A name is looked up among what the tests defined, then (unless it is an answer) among the
    trusted names of the release, and last in the student's notebook. Built-in names never come from
    the student unless an exercise asks for them.

    Args:
        border: the way to the student's names.
        answers: names that the student's cells are meant to define.
        trusted: gives a name of the release, or raises KeyError.
    """

    def __init__(
        self, border: Border, answers: Iterable[str], trusted: Callable[[str], object]
    ) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins)
        self.border, self.answers, self.trusted = border, set(answers), trusted
        self.theirs: set[str] = set()  # names that tests fetched from the student
        self.ours = False  # True while trusted code of the release defines names

    def new_cell(self) -> None:
        """Forget answers that an earlier test assigned: they come from the student again."""
        for name in self.answers & self.keys():
            super().__delitem__(name)
        self.theirs.clear()

    def __missing__(self, name: str) -> object:
        if name not in self.answers:
            try:
                return self.trusted(name)
            except KeyError:
                if hasattr(builtins, name):
                    raise
        if name.startswith("__"):
            raise KeyError(name)
        try:
            found = self.border.ask("get", name=name)
        except KeyError:
            raise KeyError(name) from None
        self.theirs.add(name)
        if is_handle(found):
            object.__setattr__(found, "_called", name)
        return found

    def __getitem__(self, name: str) -> object:
        if name in self:
            return super().__getitem__(name)
        return self.__missing__(name)

    def __setitem__(self, name: str, value: object) -> None:
        if not self.ours and name in self.theirs:
            if not is_handle(value) and isinstance(value, (FunctionType, type)):
                raise CannotCross(
                    f"the test puts a function of its own in the place of the student's {name!r}; "
                    "functions do not cross the border. Do it in an errand "
                    "(autograder.hall.errand)"
                )
            self.border.ask("set", value, name=name)
            return
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        if name in self:
            super().__delitem__(name)
            return
        self.border.ask("delete", name=name)
        self.theirs.add(name)


def run_code(code: CodeType, names: Names) -> object:
    """Execute, or evaluate, compiled code with `names` as its global names."""
    return eval(code, names)
