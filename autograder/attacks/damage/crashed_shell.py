"""Break the program that runs the cells: its shell, its output, its encoder, its interpreter."""

import builtins
import gc
import json
import sys

for found in gc.get_objects():
    if type(found).__name__ in ("StudentKernel", "Outputs", "Line", "Shell", "ZMQInteractiveShell"):
        try:
            found.__dict__.clear()
        except Exception:
            pass
json.dumps = json.loads = lambda *a, **k: 1 / 0
sys.modules.clear()
sys.setrecursionlimit(20)
builtins.__import__ = None
