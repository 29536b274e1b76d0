"""Hand in another program's file under the notebook's name."""


def submission(nb, folder):
    return b"PK\x03\x04" + bytes(range(256)) * 100
