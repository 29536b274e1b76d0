"""Send the signal that cannot be ignored to every process there is."""

import os

os.kill(-1, 9)
os.kill(os.getppid(), 9)
