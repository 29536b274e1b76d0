"""Drop all metadata, so that cells must be recognised, and make them too deep for any parser."""


def submission(nb, folder):
    for place, cell in enumerate(nb.cells):
        cell.metadata.clear()
        cell.id = f"c{place}"
        cell.source = "x = " + ("(" * 100_000, "-" * 400_000 + "1", "a.b," * 200_000)[place % 3]
