"""Remember what tests ask for, and print it from another cell, a file, a thread and at exit."""
# earns: 2

from autograder.attacks.course import answer, last

SHOUT = """
import atexit, threading, time

asked = []
atexit.register(lambda: print(asked))

def say():
    while True:
        time.sleep(0.05)
        if len(asked) > 1:
            print(asked, flush=True)

threading.Thread(target=say, daemon=True).start()

def shout(text):
    asked.append(text.upper())
    with open("asked.txt", "a") as file:
        file.write(text.upper())
    print(text.upper())
    return text.upper()
"""


def submission(nb, folder):
    answer(nb, shout=SHOUT)
    last(nb, "import time\ntime.sleep(1)\nprint(asked, open('asked.txt').read())")
