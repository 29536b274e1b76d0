"""Hand in a timestamp that is none."""


def submission(nb, folder):
    (folder / "timestamp.txt").write_bytes(b"the day after \xff tomorrow")
