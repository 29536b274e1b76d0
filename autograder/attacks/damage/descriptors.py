"""Open files and sockets until the system has none left."""

import os
import socket

held = []
try:
    while len(held) < 100_000:
        held.extend(os.pipe())
        held.append(socket.socketpair())
except OSError as error:
    print(len(held) > 10, error)
if len(held) >= 100_000:
    print("VAULT-BROKEN: a hundred thousand open files")
