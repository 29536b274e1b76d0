"""The numbers of week 3."""

from __future__ import annotations

from functools import partial

from course.book import derived, measured
from course.book.claim import (
    EMBEDDED,
    WHOLE_MNIST,
    Claim,
    again,
    answer,
    bench,
    of_notebook,
    of_results,
    printed,
    scattered,
    table,
)

PAGE, SLIDES = "course/week03.md: ", "course/slides/week03.md: "
NOTEBOOK = "week03_undercomplete"
BITS_AT_10 = r"\nautoencoder +— +— +[\d.]+ +([\d.]+)"
WRITTEN = "compression-gain/details/written-"

CLAIMS: dict[str, Claim] = {
    "w3-parameters": again(
        partial(measured.conv_parameters, False), ",.0f", PAGE + "101,952 of {}."
    ),
    "w3-linear-parameters": again(
        partial(measured.conv_parameters, True), ",.0f", PAGE + "with $K=32$, {} of 111,521"
    ),
    **table(
        "w3-stranger",
        PAGE,
        {"2": "2", "9": "9", "1": "1"},
        [("{}", ".1f", "known"), ("{}", ".1f", "strangers"), ("{}", ".2f", "auc")],
        lambda digit, what: partial(measured.strangers, int(digit), False, what),
        dataset=EMBEDDED,
        tolerance=0.05,
    ),
    "w3-stranger-0-network": again(
        partial(measured.strangers, 0, True),
        ".2f",
        PAGE + "has the same trouble: AUC {} when the zero",
        dataset=EMBEDDED,
        tolerance=0.05,
        seeds=(0,),
        slow=True,
    ),
    "w3-stranger-1-network": again(
        partial(measured.strangers, 1, True),
        ".2f",
        PAGE + "when the zero is held back, {} for the one",
        dataset=EMBEDDED,
        tolerance=0.1,
        seeds=(0,),
        slow=True,
    ),
    "w3-length-0": again(
        partial(measured.code_length, 3 / 7),
        ".2f",
        PAGE + r"$\log_2 (7/3) = {}$ bits",
        tolerance=1e-9,
    ),
    "w3-length-1": again(
        partial(measured.code_length, 1 / 7), ".2f", PAGE + "1 costs ${}$", tolerance=1e-9
    ),
    "w3-pca-paper": bench("pca30-sse/value", ".2f", PAGE + "(13.87) | {} |", tolerance=0.005),
    "w3-pca-clamped": bench(
        "pca30-sse/details/pca30-clamped",
        ".2f",
        PAGE + "PCA, clamped to [0, 1] | {} |",
        tolerance=0.005,
    ),
    "w3-hinton": bench(
        "hinton-sse/value",
        ".2f",
        PAGE + "this one, 14 epochs (median of 3 seeds) | {} |",
        tolerance=0.1,
        seeds=(0, 1, 2),
    ),
    **table(
        "w3-bits",
        PAGE,
        {sse: f"sse {sse}" for sse in ("3.5", "4", "5", "7", "10")},
        [
            ("{}", ".3f", coder)
            for coder in ("autoencoder", "pca", "jpeg-scan", "jpeg-mosaic", "jpeg-whole-file")
        ],
        of_results("compression-gain/details/bits-per-pixel/"),
        tolerance=0.01,
    ),
    "w3-length-3": again(
        partial(measured.code_length, 2 / 7), ".2f", PAGE + "3 costs ${}$;", tolerance=1e-9
    ),
    "w3-factor": again(
        partial(measured.factor, value=1, code=1),
        ".1f",
        PAGE + '"784 → 32, compression factor {}" counts',
        PAGE + '"a compression factor of {} (784',
        SLIDES + '"784 → 32 is a compression of {}"',
        tolerance=1e-9,
    ),
    "w3-factor-floats": again(
        partial(measured.factor, value=8, code=32),
        ".1f",
        PAGE + "As bytes against 32-bit floats it is {}.",
        tolerance=1e-9,
    ),
    "w3-bits-at-10": printed(
        NOTEBOOK, BITS_AT_10, ".2f", PAGE + "code has {} bits per pixel: a factor"
    ),
    "w3-factor-of-8-bits": again(
        partial(derived.bits_saved, NOTEBOOK, BITS_AT_10),
        ".0f",
        PAGE + "a factor of {} against 8 bits",
    ),
    "w3-lzma-autoencoder": again(
        partial(derived.share_more, WRITTEN + "autoencoder/lzma", WRITTEN + "autoencoder/ideal"),
        ".0f",
        PAGE + "lzma, which knows no tables, needs {} % more",
        dataset=WHOLE_MNIST,
    ),
    "w3-lzma-pca": again(
        partial(derived.share_more, WRITTEN + "pca/lzma", WRITTEN + "pca/ideal"),
        ".0f",
        PAGE + "the autoencoder's symbols and {} % more for PCA's",
        dataset=WHOLE_MNIST,
    ),
    "w3-clothes": printed(
        NOTEBOOK, r"autoencoder has an SSE of (\d+)", ".0f", PAGE + "leaves an SSE of about {} on"
    ),
    "w3-clothes-jpeg": printed(
        NOTEBOOK, r"JPEG (\d+) with", ".0f", PAGE + "where JPEG has about {}. (3)"
    ),
    "w3-paid-back": printed(
        NOTEBOOK, r"paid back after ([\d,]+) images", ",.0f", PAGE + "after some {} digits"
    ),
    "w3-pca-error": printed(
        NOTEBOOK, r"PCA-32 +25,872 numbers +test SSE ([\d.]+)", ".1f", SLIDES + "PCA-32 has {}."
    ),
    "w3-pca-wins": answer(NOTEBOOK, "From how many code numbers on does PCA", ".0f"),
    "w3-conv-sse": answer(NOTEBOOK, "SSE per test image of the convolutional", ".2f"),
    "w3-axes": answer(NOTEBOOK, "How many PCA axes reach", ".0f"),
    "w3-changed": answer(NOTEBOOK, "Of 1,000 test digits, how many change", ".0f"),
    "w3-bits": answer(NOTEBOOK, "At an SSE of 10, PCA needs", ".1f"),
    **scattered(
        "w3-judge",
        of_notebook(NOTEBOOK, after="grey pixels  nearest training image"),
        [
            ("PCA-32", 0, ".1f", PAGE + "| {} % of the pixels for PCA-32"),
            ("convolutional", 0, ".1f", PAGE + "for PCA-32, {} % for the conv"),
            ("test digits", 0, ".1f", PAGE + "code, {} % in the digits |"),
            ("convolutional", 1, ".2f", PAGE + "| {} for the convolutional code, *"),
            ("test digits", 1, ".2f", PAGE + "code, {} for the digits, and"),
            ("only blurred", 1, ".2f", PAGE + "and {} for the control: not"),
            ("PCA-32", 2, ".0f", PAGE + "one judge: {} of 1,000"),
            ("convolutional", 2, ".0f", PAGE + "PCA-32, {} for the convolutional code, and"),
            ("only blurred", 2, ".0f", PAGE + "and {} for the blurred control"),
            ("PCA-32", 3, ".0f", PAGE + "both: {},"),
            ("convolutional", 3, ".0f", PAGE + "both: *, {} and"),
            ("only blurred", 3, ".0f", PAGE + "both: *, * and {} |"),
        ],
        dataset=EMBEDDED,
    ),
    "w3-hinton-long": bench(
        "hinton-long-sse/value",
        ".2f",
        PAGE + "this one, 36 epochs (median of 3 seeds) | {} |",
        tolerance=0.1,
        seeds=(0, 1, 2),
    ),
    "w3-hinton-seconds": again(
        partial(derived.median_detail, "hinton-sse", "cpu-seconds-by-seed"),
        ".0f",
        PAGE + "The 14 epochs take {} seconds of CPU",
        dataset=WHOLE_MNIST,
    ),
}
