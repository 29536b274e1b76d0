"""What a notebook shows and what is kept beside it: outputs, notes, and a small JSON file.

IPython is imported inside the functions, and torch nowhere, so that importing this costs nothing:
the progress panel comes before the first cell that computes.
"""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, SupportsFloat

from aeutils._internal.environment import headless_build, in_notebook
from aeutils._internal.files import write_atomically

NUMBERS = "application/vnd.aeutils.numbers+json"
"""Kind of the output that keeps numbers by name; no page shows it."""


def publish(
    text: str,
    markup: str,
    name: str | None = None,
    update: bool = False,
    numbers: Mapping[str, float] | None = None,
    kept: Mapping[str, Any] | None = None,
) -> None:
    """Show `markup` (HTML) in a notebook, `text` elsewhere, on standard output.

    Args:
        text: what is shown outside a notebook.
        markup: what is shown in a notebook, HTML.
        name: name of the output, by which a later call can replace it.
        update: whether to replace the output called `name` instead of showing a new one.
        numbers: what the notebook keeps with the output for the pages of the book, by name.
        kept: what else it keeps with it, data for JSON by their kind (MIME type).
    """
    if in_notebook():
        from IPython.display import publish_display_data

        transient = {} if name is None else {"display_id": name}
        data: dict[str, Any] = {"text/html": markup, "text/plain": text}
        if numbers:
            data[NUMBERS] = dict(numbers)
        data |= kept or {}
        publish_display_data(data, transient=transient, update=update)
    else:
        print(text)


def record(name: str, value: SupportsFloat | Mapping[Any, Any]) -> None:
    """Keep numbers in the executed notebook, under names by which the pages of the book show them.

    For cells tagged ``record``, which stay in the solution: the release has none.

    Args:
        name: the number's name, such as "w7-race".
        value: a number, in the unit in which pages show it, or a table of numbers: a dictionary,
            nested at will, whose keys are joined to the name by slashes.
    """
    numbers = dict(_flat(name, value))
    text = "\n".join(f"{key} = {number:.6g}" for key, number in numbers.items())
    publish(text, f"<pre>{html.escape(text)}</pre>", numbers=numbers)


def _flat(name: str, value: SupportsFloat | Mapping[Any, Any]) -> Iterator[tuple[str, float]]:
    """Yield the names and numbers of a table, rounded to ten digits, so that files stay short."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _flat(f"{name}/{key}", entry)
    else:
        detach = getattr(value, "detach", None)  # a tensor, whose gradient no page asks for
        plain = value if detach is None else detach()
        yield name, float(f"{float(plain):.10g}")


def tell(text: str) -> None:
    """Show a short note to the reader; never on standard error, which would cost points.

    Args:
        text: one line.
    """
    publish(text, f'<p role="note" style="margin:.3em 0"><em>Note.</em> {html.escape(text)}</p>')


class NotebookFile:
    """A small JSON object beside the notebook: read whole, replaced whole, never half written.

    While nbgrader executes a notebook nothing is read or written, so that a build does not depend
    on, or change, what its author once answered. A file that cannot be read as JSON is moved aside
    (``.bak``); where nothing can be written the contents stay in memory. Both are said in a note.

    Args:
        path: the file; it need not exist.

    Attributes:
        path: the same as an absolute path.
        own: the entries that this kernel has put in.
        contents: what the file held when it was last read, with `own` put in.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path).absolute()
        self.own: dict[str, Any] = {}  # what this kernel has put in
        self.contents: dict[str, Any] = {}
        self.read()

    def read(self) -> None:
        """Set `contents` to what the file holds now, plus what this kernel has put in."""
        self.contents = dict(self.own)
        if headless_build():
            return
        try:
            contents = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except OSError as error:
            tell(f"{self.path.name} cannot be read ({error.strerror}); starting without it.")
            return
        except (ValueError, RecursionError):
            contents = None
        if isinstance(contents, dict):
            self.contents = contents | self.own
        else:
            self.move_aside()

    def put(self, key: str, value: Any) -> None:
        """Set one entry, in memory and in the file; entries of other kernels stay.

        Args:
            key: its name.
            value: what JSON can hold.
        """
        self.own[key] = value
        self.read()
        self.write()

    def move_aside(self, some_stay: bool = False) -> None:
        """Rename a damaged file to the first free ``.bak`` name and say so.

        `contents` is then what this kernel has put in; with `some_stay` the caller
        puts the entries in again that can be read.

        Args:
            some_stay: whether the note says that the readable entries stay.
        """
        copies = ("", *(f".{i}" for i in range(2, 1000)))
        aside = (self.path.with_name(f"{self.path.name}{copy}.bak") for copy in copies)
        free = next(name for name in aside if not name.exists())
        self.contents = dict(self.own)
        try:
            os.replace(self.path, free)
        except OSError:
            tell(f"{self.path.name} is damaged and cannot be moved; starting without it.")
        else:
            rest = "the entries that can be read stay" if some_stay else "starting afresh"
            tell(f"{self.path.name} was damaged. It is kept as {free.name}; {rest}.")

    def write(self) -> None:
        """Replace the file by `contents`."""
        if headless_build():
            return
        text = json.dumps(self.contents, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        try:
            write_atomically(self.path, lambda part: part.write_text(text, encoding="utf-8"))
        except OSError as error:
            tell(
                f"{self.path.name} cannot be written here ({error.strerror}); "
                "it is remembered until the kernel stops."
            )
