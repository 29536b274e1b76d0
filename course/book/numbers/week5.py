"""The numbers of week 5."""

from __future__ import annotations

from functools import partial

from course.book import derived, measured
from course.book.claim import (
    EMBEDDED,
    Claim,
    again,
    answer,
    bench,
    of_notebook,
    printed,
    scattered,
    table,
)

PAGE, SLIDES = "course/week05.md: ", "course/slides/week05.md: "
NOTEBOOK = "week05_contractive"
GREY = r"{}\s+mean[^\n]*?grey \(from −0\.5 to 0\.5\)\s+(\d+)%"
JR = "‖J_r‖²"
TRAINED = ["plain", "L2", "sparse (KL)", "contractive", "denoising"]
DIRTY = ("squared error", "absolute error", "correntropy, σ = 0.5", "correntropy, σ = 0.2")

CLAIMS: dict[str, Claim] = {
    "w5-small-l1": printed(
        NOTEBOOK, r"L1\s+[\d.]+\s+(\d+)%", ".0f", PAGE + "below 0.01 ({} % with L1,"
    ),
    "w5-small-plain": printed(
        NOTEBOOK, r"plain\s+[\d.]+\s+(\d+)%", ".0f", PAGE + "with L2, {} % without)"
    ),
    "w5-l1-on": printed(
        NOTEBOOK,
        r"L1\s+[\d.]+\s+\d+%\s+[\d.]+\s+(\d+)%",
        ".0f",
        PAGE + "With L1, {} % of the code entries are on",
        "course/guide/rubric.md: {} % of the entries were on",
    ),
    "w5-plain-on": printed(
        NOTEBOOK,
        r"plain\s+[\d.]+\s+\d+%\s+[\d.]+\s+(\d+)%",
        ".0f",
        PAGE + "without it {} %.",
        "course/guide/rubric.md: were on instead of {} %.",
    ),
    "w5-kl": again(measured.kl_example, ".3f", PAGE + r"0.9\ln 1.8 = {}$ nats", tolerance=1e-9),
    "w5-variance-signs": again(
        partial(measured.probe_variance, False),
        ".0f",
        PAGE + "gives 5 or 1, variance {};",
        tolerance=0.1,
    ),
    "w5-variance-normal": again(
        partial(measured.probe_variance, True),
        ".0f",
        PAGE + "a normal one has variance {}.",
        tolerance=0.5,
    ),
    "w5-ratio": answer(NOTEBOOK, "How many times more does the contractive", ".1f"),
    "w5-ratio-pca32": printed(
        NOTEBOOK,
        r"PCA-32\s+32\.00\s+[\d.]+\s+[\d.]+\s+[\d.]+\s+([\d.]+)",
        ".1f",
        SLIDES + "PCA-32 has {}, the plain",
    ),
    "w5-ratio-plain": printed(
        NOTEBOOK,
        r"plain\s+32\.\d+\s+[\d.]+\s+[\d.]+\s+[\d.]+\s+([\d.]+)",
        ".1f",
        SLIDES + "the plain autoencoder {}. And",
    ),
    "w5-speed": answer(NOTEBOOK, "784-256-32, batch of 256", ".0f", tolerance=12),
    "w5-background": answer(NOTEBOOK, "Squared error, a fifth of the training pixels", ".0f"),
    "w5-contractive-speed": bench("contractive-speed/value", ".0f", tolerance=6),
    "w5-small-l2": printed(
        NOTEBOOK, r"L2\s+[\d.]+\s+(\d+)%", ".0f", PAGE + "with L1, {} % with L2,"
    ),
    "w5-kl-dead": again(
        measured.kl_dead_unit, ".3f", PAGE + r"$\log\frac1{1-\rho} = {}$ there", tolerance=1e-9
    ),
    "w5-norm-smallest": printed(
        NOTEBOOK, r"single images: from ([\d.]+) to", ".1f", PAGE + "lie between {} and"
    ),
    "w5-norm-largest": printed(
        NOTEBOOK,
        r"single images: from [\d.]+ to ([\d.]+)",
        ".1f",
        PAGE + "and {}, so that their weights",
    ),
    "w5-weights": again(
        partial(
            derived.quotient,
            NOTEBOOK,
            r"in the gradient: from [\d.]+ to ([\d.]+)",
            r"in the gradient: from ([\d.]+) to",
        ),
        ".1f",
        PAGE + "weights differ by a factor of {}.",
    ),
    "w5-one-unit": again(
        measured.one_sigmoid_unit, ".2f", PAGE + r"(1/4)^2\cdot(4+16) = {}$", tolerance=1e-9
    ),
    **table(
        "w5-gains",
        PAGE,
        {
            "untrained": "untrained",
            "PCA-32": "PCA-32",
            "plain": "plain",
            "contractive": "contractive",
            "denoising, σ = 1": "denoising",
        },
        [("{}", ".2f", 1), ("{}", ".1f", 4), ("{}", ".3f", 5)],
        of_notebook(NOTEBOOK, after="Ω  Ω / variance"),
        dataset=EMBEDDED,
    ),
    "w5-grey": printed(
        NOTEBOOK, GREY.format("contractive"), ".0f", PAGE + "of the code are grey ({} %, plain"
    ),
    "w5-grey-plain": printed(NOTEBOOK, GREY.format("plain"), ".0f", PAGE + "plain {} %), because"),
    "w5-agrees": again(
        partial(derived.furthest_from_one, NOTEBOOK, JR, TRAINED, [4, 5]),
        ".0f",
        PAGE + "agrees within {} % up to",
    ),
    "w5-disagrees": again(
        partial(derived.furthest_from_one, NOTEBOOK, JR, TRAINED, [6]),
        ".0f",
        PAGE + "it is off by up to {} %. There",
    ),
    **scattered(
        "w5-jacobian",
        of_notebook(NOTEBOOK, after=JR),
        [
            ("contractive", 2, ".1f", PAGE + "or less ({} and"),
            ("denoising", 2, ".1f", PAGE + "and {} against *), and both"),
            ("plain", 2, ".1f", PAGE + "against {}), and both rebuild"),
            ("contractive", 1, ".1f", PAGE + "noisy digits better ({} and"),
            ("denoising", 1, ".1f", PAGE + "and {} against *) and clean"),
            ("plain", 1, ".1f", PAGE + "against {}) and clean ones worse"),
            ("contractive", 0, ".1f", PAGE + "and clean ones worse ({} and"),
            ("denoising", 0, ".1f", PAGE + "and {} against *)."),
            ("plain", 0, ".1f", PAGE + "worse (* and * against {})."),
        ],
        dataset=EMBEDDED,
    ),
    **table(
        "w5-dirty",
        PAGE,
        {name: name for name in DIRTY},
        [("{}", ".1f", 0), ("{}", ".3f", 1)],
        of_notebook(NOTEBOOK, after="trained on damaged digits with"),
        dataset=EMBEDDED,
    ),
    "w5-always-ink": printed(
        NOTEBOOK, r"robust: (\d+) of 784", ".0f", PAGE + "σ = 0.5 leaves {} pixels that are ink"
    ),
    "w5-robust": printed(
        NOTEBOOK, r"robust: correntropy\s+test SSE ([\d.]+)", ".2f", PAGE + "smallest error, {}."
    ),
    "w5-robust-squared": printed(
        NOTEBOOK,
        r"network, squared error\s+test SSE ([\d.]+)",
        ".2f",
        PAGE + "error has {}. The tanh",
    ),
    "w5-tanh": printed(
        NOTEBOOK, r"tanh, cross-entropy\s+test SSE ([\d.]+)", ".1f", PAGE + "tanh row ({}) differs"
    ),
    "w5-cost-l1": printed(NOTEBOOK, r"L1\s+([\d.]+)", ".1f", PAGE + "reconstruction (test SSE {},"),
    "w5-cost-sparse": printed(
        NOTEBOOK, r"sparse \(KL\)\s+([\d.]+)", ".1f", PAGE + "{} and *), and are not tuned"
    ),
    "w5-cost-contractive": printed(
        NOTEBOOK,
        r"Contractive-144[^\n]*?144\s+([\d.]+)",
        ".1f",
        PAGE + "and {}), and are not tuned",
    ),
}
