"""Send what was seen to a server on this machine, by TCP, and to one far away."""

import socket

for address in (("127.0.0.1", 47190), ("localhost", 47190), ("192.0.2.1", 80)):
    try:
        with socket.create_connection(address, timeout=0.3) as line:
            line.sendall(b"loot")
    except OSError as error:
        print(address, error)
