"""Helpers for tests whose steps must happen next to the student's objects.

Most tests need none of this: calling a student's function with values and comparing what it returns
works as always. Gradients, optimisers, callbacks, generators and `isinstance` need the object
itself. Write such a step as a function that imports what it uses, mark it, and call it::

    from autograder.hall.protocol.remote_call import remote_call

    @remote_call
    def gradient_at(model, x):
        import torch
        loss = model(torch.as_tensor(x)).pow(2).sum()
        loss.backward()
        return [p.grad for p in model.parameters()]

    assert close(gradient_at(model, x), expected)

Called with a student's object, it runs in the student's process and its result comes back as
values; called with ordinary objects it is an ordinary function. Keep expected values out of it:
the student's process may read everything that runs there.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import marshal
import textwrap
import zlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from autograder.hall.protocol.proxies import RpcClient, is_proxy

FUTURE = "from __future__ import annotations"
_marked: list[Callable[[], bytes]] = []


def remote_call(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a self-contained function that runs where its arguments live.

    Args:
        function: a function that imports what it uses and refers to nothing outside itself.

    Returns:
        A function that is called in the same way.

    Raises:
        TypeError: on a call, if two arguments live in different processes.
    """

    def own() -> str:
        lines = textwrap.dedent(inspect.getsource(function)).splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith("def "))
        return f"{FUTURE}\n" + "\n".join(lines[start:])

    return _sent(function, own)


def compile_remote_calls() -> None:
    """Compile every function that was marked, which else happens at its first call.

    The examiners' server does this once, before it forks an examiner for every submission.
    """
    for compiled in _marked:
        with contextlib.suppress(OSError, StopIteration, SyntaxError):  # told at the call
            compiled()


def remote_files(function: Callable[..., Any], *modules: ModuleType) -> Callable[..., Any]:
    """Like :func:`remote_call`, for a function that needs whole files: they are sent as one text.

    Args:
        function: the function, of one of the files.
        modules: the files, each after those that it imports from. Imports from one another are
            left out of the text; anything else that they import, the student's process must have.

    Returns:
        A function that is called in the same way.

    Raises:
        TypeError: on a call, if two arguments live in different processes.
    """
    own = {module.__name__ for module in modules}

    text = "\n\n".join([FUTURE, *(_without_imports(module, own) for module in modules)])
    return _sent(function, lambda: text)


def _without_imports(module: ModuleType, names: set[str]) -> str:
    """Return a module's text without its imports from the modules of these names."""
    text = inspect.getsource(module)
    lines = text.splitlines()
    for node in reversed(ast.parse(text).body):
        if isinstance(node, ast.ImportFrom) and node.module in {"__future__", *names}:
            del lines[node.lineno - 1 : node.end_lineno]
    return "\n".join(lines)


def _sent(function: Callable[..., Any], source_of: Callable[[], str]) -> Callable[..., Any]:
    name = function.__name__

    @functools.cache
    def compiled() -> bytes:
        """Code for the same Python on the other side: reading it is 20 times as fast as source."""
        return marshal.dumps(compile(source_of(), "<remote call>", "exec"))

    _marked.append(compiled)

    @functools.wraps(function)
    def sent(*args: object, **kwargs: object) -> Any:
        client = _client_of([*args, *kwargs.values()])
        if client is None:
            return function(*args, **kwargs)
        client.last = name
        code = compiled()
        key = f"{name} {zlib.crc32(code)}"
        known = key in client.sent
        client.sent.add(key)
        return client.request("remote_call", args, kwargs, b"" if known else code, key=key)

    return sent


def _client_of(values: list[object]) -> RpcClient | None:
    for value in values:
        if is_proxy(value):
            return object.__getattribute__(value, "_client")
    return None


@remote_call
def is_a(value: object, type_name: str) -> bool:
    """Tell whether `value` is an instance of the class with this full name, or inherits from it.

    Args:
        value: a student's object.
        type_name: full name of a class, for example "torch.nn.modules.module.Module".
    """
    names = (f"{c.__module__}.{c.__qualname__}" for c in type(value).__mro__)
    return any(type_name in (n, n.removeprefix("builtins.")) for n in names)


@remote_call
def signature(function: Any) -> list[str]:
    """Return the names of a function's parameters."""
    import inspect

    return list(inspect.signature(function).parameters)


@remote_call
def source(function: Any) -> str:
    """Return a function's source text, as the student typed it."""
    import inspect

    return inspect.getsource(function)


@remote_call
def read_file(beside: object, name: str) -> bytes:
    """Return the content of a file in the folder of the student's notebook.

    `beside` is any object of the student: it says whose folder.

    Args:
        beside: any object of the student.
        name: the file's name in that folder.
    """
    with open(name, "rb") as file:
        return file.read(10_000_000)
