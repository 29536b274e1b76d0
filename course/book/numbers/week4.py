"""The numbers of week 4."""

from __future__ import annotations

from functools import partial

from course.book import derived, measured
from course.book.claim import Claim, again, answer, bench, printed

PAGE, SLIDES = "course/week04.md: ", "course/slides/week04.md: "
NOTEBOOK = "week04_denoising"

CLAIMS: dict[str, Claim] = {
    "w4-noise": printed(
        NOTEBOOK, r"10 log10\(1 / 0\.5²\)\s+([\d.]+) dB", ".2f", PAGE + r"$10\log_{10} 4 = {}$ dB"
    ),
    "w4-clamp": again(
        measured.clamped_noise,
        ".1f",
        PAGE + "A clamp brings that to {} dB",
        PAGE + "which is {} dB. So",
        tolerance=0.05,
    ),
    "w4-two-decibels": again(
        partial(measured.psnr_share, 2),
        ".0f",
        PAGE + "2 dB more is {} % less squared error",
        tolerance=0.5,
    ),
    "w4-linear": answer(NOTEBOOK, "PSNR of the linear least squares", ".1f"),
    "w4-dae-gain": answer(NOTEBOOK, "Decibels of the autoencoder beyond", ".2f"),
    "w4-sigma": answer(NOTEBOOK, "PSNR of the σ = 1 network", ".1f"),
    "w4-cosine": answer(NOTEBOOK, "Mean cosine between the network", ".2f"),
    "w4-whole-gaussian": bench("denoising-gaussian/value", ".2f", tolerance=0.15, seeds=(0, 1, 2)),
    "w4-whole-salt-pepper": bench(
        "denoising-salt-pepper/value", ".2f", tolerance=0.15, seeds=(0, 1, 2)
    ),
    "w4-clamped-error": again(
        partial(measured.clamped_noise, decibels=False),
        ".3f",
        PAGE + r"It is {} for $\sigma = 0.5$",
        tolerance=1e-3,
    ),
    "w4-clamp-gain": again(
        measured.clamp_gain,
        ".1f",
        PAGE + "clamping the noisy image already worth {} dB",
        tolerance=0.05,
    ),
    "w4-weak-baseline": again(
        partial(
            derived.gains,
            NOTEBOOK,
            r"autoencoder +([\d.]+) dB",
            r"median filter +([\d.]+) dB",
            r"linear least squares +([\d.]+) dB",
        ),
        ".1f",
        PAGE + "embedded digits look {} times as large",
    ),
}
