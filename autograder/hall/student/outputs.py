"""What the cells of a notebook show, kept in nbformat's form up to a limit.

This file runs inside the sandbox, next to the student's code, as `kernel` does.
"""

from __future__ import annotations

import base64
import json
from typing import Any

CELL_TEXT = 1_000_000  # characters of output kept per cell
STREAM = "stream"


class Outputs(list):
    """The outputs of one cell in nbformat's form, up to a limit."""

    def __init__(self) -> None:
        super().__init__()
        self.room = CELL_TEXT
        self.displays: dict[str, dict[str, Any]] = {}
        self.clear_next = False

    def add(self, output: dict[str, Any], display_id: str | None = None) -> None:
        """Append an output, or say once that the limit is reached.

        Args:
            output: in nbformat's form.
            display_id: by which it can be updated later.
        """
        if self.clear_next:
            self.clear_next = False
            self.clear()
        if self.room <= 0:
            return
        output = {str(k): plain(v) for k, v in output.items()}
        self.room -= len(json.dumps(output))
        if self.room <= 0:
            note = f"[output cut off: more than {CELL_TEXT:,} characters in one cell]\n"
            output = {"output_type": STREAM, "name": "stdout", "text": note}
        self.append(output)
        if display_id:
            self.displays[display_id] = output

    def print(self, name: str, text: str) -> None:
        """Append text to a stream.

        Args:
            name: "stdout" or "stderr".
            text: what was printed.
        """
        if self.room <= 0 or not text:
            return
        if len(text) >= self.room:
            self.add({"output_type": STREAM, "name": name, "text": text[: self.room]})
            self.add({"output_type": STREAM, "name": name, "text": text[: self.room]})
            return
        if self and not self.clear_next and self[-1].get("name") == name:
            self[-1]["text"] += text
            self.room -= len(text)
        else:
            self.add({"output_type": STREAM, "name": name, "text": text})


def plain(value: object) -> object:
    """Return displayed data as JSON holds it: images in base64, unknown objects as text.

    Args:
        value: a part of an output.
    """
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
