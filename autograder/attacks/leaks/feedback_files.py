"""Hand in files that could pass for pages of the feedback, and for the grader's own."""


def submission(nb, folder):
    page = "<html><script>vaultscript()</script></html>"
    for name in ("vault.html", "index.html", "timestamp.txt.html", ".exam-hall"):
        (folder / name).write_text(page)
    (folder / "autograded").mkdir()
    (folder / "autograded" / "vault.ipynb").write_text("{}")
