"""Start threads until no more can be had."""

import threading
import time

threads = []
try:
    while len(threads) < 20_000:
        threads.append(threading.Thread(target=time.sleep, args=(6,), daemon=True))
        threads[-1].start()
except (RuntimeError, MemoryError) as error:
    print(len(threads) > 0, error)
if len(threads) >= 20_000:
    print("VAULT-BROKEN: twenty thousand threads")
