"""The numbers of week 1."""

from __future__ import annotations

from functools import partial

from course.book import measured
from course.book.claim import EMBEDDED, Claim, again, answer, printed

PAGE, SLIDES = "course/week01.md: ", "course/slides/week01.md: "
NOTEBOOK = "week01_pca"

CLAIMS: dict[str, Claim] = {
    "w1-axes-80": again(
        partial(measured.axes_for, 0.80),
        ".0f",
        PAGE + "{} axes for 80 %,",
        dataset=EMBEDDED,
    ),
    "w1-axes-95": again(
        partial(measured.axes_for, 0.95),
        ".0f",
        PAGE + "{} for 95 % of the variance",
        dataset=EMBEDDED,
    ),
    "w1-sse-32": again(
        measured.sse_32, ".1f", PAGE + "test SSE {} with 32 axes", dataset=EMBEDDED, tolerance=0.05
    ),
    "w1-closer": printed(
        NOTEBOOK,
        r"(\d+) of 900 test images of other digits",
        ".0f",
        PAGE + "yet {} of 900 other digits",
        PAGE + "| {} of 900 | notebook",
    ),
    "w1-pairs": again(
        measured.sixes_and_eights,
        ".0f",
        PAGE + "of a test six and a test eight the claim holds in {} %",
        PAGE + "| {} % of pairs;",
        dataset=EMBEDDED,
        tolerance=0.5,
    ),
    "w1-four-points": again(
        measured.four_points, ".1f", PAGE + "their mean is {}, and", tolerance=1e-6
    ),
    "w1-factor": again(
        partial(measured.factor, value=1, code=1),
        ".1f",
        PAGE + '"a compression factor of {}"',
        tolerance=1e-9,
    ),
    "w1-factor-bits": again(
        partial(measured.factor, value=8, code=32),
        ".1f",
        PAGE + "so in bits the factor is {}.",
        tolerance=1e-9,
    ),
    "w1-linear-vs-pca": answer(NOTEBOOK, "Error of the linear autoencoder", ".1f"),
    "w1-pairs-share": again(
        measured.sixes_and_eights,
        ".3f",
        PAGE + "double().mean())) # {}",
        dataset=EMBEDDED,
        tolerance=0.005,
        scale=0.01,
    ),
}
