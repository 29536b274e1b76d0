"""Crash with a large memory, so that a core dump fills the disk."""

import ctypes
import resource

try:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
except (OSError, ValueError) as error:
    print(error)
block = b"x" * (200 * 2**20)
ctypes.string_at(0)
