"""The shell that runs a student's cells: IPython's, with a notebook's displays, results and errors.

This file runs inside the sandbox, next to the student's code, as `kernel` does.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import sys
from typing import Any, Protocol

from outputs import Outputs, plain  # beside this file, in the sandbox


class Host(Protocol):
    """What the shell needs of the kernel that owns it."""

    outputs: Outputs | None

    def write(self, name: str, text: str) -> None:
        """Keep text that was printed to a stream.

        Args:
            name: "stdout" or "stderr".
            text: what was printed.
        """


class Printed(io.TextIOBase):
    """sys.stdout or sys.stderr of the student's code."""

    encoding = "utf-8"

    def __init__(self, host: Host, name: str) -> None:
        self.host, self.name = host, name

    def writable(self) -> bool:
        """Return True: this is for writing."""
        return True

    def write(self, text: str) -> int:
        """Give text to whatever is collecting it now.

        Args:
            text: what was printed.

        Raises:
            TypeError: it is not text.
        """
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.host.write(self.name, text)
        return len(text)


def describe_error(error: BaseException) -> dict[str, Any]:
    """Return an exception's name, its nearest built-in ancestor, text and line in the cell.

    Args:
        error: what a cell or a call raised.
    """
    built_in = next(
        (c.__name__ for c in type(error).__mro__ if getattr(builtins, c.__name__, None) is c),
        "Exception",
    )
    line, trace = None, error.__traceback__
    while trace is not None:
        if "ipython-input" in trace.tb_frame.f_code.co_filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    text = ""
    with contextlib.suppress(BaseException):
        text = str(error)[:4000]
    return {"type": type(error).__name__, "base": built_in, "text": text, "line": line}


def make_shell(host: Host) -> object:
    """Return an IPython shell whose displays, results and errors go to ``host.outputs``.

    Args:
        host: where they go.
    """
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    def add(output: dict[str, Any], display_id: str | None = None) -> None:
        if host.outputs is not None:
            host.outputs.add(output, display_id)

    class Publisher(DisplayPublisher):
        def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **_):
            display_id = (transient or {}).get("display_id")
            known = host.outputs.displays if host.outputs is not None else {}
            if update and display_id in known:
                known[display_id].update(data=plain(data), metadata=plain(metadata or {}))
            elif not update:
                kind = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
                add(kind, display_id)

        def clear_output(self, wait=False):
            if host.outputs is not None:
                host.outputs.clear_next = True
                if not wait:
                    host.outputs.clear_next = False
                    host.outputs.clear()

    class Hook(DisplayHook):
        def write_output_prompt(self):
            """Print no prompt."""

        def write_format_data(self, format_dict, md_dict=None):
            add(
                {
                    "output_type": "execute_result",
                    "execution_count": shell.execution_count,
                    "data": format_dict,
                    "metadata": md_dict or {},
                }
            )

        def finish_displayhook(self):
            """Print no newline."""

    class Shell(InteractiveShell):
        displayhook_class = Hook
        display_pub_class = Publisher
        last_error = None

        def _showtraceback(self, etype, evalue, stb):
            self.last_error = describe_error(evalue)
            add(
                {
                    "output_type": "error",
                    "ename": str(etype.__name__),
                    "evalue": self.last_error["text"],
                    "traceback": [str(line) for line in stb],
                }
            )

        def init_io(self):
            """Leave sys.stdout as it is."""

        def system(self, cmd):
            return self.system_piped(cmd)

        def enable_gui(self, gui=None):
            """Have no windows."""

        def ask_exit(self):
            """Stay: a notebook's kernel outlives exit()."""

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor"
    shell = Shell.instance(config=config)
    shell.user_module.__name__ = "__main__"
    sys.modules["__main__"] = shell.user_module
    return shell
