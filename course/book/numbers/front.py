"""The numbers of the front page."""

from __future__ import annotations

from functools import partial

from course.book import derived, measured
from course.book.claim import Claim, again, bench

DEFAULTS = "ReLU mse input as it is batch 256 lr 0.001 decay 0"

CLAIMS: dict[str, Claim] = {
    "bank-wrong": again(
        partial(measured.bank_counts, "wrong"), ",.0f", "README.md: {} wrong answers for"
    ),
    "bank-exercises": again(
        partial(measured.bank_counts, "exercises"),
        ",.0f",
        "README.md: wrong answers for {} exercises",
    ),
    "bank-right": again(
        partial(measured.bank_counts, "right"),
        ",.0f",
        "README.md: {} differently written right ones pass",
    ),
    "attacks": again(
        partial(measured.attacks, "this grader", "attacks"),
        ".0f",
        "README.md: of a corpus of {} attacks",
        dataset="benchmarks/attacks.json",
    ),
    "attacks-stopped": again(
        partial(measured.attacks, "this grader", "stopped"),
        ".0f",
        "README.md: one small file each, it stops {}, and stock",
        dataset="benchmarks/attacks.json",
    ),
    "attacks-stock": again(
        partial(measured.attacks, "stock nbgrader", "stopped"),
        ".0f",
        "README.md: stock nbgrader 0.9.6 stops {}:",
        dataset="benchmarks/attacks.json",
    ),
    "pca32-sse": bench(
        "pca30-sse/details/pca32-raw",
        ".2f",
        "README.md: PCA with 32 axes has {}, or",
        tolerance=0.005,
    ),
    "pca32-sse-clamped": bench(
        "pca30-sse/details/pca32-clamped",
        ".2f",
        "README.md: or {} with the same clamp",
        tolerance=0.005,
    ),
    **{
        f"grading-{i}": again(
            partial(derived.grading, path), shown, *where, dataset="benchmarks/grading.json"
        )
        for i, (path, shown, *where) in enumerate(
            (
                ("100 students/hall_per_minute", ".0f", "README.md: on two cores: {} a minute"),
                ("100 students/times_stock", ".1f", "README.md: each run twice, {} times stock"),
            )
        )
    },
    "recipe-sse": bench("autoencoder-sse/value", ".2f", "README.md: The recipe behind {} was"),
    "default-sse": bench(
        "autoencoder-sse/details/validation-sse/" + DEFAULTS,
        ".1f",
        "README.md: defaults get {} there",
    ),
}
