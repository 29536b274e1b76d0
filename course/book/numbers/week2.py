"""The numbers of week 2."""

from __future__ import annotations

from functools import partial

from course.book import measured
from course.book.claim import Claim, again, answer

PAGE, SLIDES = "course/week02.md: ", "course/slides/week02.md: "
NOTEBOOK = "week02_vanilla"

CLAIMS: dict[str, Claim] = {
    "w2-nll": again(
        partial(measured.one_logit, -2.0, "loss"),
        ".2f",
        PAGE + r"$-\log p = {}$ nats",
        tolerance=1e-6,
    ),
    "w2-nll-slope": again(
        partial(measured.one_logit, -2.0, "nll"), ".2f", PAGE + "$p - x = {}$.", tolerance=1e-6
    ),
    "w2-square-slope": again(
        partial(measured.one_logit, -2.0, "square"),
        ".2f",
        PAGE + r"$2(p-x)\,p(1-p) = {}$, a fifth",
        tolerance=1e-6,
    ),
    "w2-square-slope-8": again(
        partial(measured.one_logit, -8.0, "square"),
        ".4f",
        PAGE + "are $*$ and ${}$:",
        tolerance=1e-6,
    ),
    "w2-ae-sse": answer(NOTEBOOK, "Mean SSE per test image of the autoencoder", ".2f"),
    "w2-changed": answer(NOTEBOOK, "How many of the test images have another", ".0f"),
    "w2-map-knn": answer(NOTEBOOK, "How many of 100 test digits fall among", ".1f"),
    "w2-probability": again(
        partial(measured.one_logit, -2.0, "probability"),
        ".3f",
        PAGE + "that is $p = {}$.",
        PAGE + "$(1-{})^2 =",
        tolerance=1e-6,
    ),
    "w2-square": again(
        partial(measured.one_logit, -2.0, "squared loss"),
        ".2f",
        PAGE + ")^2 = {}$; but",
        tolerance=1e-6,
    ),
    "w2-nll-slope-8": again(
        partial(measured.one_logit, -8.0, "nll"),
        ".2f",
        PAGE + "the slopes are ${}$ and",
        tolerance=1e-6,
    ),
}
