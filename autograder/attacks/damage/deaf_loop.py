"""Never end, and ignore every signal that can be ignored."""

import signal

for number in signal.valid_signals():
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    try:
        while True:
            9**999_999
    except BaseException:
        pass
