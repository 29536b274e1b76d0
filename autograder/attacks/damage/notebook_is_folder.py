"""Hand in a folder with the name of the notebook."""


def submission(nb, folder):
    (folder / "vault.ipynb").mkdir()
    (folder / "vault.ipynb" / "vault.ipynb").write_text("{}")
