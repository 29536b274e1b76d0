"""Hand in files whose names are no text, and folders nested as deep as the disk allows."""

import os


def submission(nb, folder):
    place = os.fsencode(folder)
    for name in (b"a\xff\xfe.txt", b"-rf", b"new\nline.ipynb", b"\x1b[31m", b"..\\x", b"~"):
        with open(place + b"/" + name, "wb") as file:
            file.write(b"x")
    deep = place
    for _ in range(15):
        deep += b"/" + b"d" * 200
        try:
            os.mkdir(deep)
        except OSError:
            break
