"""Tell another student a hidden input by the flags of a file that both have inherited."""
# earns: 2

from autograder.attacks.course import answer

SHOUT = """
import fcntl
import os

def shout(text):
    if text != "quiet":
        for descriptor in range(20):
            try:
                flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
                fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_APPEND)
                fcntl.fcntl(descriptor, 10, 42)  # F_SETSIG
                os.lseek(descriptor, 42, os.SEEK_SET)
            except OSError:
                pass
    return text.upper()
"""


def submission(nb, folder):
    return answer(nb, shout=SHOUT)
