"""A filter of system calls that a student's code never needs and that reach outside the sandbox.

Kernel keyrings outlive a sandbox and are shared by its user, anonymous shared memory escapes the
limits, and the others here are where kernel exploits like to begin. A filtered call fails with
"operation not permitted". The filter is classic BPF as seccomp(2) describes it, for bubblewrap.
"""

from __future__ import annotations

import platform
import struct

# name: number on x86-64, number on arm64 (None: does not exist there)
DENIED: dict[str, tuple[int | None, int | None]] = {
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),  # memory that no limit of a process counts
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_by_handle_at": (304, 265),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "personality": (135, 92),
}
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050001, 0x80000000  # REFUSE: errno 1, EPERM
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06


def program(machine: str = "") -> bytes | None:
    """Return the filter for a kind of machine (default: this one), or None if it is not known."""
    found = MACHINES.get(machine or platform.machine())
    if found is None:
        return None
    column, architecture = found
    numbers = [n[column] for n in DENIED.values() if n[column] is not None]
    steps = [
        (LOAD, 0, 0, 4),  # the architecture of the call
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, 0),  # its number
    ]
    if column == 0:  # x32 calls are the same calls under other numbers
        steps += [(AT_LEAST, 0, 1, 0x40000000), (RETURN, 0, 0, KILL)]
    for number in numbers:
        steps += [(EQUAL, 0, 1, number), (RETURN, 0, 0, REFUSE)]
    steps.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
