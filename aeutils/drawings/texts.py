"""Documents as codes: words become counts, a code, bits; and codes of three bits as a cube."""

from __future__ import annotations

from math import dist

from aeutils.drawings.canvas import BLUE, GREEN, INK, ORANGE, SKY, VERMILLION, Canvas
from aeutils.drawings.drawing import Drawing


def bag_of_words(
    text: str = "the shuttle orbits the moon and the crew sees the moon rise",
) -> Drawing:
    """Draw a text that becomes counts of words, then a code, then bits.

    Args:
        text: up to twelve words of up to eight letters, separated by spaces.

    Raises:
        ValueError: there are no words, more than twelve, or a longer one.
    """
    words = text.split()
    if not 1 <= len(words) <= 12 or max(map(len, words)) > 8:
        raise ValueError(
            f"the text holds 1 to 12 words of up to 8 letters, got {text!r}; shorten it"
        )
    canvas = Canvas(height=320)
    canvas.box(14, 56, 150, 176, "", fill=0.06)
    lines = [" ".join(words[i : i + 2]) for i in range(0, len(words), 2)]
    for i, line in enumerate(lines):
        canvas.label(28, 84 + 27 * i, line, anchor="start")
    canvas.arrow((170, 144), (202, 144))
    counted = sorted(
        {w: words.count(w) for w in words}.items(), key=lambda item: (-item[1], item[0])
    )
    for i, (word, count) in enumerate(counted[:8]):
        y = 66 + 22 * i
        canvas.label(276, y + 5, word, size=15, anchor="end")
        for k in range(count):
            canvas.box(284 + 19 * k, y - 9, 16, 16, "", BLUE, fill=0.6, corner=2, line=0)
        if count > 1:
            canvas.label(288 + 19 * count, y + 5, f"{count}", size=15, anchor="start")
    canvas.arrow((394, 144), (426, 144))
    code = (0.9, 0.1, 0.75, 0.3, 0.06, 0.83, 0.96, 0.2)
    canvas.matrix(434, 60, [[c] for c in code], 44, GREEN, down=21)
    for i, c in enumerate(code):
        canvas.label(504, 60 + 21 * i + 16, f"{c:g}", size=15)
    canvas.arrow((532, 144), (580, 144))
    canvas.label(556, 132, "≥ ½")
    for i, c in enumerate(code):
        bit = int(c >= 0.5)
        canvas.box(592, 60 + 21 * i, 44, 21, "", ORANGE, fill=0.7 * bit, corner=0, line=1)
        canvas.label(662, 60 + 21 * i + 16, f"{bit}", mono=True, bold=True)
    for x, name, below in (
        (89, "text", "words in order"),
        (290, "counts", "no order"),
        (470, "code", "numbers, 0 to 1"),
        (630, "hash", "8 bits: an address"),
    ):
        canvas.label(x, 34, name, bold=True)
        canvas.label(x, 268, below)
    canvas.label(360, 304, "Texts on one subject should get the same address, or a near one.")
    return canvas.drawing(
        f"From left to right: a text of {len(words)} words; how often each word occurs, as rows of "
        "squares; a code of eight numbers between 0 and 1; the same numbers cut at one half into "
        "eight bits. The order of the words is lost with the counts, and the bits are an address "
        "under which texts of one subject should be found."
    )


def hamming_cube(centre: str = "010") -> Drawing:
    """Draw all codes of three bits as the corners of a cube, and those near one of them.

    Args:
        centre: the code from which distances are counted, three characters 0 or 1.

    Raises:
        ValueError: it is no code of three bits.
    """
    if len(centre) != 3 or set(centre) - {"0", "1"}:
        raise ValueError(f"a corner of the cube is three bits such as '010', got {centre!r}")
    canvas = Canvas(height=340)
    corners = {f"{i:03b}": (170.0, 262.0) for i in range(8)}
    for code in corners:
        a, b, c = (int(bit) for bit in code)
        corners[code] = (104 + 190 * c + 78 * a, 262 - 160 * b - 58 * a)
    for code, place in corners.items():
        for other, there in corners.items():
            if code < other and _apart(code, other) == 1:
                near = centre in (code, other)
                share = 27 / dist(place, there)  # the line begins and ends at the circles
                dx, dy = share * (there[0] - place[0]), share * (there[1] - place[1])
                ends = (place[0] + dx, place[1] + dy), (there[0] - dx, there[1] - dy)
                canvas.line(*ends, colour=ORANGE if near else INK, line=5 if near else 1.5)
    for code, (x, y) in corners.items():
        far = _apart(code, centre)
        canvas.circle(
            (x, y), 27, (VERMILLION, ORANGE, SKY, INK)[far], fill=(0.5, 0.4, 0.25, 0.12)[far]
        )
        canvas.label(x, y + 6, code, mono=True, bold=far == 0)
    rows = (
        (VERMILLION, 0.5, f"{centre}: the query"),
        (ORANGE, 0.4, "distance 1: one bit flipped"),
        (SKY, 0.25, "distance 2: two bits flipped"),
        (INK, 0.12, "distance 3: all bits flipped"),
    )
    for code, (x, y) in corners.items():
        far = _apart(code, centre)
        canvas.circle((x, y), 27, rows[far][0], fill=rows[far][1])
        canvas.label(x, y + 6, code, mono=True, bold=far == 0)
    for i, (colour, fill, words) in enumerate(rows):
        canvas.circle((452, 92 + 38 * i), 11, colour, fill=fill)
        canvas.label(474, 98 + 38 * i, words, size=15, anchor="start")
    canvas.label(430, 268, "Search: look at its corner,", size=15, anchor="start")
    canvas.label(430, 289, "then along each edge.", size=15, anchor="start")
    return canvas.drawing(
        f"A cube whose eight corners are the codes of three bits, from 000 to 111. Corners joined "
        f"by an edge differ in one bit. The corner {centre} is the query; its three edges are "
        "thick and lead to the three codes at Hamming distance 1; three more lie at distance 2 "
        "and one, opposite, at 3."
    )


def _apart(first: str, second: str) -> int:
    """Return the number of places where two codes differ."""
    return sum(a != b for a, b in zip(first, second, strict=True))
