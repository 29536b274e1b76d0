"""The numbers of week 6."""

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

PAGE, SLIDES = "course/week06.md: ", "course/slides/week06.md: "
NOTEBOOK = "week06_evaluation"
CIFAR = "CIFAR-10, benchmarks/results.json"
APART = "ratio  centred  mean cosine   kNN-5"
COSINES = "ratio of cosines   ratio, renormalised"
DIGITS = [f"{' ' * 20}{digit} " for digit in range(10)]
WHOLE = [  # columns of the table of whole MNIST: cell, format, key of the benchmark, factor
    ("{} %", "g", "all_ten", 100),
    ("{}", ".2f", "mean-ratio"),
    ("{}", ".2f", "mean-ratio-centred"),
    ("{}", ".2f", "pair-auc"),
    ("{}", ".3f", "knn5"),
]

CLAIMS: dict[str, Claim] = {
    **table(
        "w6-apart",
        PAGE,
        {
            "untrained network": "untrained ",
            "raw pixels": "raw pixels",
            "trained autoencoder, code of any sign": "trained ",
            "trained autoencoder, ReLU on the code": "ReLU code",
            "PCA-32": "PCA-32",
            "PCA-2": "PCA-2",
            "shuffled labels": "shuffled labels",
        },
        [("{}", ".3f", 0), ("{}", ".3f", 1), ("{}", ".3f", 3)],
        of_notebook(NOTEBOOK, after=APART),
        dataset=EMBEDDED,
        control={"shuffled labels": 1.0},
    ),
    "w6-untrained": Claim(".2f", of_notebook(NOTEBOOK, APART)("untrained ", 0), dataset=EMBEDDED),
    "w6-untrained-centred": answer(
        NOTEBOOK,
        "Mean ratio of the *untrained* network",
        ".2f",
        PAGE + "centred, the untrained network has {}, and",
        PAGE + "An untrained network has {} once its mean",
        control={"shuffled labels": 1.0},
    ),
    "w6-pca32": Claim(".2f", of_notebook(NOTEBOOK, APART)("PCA-32", 0), dataset=EMBEDDED),
    "w6-pca2": Claim(
        ".2f",
        of_notebook(NOTEBOOK, APART)("PCA-2", 0),
        ("course/guide/rubric.md: PCA-2 has {} and its",),
        dataset=EMBEDDED,
    ),
    "w6-pca2-knn": Claim(
        ".0f",
        of_notebook(NOTEBOOK, APART)("PCA-2", 3),
        ("course/guide/rubric.md: neighbours are right in {} % only",),
        dataset=EMBEDDED,
        scale=100,
    ),
    "w6-mean-cosine": Claim(
        ".2f",
        of_notebook(NOTEBOOK, APART)("untrained ", 2),
        (PAGE + "codes point one way: {} for the untrained",),
        dataset=EMBEDDED,
    ),
    "w6-ratio-lowest": again(
        partial(derived.extreme, NOTEBOOK, COSINES, DIGITS, 2, False),
        ".0f",
        PAGE + "between * and {} in the ten classes",
    ),
    "w6-ratio-highest": again(
        partial(derived.extreme, NOTEBOOK, COSINES, DIGITS, 2, True),
        ".0f",
        PAGE + "it is between {} and",
    ),
    "w6-smallest-same": printed(
        NOTEBOOK, r"`same` of 100 codes: ([\d.]+)", ".3f", PAGE + "of 100 codes is at least {},"
    ),
    "w6-centred-curve": printed(
        NOTEBOOK,
        r"any sign  ratio [\d.]+, centred ([\d.]+)",
        ".2f",
        PAGE + "it falls from {} to 1",
        PAGE + "and stays at {} if the codes",
    ),
    **scattered(
        "w6-two-codes",
        of_notebook(NOTEBOOK, after="kNN-5  linear probe    prototypes"),
        [
            (
                *("opposite corners", 0, ".2f"),
                PAGE + "opposite corners: kNN {}, linear",
                SLIDES + "Opposite corners: kNN {}, linear",
            ),
            (
                *("opposite corners", 1, ".2f"),
                PAGE + "kNN *, linear probe {}, ratio",
                SLIDES + "kNN *, linear probe {}. A measure",
            ),
            ("opposite corners", 5, ".3f", PAGE + "linear probe *, ratio {}."),
            ("long layers", 0, ".2f", PAGE + "kNN and probe {}, silhouette"),
            ("long layers", 4, ".3f", PAGE + "silhouette {}, prototypes"),
            ("long layers", 2, ".3f", PAGE + "prototypes {}. A measure"),
        ],
        dataset=EMBEDDED,
    ),
    "w6-kept-tsne": printed(
        NOTEBOOK, r"t-SNE: (\d+) % of 10", ".0f", PAGE + "in the code of 32 numbers {} %, PCA's"
    ),
    "w6-kept-pca": printed(NOTEBOOK, r"PCA: (\d+) % of 10", ".0f", PAGE + "PCA's two axes {} %."),
    "w6-sixes": answer(NOTEBOOK, "Of 100 sixes: how many", ".0f"),
    "w6-sixes-euclidean": printed(
        NOTEBOOK,
        r"moved by 3:[^\n]*euclidean\s+([\d.]+)",
        ".0f",
        SLIDES + "By Euclidean distance after three: {}.",
    ),
    "w6-axes": answer(NOTEBOOK, "PCA with how many axes has", ".0f"),
    "w6-gaps": answer(NOTEBOOK, "On the t-SNE map: second gap", ".1f", PAGE + "drawn, {} times"),
    "w6-ships": again(
        partial(measured.renormalised, 0.25, 0.02),
        ".2f",
        PAGE + "$(1+0.25)/(1+0.02)={}$",
        PAGE + "as the text says its tables are, {}. |",
        SLIDES + r"\approx {} \text{ renormalised}",
        tolerance=1e-9,
    ),
    "w6-ships-lowest": again(
        partial(measured.rounded_quotient, 0.25, 0.02, False),
        ".1f",
        PAGE + "0.25/0.02 lies anywhere between {} and",
        SLIDES + "the first is anywhere between {} and",
        tolerance=1e-9,
    ),
    "w6-ships-highest": again(
        partial(measured.rounded_quotient, 0.25, 0.02, True),
        ".0f",
        PAGE + "lies anywhere between * and {}. Raw",
        SLIDES + "anywhere between * and {}.",
        tolerance=1e-9,
    ),
    "w6-renormalised": again(
        partial(measured.renormalised, 0.2, 0.02),
        ".2f",
        PAGE + "cosines 0.2 and 0.02 give 10 and {}.",
        tolerance=1e-9,
    ),
    "w6-standard-error": again(
        partial(measured.standard_error, 0.95, 1000),
        ".3f",
        PAGE + "The standard error at 0.95 is {}.",
        "course/guide/rubric.md: below the standard error, {} on 1,000",
        tolerance=1e-9,
    ),
    "w6-table-speed": bench(
        "table-speed/value", ".0f", PAGE + "of 1,000 codes it is {} times as fast", tolerance=6
    ),
    "w6-table-seconds": bench(
        "table-seconds/value", ".2f", PAGE + "70,000 codes of 32 numbers take {} s", tolerance=0.05
    ),
    "w6-whole-cpu": bench(
        "table-training/value", ".0f", PAGE + "no labels, {} s of CPU;", tolerance=15
    ),
    # --- whole MNIST ------------------------------------------------------------------------------
    **table(
        "w6-whole",
        PAGE,
        {
            "shuffled labels (PCA-32)": "shuffled labels (PCA-32)",
            "untrained": "untrained",
            "raw pixels": "raw pixels",
            "PCA-2": "PCA-2",
            "PCA-32": "PCA-32",
        },
        WHOLE,
        of_results("table-all-ten/details/controls/"),
        tolerance=0.02,
    ),
    **table(
        "w6-whole-jittered",
        PAGE,
        {"jittered, 32 numbers": "table-all-ten"},
        WHOLE,
        lambda entry, key: partial(derived.median_of_seeds, entry, key),
        dataset=WHOLE_MNIST,
        tolerance=0.02,
    ),
    "w6-pca32-lucky": bench(
        "table-all-ten/details/controls/PCA-32/all_ten",
        "g",
        PAGE + "luck of that draw ({} % of samples)",
        scale=100,
    ),
    # --- CIFAR-10 ---------------------------------------------------------------------------------
    "w6-cifar-lowest": again(
        partial(derived.extreme_ratio, "cifar-classes", "raw pixels", False),
        ".0f",
        PAGE + "have ratios of cosines from {} to",
        dataset=CIFAR,
    ),
    "w6-cifar-highest": again(
        partial(derived.extreme_ratio, "cifar-classes", "raw pixels", True),
        ".0f",
        PAGE + "of cosines from * to {} (benchmark",
        dataset=CIFAR,
    ),
    "w6-cifar-classes": bench(
        "cifar-classes/value", ".0f", PAGE + "above the essay's ratios in {} classes of ten"
    ),
    "w6-cifar-knn": again(
        partial(derived.median_of_seeds, "cifar-classes", "knn5"),
        ".2f",
        PAGE + "its kNN-5 is {}. Raw",
        dataset=CIFAR,
    ),
    "w6-cifar-knn-pixels": bench(
        "cifar-classes/details/controls/raw pixels/knn5", ".2f", PAGE + "Raw pixels have {}, and"
    ),
    "w6-cifar-autoencoder": bench(
        "cifar-classes/details/controls/autoencoder/classes-above",
        ".0f",
        PAGE + "same table, above in {} classes,",
    ),
    "w6-cifar-knn-autoencoder": bench(
        "cifar-classes/details/controls/autoencoder/knn5", ".2f", PAGE + "classes, {}. Both steps"
    ),
}
