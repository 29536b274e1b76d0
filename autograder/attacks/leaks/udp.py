"""Send what was seen as a datagram, and inside a question to the name server."""

import os
import socket

os.environ["RES_OPTIONS"] = "timeout:1 attempts:1"
for address in (("127.0.0.1", 47190), ("127.0.0.1", 53), ("192.0.2.1", 53)):
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.settimeout(0.3)
            line.sendto(b"loot.example.invalid", address)
    except OSError as error:
        print(address, error)
