"""Write scripts into the names and texts of exceptions, colour codes and printed links."""

import sys

CODE = "<script>vaultscript()</script>"
print(f"\x1b]8;;javascript:vaultscript()\x07link\x1b]8;;\x07 \x1b[31m{CODE}\x1b[0m")
print(CODE, '\x1b[38;5;1;"onmouseover=vaultscript()m', file=sys.stderr)
raise type(f"Error{CODE}", (Exception,), {})(CODE)
