"""The course on one page: seven weeks, four electives, and what needs what."""

from __future__ import annotations

from aeutils.drawings.canvas import BLUE, ORANGE, Canvas
from aeutils.drawings.drawing import Drawing

# name -> (x, y of the middle, title, words below)
WEEKS = {
    "1": (92.0, 70.0, "1 · PCA", "straight lines"),
    "2": (268.0, 70.0, "2 · vanilla", "lines that bend"),
    "3": (452.0, 70.0, "3 · narrow", "what fits through"),
    "4": (628.0, 70.0, "4 · denoising", "back to the data"),
    "5": (628.0, 196.0, "5 · contractive", "deaf on purpose"),
    "6": (452.0, 196.0, "6 · measuring", "is a code good?"),
    "7": (268.0, 196.0, "7 · Siamese", "what labels buy"),
}
ELECTIVES = {
    "A": (92.0, 330.0, "A · texts", "words and bits"),
    "B": (268.0, 330.0, "B · anomalies", "only normal days"),
    "C": (452.0, 330.0, "C · generating", "draws, not copies"),
    "D": (628.0, 330.0, "D · predicting", "codes, not pixels"),
}


def course_map() -> Drawing:
    """Draw the seven weeks as a path, and the electives with the weeks that they need."""
    canvas = Canvas(height=400)
    places = {**WEEKS, **ELECTIVES}
    for name, (x, y, title, words) in places.items():
        colour = BLUE if name in WEEKS else ORANGE
        canvas.box(x - 76, y - 32, 152, 64, "", colour, fill=0.2, corner=12)
        canvas.label(x, y - 4, title, bold=True)
        canvas.label(x, y + 18, words, size=15)
    for first, second in ("12", "23", "34", "45", "56", "67"):
        (x0, y0), (x1, y1) = places[first][:2], places[second][:2]
        if y0 == y1:
            sign = 1 if x1 > x0 else -1
            canvas.arrow((x0 + sign * 79, y0), (x1 - sign * 79, y1), line=3, head=11)
        else:
            canvas.arrow((x0, y0 + 35), (x1, y1 - 35), line=3, head=11)
    needs = {
        "A": ((230.0, 231.0), (110.0, 264.0), (92.0, 295.0)),
        "B": ((400.0, 231.0), (300.0, 258.0), (276.0, 295.0)),
        "C": ((452.0, 231.0), (452.0, 262.0), (452.0, 295.0)),
        "D": ((490.0, 231.0), (590.0, 258.0), (620.0, 295.0)),
    }
    for start, control, end in needs.values():
        canvas.bend(start, control, end, ORANGE, line=3, dashed=True, head=12)
    canvas.label(92, 156, "the path", bold=True)
    canvas.label(92, 178, "each week needs", size=15)
    canvas.label(92, 197, "those before it", size=15)
    canvas.label(360, 390, "dashed: an elective, and the last week that it needs", size=15)
    return canvas.drawing(
        "The course as a map. A path of solid arrows leads through seven weeks: PCA, the vanilla "
        "autoencoder, narrow codes, denoising, contractive codes, measuring, Siamese networks. "
        "Below lie four electives with dashed arrows from the last week each needs: texts after "
        "week 7; anomalies, generating and predicting after week 6."
    )
