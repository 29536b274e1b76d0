"""Use characters that no file can hold, in code, text, outputs and names."""

from autograder.attacks.course import answer, first, last


def submission(nb, folder):
    nb.cells[0].source += "\n\ud800 half a character"
    answer(nb, double="def double(n):\n    return '\udfff'", shout="# \udc00\nraise ValueError(1)")
    first(nb, "print('\ud800')\nraise type('E\\ud800', (Exception,), {})('\\udfff')")
    last(nb, "from IPython.display import HTML\nHTML('<b>\\ud800</b>')")
    return __import__("json").dumps(nb)
