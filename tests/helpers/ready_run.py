"""nbgrader, loaded once and started often: each run is a fork of a process that has it in memory.

A command of nbgrader spends several seconds on imports. The test that kills fifty runs starts them
here instead, so that a random moment falls into the grading. ``python ready_run.py`` is the process
that waits; :class:`Ready` is its other end.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
from pathlib import Path


class Ready:
    """Starts nbgrader commands one at a time, each in a process group of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        scripts = str(Path(sys.executable).parent)
        path = os.pathsep.join([scripts, os.environ.get("PATH", "")])
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", **environment},
            bufsize=0,
        )
        self.heard = b""
        self._line(100)

    def start(self, course: Path, *arguments: str) -> int:
        """Start a command in a course folder; return its process id."""
        words = str(course.parent / "words.txt")
        order = {"course": str(course), "arguments": arguments, "words": words}
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


def serve() -> None:
    """Load nbgrader, then run one command per line of standard input."""
    from nbgrader.apps import autogradeapp  # noqa: F401
    from nbgrader.apps.nbgraderapp import NbGraderApp

    import autograder.plugin.preprocessor  # noqa: F401

    print(0, flush=True)
    while line := sys.stdin.readline():
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os.setsid()
            os.chdir(order["course"])
            files = [
                os.open(os.devnull, os.O_RDONLY),
                os.open(order["words"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            ]
            for place, file in ((0, files[0]), (1, files[1]), (2, files[1])):
                os.dup2(file, place)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            NbGraderApp.launch_instance(order["arguments"])
            return
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
