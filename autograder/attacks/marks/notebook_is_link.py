"""Hand in a link to another student's notebook."""


def submission(nb, folder):
    (folder / "vault.ipynb").symlink_to("../../aaa_right/vault/vault.ipynb")
