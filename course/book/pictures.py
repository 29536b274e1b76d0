"""The figures of the lessons, taken from the executed notebooks.

``python -m course.book figures`` writes them; a test fails when one is no longer what its notebook
draws. A lesson shows them as ordinary Markdown images, so they also appear on GitHub.
"""

from __future__ import annotations

from pathlib import Path

from course.book import COURSE, notebooks

FOLDER = COURSE / "images"

# file -> (notebook, how the figure's description begins)
FIGURES = {
    "week01-axes.png": ("week01_pca", "The first 16 principal axes"),
    "week01-scree.png": ("week01_pca", "Share of the variance"),
    "week01-rebuilt.png": ("week01_pca", "PCA: fewer numbers"),
    "week01-angles.png": ("week01_pca", "Principal angles"),
    "week01-errors.png": ("week01_pca", "PCA error against code size"),
    "week01-sixes.png": ("week01_pca", "Half-way between two sixes"),
    "week02-learning.png": ("week02_vanilla", "Learning from 5,000"),
    "week02-pixel.png": ("week02_vanilla", "What a wrong pixel"),
    "week02-photons.png": ("week02_vanilla", "5 images side by side"),
    "week02-changed.png": ("week02_vanilla", "Digits whose nearest"),
    "week02-rebuilt.png": ("week02_vanilla", "The same ten digits"),
    "week03-rebuilt.png": ("week03_undercomplete", "Ten digits, each from 32"),
    "week03-changed.png": ("week03_undercomplete", "Digits that changed their class"),
    "week03-clothes.png": ("week03_undercomplete", "A code for digits draws clothes"),
    "week03-widths.png": ("week03_undercomplete", "Bending pays"),
    "week03-bits.png": ("week03_undercomplete", "Bits for a given error"),
    "week04-damages.png": ("week04_denoising", "One seven, damaged"),
    "week04-rivals.png": ("week04_denoising", "What needs no training"),
    "week04-haze.png": ("week04_denoising", "The haze is gone"),
    "week04-holes.png": ("week04_denoising", "Three other damages"),
    "week04-noise.png": ("week04_denoising", "Each denoiser is best"),
    "week04-arrows.png": ("week04_denoising", "The residual points"),
    "week05-divergence.png": ("week05_contractive", "The divergence is 0"),
    "week05-probes.png": ("week05_contractive", "The estimate knows"),
    "week05-moves.png": ("week05_contractive", "Five moves along"),
    "week05-dirty.png": ("week05_contractive", "Trained on dirty digits"),
    "week05-singular.png": ("week05_contractive", "The contractive code follows"),
    "week05-places.png": ("week05_contractive", "The same two networks change places"),
    "week06-sixes.png": ("week06_evaluation", "4 images side by side"),
    "week06-two-codes.png": ("week06_evaluation", "Two codes with perfect"),
    "week06-gaps.png": ("week06_evaluation", "Widths 0.2, 1 and 5"),
    "week06-offset.png": ("week06_evaluation", "One vector added"),
    "week06-axes.png": ("week06_evaluation", "The class ratio is highest"),
    "week07-neighbours.png": ("week07_siamese", "The nine nearest by pixels"),
    "week07-collapse.png": ("week07_siamese", "Two numbers per digit"),
    "week07-cells.png": ("week07_siamese", "Few cells hold"),
    "week07-race.png": ("week07_siamese", "Same images, same labels"),
    "week07-labels.png": ("week07_siamese", "Few labels: use the images"),
    "elective_a-words.png": ("elective_a_documents", "Nobody told it"),
    "elective_a-bits.png": ("elective_a_documents", "Two histograms"),
    "elective_a-depth.png": ("elective_a_documents", "Who wins depends"),
    "elective_a-labels.png": ("elective_a_documents", "With few labels"),
    "elective_b-days.png": ("elective_b_anomalies", "What is normal?"),
    "elective_b-blizzard.png": ("elective_b_anomalies", "The blizzard of January"),
    "elective_b-ring.png": ("elective_b_anomalies", "Where is it normal"),
    "elective_b-coin.png": ("elective_b_anomalies", "A coin that flags"),
    "elective_b-ones.png": ("elective_b_anomalies", "A network that never saw"),
    "elective_b-detail.png": ("elective_b_anomalies", "More detail, more error"),
    "elective_c-two-ways.png": ("elective_c_generating", "One decoder, two ways"),
    "elective_c-manifold.png": ("elective_c_generating", "All that two numbers"),
    "elective_c-prices.png": ("elective_c_generating", "Eight of the 20 units"),
    "elective_c-bound.png": ("elective_c_generating", "The same network and the same"),
    "elective_c-nearest.png": ("elective_c_generating", "Drawn, and below each"),
    "elective_c-roads.png": ("elective_c_generating", "Three roads"),
    "elective_c-slant.png": ("elective_c_generating", "Slant, learned on"),
    "elective_d-row.png": ("elective_d_prediction", "One digit as a transformer"),
    "elective_d-hidden.png": ("elective_d_prediction", "What would you say"),
    "elective_d-paints.png": ("elective_d_prediction", "A masked autoencoder paints"),
    "elective_d-curve.png": ("elective_d_prediction", "A learning curve that anybody"),
    "elective_d-labels.png": ("elective_d_prediction", "What an encoder is worth"),
}

# Lines and points on white paper: on a dark page the site turns them to light ones on the page's
# own ground. Pictures of digits stay as they are, since their captions speak of ink and paper.
CHARTS = {
    *("week01-scree.png", "week01-errors.png", "week01-angles.png"),
    *("week02-learning.png", "week02-pixel.png", "week03-widths.png", "week03-bits.png"),
    *("week04-noise.png", "week04-arrows.png", "week05-divergence.png", "week05-probes.png"),
    *("week05-singular.png", "week05-places.png", "week06-offset.png", "week06-axes.png"),
    *("week07-collapse.png", "week07-cells.png", "week07-race.png", "week07-labels.png"),
    *("elective_a-words.png", "elective_a-depth.png", "elective_b-blizzard.png"),
    *("elective_a-bits.png", "elective_a-labels.png", "elective_b-days.png", "elective_b-ring.png"),
    *("elective_b-coin.png", "elective_b-detail.png", "elective_c-prices.png"),
    *("elective_c-bound.png", "elective_d-curve.png", "elective_d-labels.png"),
    *("week06-two-codes.png", "week06-gaps.png"),
}


def write() -> list[Path]:
    """Write every figure of the lessons; return the files."""
    made = []
    for file, (name, begins) in FIGURES.items():
        path = FOLDER / file
        path.write_bytes(notebooks.find_figure(name, begins).png)
        made.append(path)
    return made


def stale() -> list[str]:
    """Return one line for each figure that is not the one its notebook draws now."""
    lines = []
    for file, (name, begins) in FIGURES.items():
        path = FOLDER / file
        if not path.exists():
            lines.append(f"course/images/{file} is missing")
        elif path.read_bytes() != notebooks.find_figure(name, begins).png:
            lines.append(f"course/images/{file} is not what {name} draws now")
    return [f"{line}; run `python -m course.book figures`" for line in lines]
