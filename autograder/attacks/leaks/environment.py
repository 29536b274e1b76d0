"""Print the environment variables."""

import ctypes
import os
import subprocess

print(os.environ)
print(subprocess.run("env", capture_output=True, shell=True).stdout)
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
i = 0
while environ and environ[i]:
    print(environ[i])
    i += 1
