"""nbgrader, loaded once and started often: each run is a fork of a process that has it in memory.

A command of nbgrader spends two to three seconds on imports, and the tests give more than a hundred
of them. :func:`nbgrader` is for those that ask what a command does, not how it is started: it gives
what :func:`autograder.demo.nbgrader` gives. The demo, the wheel's test, the attacked classes and
the runs that are interrupted start nbgrader as an instructor does.

``python ready_run.py`` is the process that waits; :class:`Ready` is its other end.
"""

import atexit
import functools
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from pathlib import Path


class Ready:
    """Starts nbgrader commands one at a time, each in a process group of its own."""

    def __init__(self, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**surroundings(), **environment},
            bufsize=0,
        )
        self.heard = b""
        self._line(100)

    def start(self, course: Path, *arguments: str, said: Path, errors: Path | None = None) -> int:
        """Start a command in a course folder; return its process id.

        Args:
            course: the folder.
            arguments: the command.
            said: the file for what it prints.
            errors: the file for what it prints to standard error, if that is another one.
        """
        order = {
            "course": str(course),
            "arguments": arguments,
            "said": str(said),
            "errors": str(errors or said),
            "environment": surroundings(),
        }
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        return self._line(30)

    def wait(self, seconds: float) -> int | None:
        """Return the command's exit status (minus a signal's number), or None if it still runs."""
        try:
            return self._line(seconds)
        except TimeoutError:
            return None

    def _line(self, seconds: float) -> int:
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self.heard:
                if not selector.select(seconds):
                    raise TimeoutError
                self.heard += os.read(self.process.stdout.fileno(), 100)
        line, self.heard = self.heard.split(b"\n", 1)
        return int(line)

    def close(self) -> None:
        """End the waiting process."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


def surroundings() -> dict[str, str]:
    """Return the environment of a command: this Python's scripts come first on the PATH."""
    scripts = str(Path(sys.executable).parent)
    path = os.pathsep.join([scripts, os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"}


@functools.cache
def shared() -> Ready:
    """Return the waiting process of this worker of pytest; it ends with the worker."""
    ready = Ready()
    atexit.register(ready.close)
    return ready


def nbgrader(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one nbgrader command in a course folder and return its status and captured output."""
    with tempfile.TemporaryDirectory() as place:
        said, errors = Path(place) / "said", Path(place) / "errors"
        pid = shared().start(folder, *arguments, said=said, errors=errors)
        status = shared().wait(550)
        if status is None:  # the test fails, and its neighbours find the process free
            os.killpg(pid, signal.SIGKILL)
            status = shared().wait(30)
        words = [path.read_text(encoding="utf-8", errors="replace") for path in (said, errors)]
    return subprocess.CompletedProcess(arguments, status, *words)


def serve() -> None:
    """Load nbgrader, then run one command per line of standard input."""
    from nbgrader import api
    from nbgrader.apps import autogradeapp  # noqa: F401
    from nbgrader.apps.nbgraderapp import NbGraderApp

    import autograder.plugin.preprocessor  # noqa: F401

    # nbgrader starts a process for each new gradebook, only to ask for this constant.
    api.get_alembic_version = functools.cache(api.get_alembic_version)
    api.get_alembic_version()

    print(0, flush=True)
    while line := sys.stdin.readline():
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os.setsid()
            os.chdir(order["course"])
            os.environ.clear()
            os.environ.update(order["environment"])
            sys.argv[1:], sys.path[0] = order["arguments"], order["course"]
            write = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            for number, path, how in (
                (0, os.devnull, os.O_RDONLY),
                (1, order["said"], write | os.O_TRUNC),
                (2, order["errors"], write),
            ):
                os.dup2(os.open(path, how), number)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            NbGraderApp.launch_instance(order["arguments"])
            return
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
