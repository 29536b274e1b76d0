"""Hand in no notebook but an archive of an archive, each of whose files grows a thousandfold."""

import io
import zipfile


def submission(nb, folder):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(8):
            packed.writestr(f"{number}.ipynb", bytes(150 * 2**20))
    with zipfile.ZipFile(folder / "homework.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(8):
            packed.writestr(f"{number}.zip", inner.getvalue())
        for number in range(20_000):
            packed.writestr(f"many/{number}", "")
    return b""
