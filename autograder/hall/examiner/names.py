"""The global names of a test cell: the test's own, the release's, and last the student's."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from types import CodeType, FunctionType

from autograder.hall.protocol.codec import CannotCross
from autograder.hall.protocol.proxies import RpcClient, is_proxy


class Names(dict):
    """The global names of a test cell.

    A name is looked up among what the tests defined, then (unless it is an answer) among the
    trusted names of the release, and last in the student's notebook. Built-in names never come from
    the student unless an exercise asks for them.

    Args:
        client: the way to the student's names.
        answers: names that the student's cells are meant to define.
        trusted: gives a name of the release, or raises KeyError.
    """

    def __init__(
        self, client: RpcClient, answers: Iterable[str], trusted: Callable[[str], object]
    ) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins)
        self.client, self.answers, self.trusted = client, set(answers), trusted
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
            found = self.client.request("get", name=name)
        except KeyError:
            raise KeyError(name) from None
        self.theirs.add(name)
        if is_proxy(found):
            object.__setattr__(found, "_called", name)
        return found

    def __getitem__(self, name: str) -> object:
        if name in self:
            return super().__getitem__(name)
        return self.__missing__(name)

    def __setitem__(self, name: str, value: object) -> None:
        if not self.ours and name in self.theirs:
            if not is_proxy(value) and isinstance(value, (FunctionType, type)):
                raise CannotCross(
                    f"the test puts a function of its own in the place of the student's {name!r}; "
                    "functions do not cross to another process. Do it in a remote call "
                    "(autograder.hall.protocol.remote_call)"
                )
            self.client.request("set", value, name=name)
            return
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        if name in self:
            super().__delitem__(name)
            return
        self.client.request("delete", name=name)
        self.theirs.add(name)


def run_code(code: CodeType, names: Names) -> object:
    """Execute, or evaluate, compiled code with `names` as its global names.

    Args:
        code: a compiled statement or expression.
        names: its global names.

    Returns:
        The expression's value; None of a statement.
    """
    return eval(code, names)
