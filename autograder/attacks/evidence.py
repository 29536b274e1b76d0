"""What attackers are caught at: files, processes, messages and scripts that should not be there."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import psutil

PORT = 47190  # where the harness listens, on TCP and UDP
SOCKET = "\0vault-ears"
LOOT = "vault-loot"  # how attacks name files that they leave


def fingerprint(folder: Path) -> str:
    """Return a hash of all files and links below a folder (of giants, their size)."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        total.update(str(path.relative_to(folder)).encode("utf-8", "surrogateescape"))
        if path.is_symlink():
            total.update(os.readlink(path).encode())
        elif path.is_file():
            size = path.stat().st_size
            total.update(path.read_bytes() if size < 50 * 2**20 else str(size).encode())
    return total.hexdigest()


class Ears:
    """Listens where a sandboxed process might speak to the world: TCP, UDP, an abstract socket."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._quit = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Ears:
        kinds: list[tuple[str, int, int, Any]] = [
            ("the loopback network (TCP)", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", PORT)),
            ("the loopback network (UDP)", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", PORT)),
        ]
        if sys.platform == "linux":
            kinds.append(("an abstract socket", socket.AF_UNIX, socket.SOCK_STREAM, SOCKET))
        for name, family, kind, address in kinds:
            ear = socket.socket(family, kind)
            try:
                ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                ear.bind(address)
                if kind == socket.SOCK_STREAM:
                    ear.listen()
            except OSError as taken:
                ear.close()
                print(f"nobody listens on {name}: {taken}", file=sys.stderr)
                continue
            ear.settimeout(0.2)
            self._threads.append(threading.Thread(target=self._listen, args=(name, ear, kind)))
            self._threads[-1].start()
        return self

    def _listen(self, name: str, ear: socket.socket, kind: int) -> None:
        with ear:
            while not self._quit.is_set():
                with suppress(OSError):  # TimeoutError above all
                    if kind == socket.SOCK_STREAM:
                        ear.accept()[0].close()
                    else:
                        ear.recvfrom(65536)
                    self.heard.append(name)

    def __exit__(self, *_: object) -> None:
        self._quit.set()
        for thread in self._threads:
            thread.join()


@contextmanager
def adopting() -> Iterator[None]:
    """Become the parent of processes that lose theirs, so that leftovers can be found."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if libc is not None:
        libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    try:
        yield
    finally:
        if libc is not None:
            libc.prctl(36, 0, 0, 0, 0)


def leftovers(before: set[int]) -> list[str]:
    """Return the processes that outlive the grading (after three seconds' grace), and end them."""
    end = time.monotonic() + 3
    while True:
        found = [
            p
            for p in psutil.Process().children(recursive=True)
            if p.pid not in before and p.status() != psutil.STATUS_ZOMBIE
        ]
        if not found or time.monotonic() > end:
            break
        time.sleep(0.2)
    names = []
    for process in found:
        with suppress(psutil.Error):
            program, *rest = process.cmdline() or [process.name()]
            names.append(" ".join([Path(program).name, *rest])[:80])  # not where it is installed
            process.kill()
    return names


def loot() -> list[Path]:
    """Return the files that attacks left in places that other students' code might read."""
    places = [Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path.home()]
    return [path for folder in places if folder.is_dir() for path in folder.glob(f"{LOOT}*")]


class Scripts(HTMLParser):
    """Finds what would run in the browser of whoever opens a page, among what an attack wrote."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._script = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element and its attributes."""
        self._script = tag if tag in ("script", "style") else ""
        for name, value in attrs:
            value = value or ""
            if "vault" not in value.lower():
                continue
            address = re.sub(r"[\x00-\x20]", "", value).lower()
            runs = name.startswith("on") or name == "srcdoc"
            runs |= address.startswith(
                ("javascript:", "vbscript:", "data:text/html", "data:image/svg")
            )
            runs |= tag in ("iframe", "object", "embed", "base", "meta", "form", "link", "svg")
            runs |= tag == "img" and address.startswith(("http:", "https:", "//"))
            if runs:
                self.found.append(f"{tag} {name}")

    def handle_data(self, data: str) -> None:
        """Look at the text of scripts."""
        if self._script and "vaultscript" in data:
            self.found.append(self._script)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self._script = ""
