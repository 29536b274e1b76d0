"""A second set of walls inside the sandbox, between students who were forked from one process.

Starting Python and importing torch takes seconds, and is the same for every student. A warm sandbox
does it once, before any student code is there, and forks. The outer walls (files, network) are
bubblewrap's and shared; these inner ones give each student processes, memory disks, interprocess
communication and a host name of their own, take away all privileges and set the filter of system
calls. All of it is the kernel's; this file only asks, as unshare(1) and mount(8) do.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

# From linux/sched.h, sys/mount.h, linux/prctl.h and linux/securebits.h.
NEW_USER, NEW_PID, NEW_NS, NEW_IPC = 0x10000000, 0x20000000, 0x00020000, 0x08000000
NEW_UTS, NEW_NET, NEW_CGROUP = 0x04000000, 0x40000000, 0x02000000
NOSUID, NODEV, NOEXEC, BIND, RECURSIVE, PRIVATE = 2, 4, 8, 0x1000, 0x4000, 0x40000
SET_NO_NEW_PRIVS, SET_SECCOMP, FILTER, DROP_BOUND, SET_SECUREBITS = 38, 22, 2, 24, 28
LAST_CAPABILITY = 63
LOCKED_BITS = 0x2F  # no privileges by user id, ever again
# What libraries read when asked about the machine; copied where a fresh /proc is forbidden.
PROC_FILES = ("cpuinfo", "meminfo", "stat", "version", "uptime", "filesystems")

libc = ctypes.CDLL(None, use_errno=True)


class CannotIsolate(OSError):
    """The kernel refused a wall."""


def _must(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise CannotIsolate(number, f"{what}: {os.strerror(number)}")


def _mount(kind: str, place: str, flags: int, options: str = "") -> None:
    made = libc.mount(
        b"none", place.encode(), kind.encode() if kind else None, flags, options.encode()
    )
    _must(made, f"mount {kind} on {place}")


def own_users() -> None:
    """Become the root of a user namespace; the next child is process 1 of a new world.

    What it may do is to make namespaces and to mount in them; over anything that was there before
    it has no power.

    Raises:
        CannotIsolate: the kernel refused.
    """
    proc = os.open("/proc", os.O_PATH)
    _new_user(proc, NEW_PID)
    os.close(proc)


def fork_process_1(own: int) -> int:
    """Fork a child that is process 1 of a new world; the caller stays in its own.

    One fork, where a process that leaves its world itself needs another to have a child in the new
    one: with torch imported, each fork and its end cost more than what many students write.

    Args:
        own: descriptor of the caller's process namespace.

    Returns:
        The child's number; 0 in the child.

    Raises:
        OSError: the kernel refused.
    """
    _must(libc.unshare(NEW_PID), "unshare processes")
    try:
        child = os.fork()
    except OSError:
        _must(libc.setns(own, NEW_PID), "setns")
        raise
    if child:
        _must(libc.setns(own, NEW_PID), "setns")
    return child


def new_namespaces() -> None:
    """Leave the parent's namespaces, but for that of users.

    Raises:
        CannotIsolate: the kernel refused.
    """
    _must(libc.unshare(NEW_NS | NEW_IPC | NEW_UTS | NEW_NET | NEW_CGROUP), "unshare")


def new_user(proc: int) -> None:
    """Leave the parent's user namespace, and with it every power over what is mounted.

    Args:
        proc: descriptor of the /proc that was there before a new one covered it.

    Raises:
        CannotIsolate: the kernel refused.
    """
    _new_user(proc)


def _new_user(proc: int, more: int = 0) -> None:
    """Make a user namespace, in which one is who one was before, and `more` with it."""
    user, group = os.getuid(), os.getgid()  # asked before: afterwards one is nobody
    _must(libc.unshare(NEW_USER | more), "unshare")
    lines = {"setgroups": "deny", "uid_map": f"{user} {user} 1", "gid_map": f"{group} {group} 1"}
    for name, line in lines.items():
        file = os.open(f"self/{name}", os.O_WRONLY, dir_fd=proc)
        os.write(file, line.encode())
        os.close(file)


def new_disks(folders: list[str], size: int) -> None:
    """Cover the folders that can be written, and /proc, with fresh ones.

    A Python that is installed below one of them (an environment in /tmp) is put back, read-only.

    Args:
        folders: the folders.
        size: bytes of each.

    Raises:
        CannotIsolate: the kernel refused.
    """
    _mount("", "/", RECURSIVE | PRIVATE)
    pythons = sorted({os.path.realpath(p) for p in (sys.prefix, sys.base_prefix)})
    covered = [p for p in pythons if any(Path(p).is_relative_to(f) for f in folders)]
    kept_open = [(p, os.open(p, os.O_PATH)) for p in covered]
    for folder in folders:
        _mount("tmpfs", folder, NOSUID | NODEV, f"size={size},mode=0755")
    for place, opened in kept_open:
        Path(place).mkdir(parents=True, exist_ok=True)
        source = f"/proc/self/fd/{opened}".encode()
        _must(libc.mount(source, place.encode(), None, BIND | RECURSIVE, None), f"keep {place}")
        os.close(opened)
    try:
        _mount("proc", "/proc", NOSUID | NODEV | NOEXEC)
    except CannotIsolate:  # bubblewrap, started by root, covers parts of /proc; the kernel insists
        kept = {name: Path("/proc", name).read_bytes() for name in PROC_FILES}
        _mount("tmpfs", "/proc", NOSUID | NODEV | NOEXEC, "size=1m,mode=0755")
        for name, content in kept.items():
            Path("/proc", name).write_bytes(content)


def no_privileges(program: bytes) -> None:
    """Give up every capability for good, and set the filter of system calls.

    Args:
        program: the filter of system calls; empty where there is none.

    Raises:
        CannotIsolate: the kernel refused, or the process is still root.
    """
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(DROP_BOUND, capability, 0, 0, 0)  # fails for those the kernel does not know
    _must(libc.prctl(SET_SECUREBITS, LOCKED_BITS, 0, 0, 0), "securebits")
    header = struct.pack("=Ii", 0x20080522, 0)
    _must(libc.capset(header, bytes(24)), "capset")
    _must(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    if program:
        steps = ctypes.create_string_buffer(program, len(program))
        filters = struct.pack("=H6xQ", len(program) // 8, ctypes.addressof(steps))
        _must(libc.prctl(SET_SECCOMP, FILTER, filters, 0, 0), "seccomp")
    if os.geteuid() == 0:
        raise CannotIsolate("still root")
