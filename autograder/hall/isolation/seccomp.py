"""A filter of system calls that a student's code never needs and that reach outside the sandbox.

Kernel keyrings outlive a sandbox and are shared by its user, anonymous shared memory escapes the
limits, new namespaces and the rest are where kernel exploits like to begin: these calls fail with
"operation not permitted". File locks and advice about files succeed and do nothing: two students
who may read the same file could otherwise signal to each other. The filter is classic BPF as
seccomp(2) describes it.
"""

from __future__ import annotations

import platform
import struct

# name: number on x86-64, number on arm64
DENIED: dict[str, tuple[int, int]] = {
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
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_by_handle_at": (304, 265),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "personality": (135, 92),
    "inotify_add_watch": (254, 27),  # sees what others read
    "mincore": (27, 232),  # and so do these three: which files are in memory
    "cachestat": (451, 451),
    "fanotify_init": (300, 262),
}
CLONE, CLONE3, FLOCK, FCNTL = (56, 220), (435, 435), (73, 32), (72, 25)
FADVISE, PREADV2, PWRITEV2 = (221, 223), (327, 286), (328, 287)
NAMESPACES = 0x7E020000  # clone(2)'s flags for new namespaces
LOCKS = (6, 7, 37, 38, 1024, 1026)  # fcntl(2)'s commands that set a lock, a lease or a watch
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS, SUCCESS = 1, 38, 0
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24  # places in seccomp_data


def program(machine: str = "") -> bytes | None:
    """Return the filter for a kind of machine (default: this one), or None if it is not known."""
    found = MACHINES.get(machine or platform.machine())
    if found is None:
        return None
    column, architecture = found
    steps = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
    ]
    if column == 0:  # x32 calls are the same calls under other numbers
        steps += [(AT_LEAST, 0, 1, 0x40000000), (RETURN, 0, 0, KILL)]
    for numbers in DENIED.values():
        steps += [(EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, ERRNO | EPERM)]
    for numbers in (FLOCK, FADVISE):
        steps += [(EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, ERRNO | SUCCESS)]
    # clone3 hides its flags from filters; told that it does not exist, libraries use clone
    for numbers in (CLONE3, PREADV2, PWRITEV2):
        steps += [(EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, ERRNO | ENOSYS)]
    steps += [
        (EQUAL, 0, 4, CLONE[column]),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (ANY_BIT, 0, 1, NAMESPACES),
        (RETURN, 0, 0, ERRNO | EPERM),
        (RETURN, 0, 0, ALLOW),
    ]
    steps += [(EQUAL, 0, 3 + len(LOCKS), FCNTL[column]), (LOAD, 0, 0, SECOND_ARGUMENT)]
    steps += [(EQUAL, len(LOCKS) - i, 0, lock) for i, lock in enumerate(LOCKS)]
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, ERRNO | SUCCESS), (RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
