"""Runs nbgrader as somebody would who has logged in: with a keyring for the session.

Most Linux systems make one at login. It outlives a sandbox, so attacks try to write into it.
"""

from __future__ import annotations

import ctypes
import platform
import sys

from nbgrader.apps.nbgraderapp import NbGraderApp

KEYCTL = {"x86_64": 250, "aarch64": 219}  # the system call's number
JOIN_SESSION_KEYRING = 1


def log_in() -> None:
    """Join a new session keyring, where the system has such a thing."""
    number = KEYCTL.get(platform.machine())
    if sys.platform == "linux" and number:
        ctypes.CDLL(None).syscall(number, JOIN_SESSION_KEYRING, b"vault-login")


if __name__ == "__main__":
    log_in()
    NbGraderApp.launch_instance()
