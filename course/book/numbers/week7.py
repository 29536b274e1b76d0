"""The numbers of week 7."""

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
    printed,
    scattered,
    table,
)

PAGE, SLIDES = "course/week07.md: ", "course/slides/week07.md: "
NOTEBOOK = "week07_siamese"
RUBRIC = "course/guide/rubric.md: "
ROWS = of_notebook(NOTEBOOK, after="code size  kNN-5 ↑  linear probe")
RUNNERS = {  # of the race: on the page, as printed
    "random pairs": "random pairs",
    "all pairs": "all pairs",
    "hardest triplets": "hardest triplets",
    "supervised contrastive": "supervised contrastive",
    "cross-entropy, the code below the ten outputs": "cross-entropy",
    "labels shuffled before training": "shuffled labels",
}
ALL_PAIRS, FINE_TUNED = "Siamese-32, all pairs, all labels", "Siamese-32, fine-tuned, all labels"

CLAIMS: dict[str, Claim] = {
    "w7-self": answer(
        NOTEBOOK, "1-NN accuracy (%) of images that are", ".0f", PAGE + "counted 1-NN is {} % right"
    ),
    "w7-left-out": printed(
        NOTEBOOK,
        r"left out of its own neighbours:\s+([\d.]+) % right",
        ".1f",
        SLIDES + "Without itself: {} %. Leave",
        PAGE + "without, {} % on 2,000 images",
    ),
    "w7-positives": answer(
        NOTEBOOK,
        "kNN-5 accuracy (%) after training on pairs",
        ".0f",
        PAGE + "mean and kNN-5 {} %.",
    ),
    "w7-random": answer(NOTEBOOK, "kNN-5 accuracy (%) of the network trained on random", ".1f"),
    "w7-flow": answer(NOTEBOOK, "PCA-32, 100 labels, after propagation", ".1f"),
    "w7-recall": answer(NOTEBOOK, "Recall of 10 neighbours (%)", ".0f"),
    "w7-collapse": printed(
        NOTEBOOK,
        r"positives only +kNN-5 +[\d.]+ % +mean distance to the mean code ([\d.e-]+)",
        ".0f",
        PAGE + r"codes ${}\cdot10^{-4}$ from",
        scale=1e4,
    ),
    "w7-gigabytes": again(
        measured.table_of_distances,
        ".1f",
        PAGE + "10,000 × 60,000 distances are {} GB.",
        tolerance=1e-9,
    ),
    "w7-pair-same": again(
        partial(measured.contrastive_pair, 0.5, True),
        ".2f",
        PAGE + "one class at $D=0.5$: {}.",
        SLIDES + "one class at 0.5 costs {};",
        tolerance=1e-6,
    ),
    "w7-pair-different": again(
        partial(measured.contrastive_pair, 0.5, False),
        ".2f",
        PAGE + "Two classes at 0.5: {};",
        SLIDES + "at 0.5 cost {}, at 3 nothing",
        tolerance=1e-6,
    ),
    **table(
        "w7-race",
        PAGE,
        RUNNERS,
        [("{} %", ".1f", 0), None, None],
        of_notebook(NOTEBOOK, after="raw pixels 94"),
        dataset=EMBEDDED,
    ),
    **table(
        "w7-space",
        PAGE,
        {"raw pixels": "raw pixels", "PCA-32, no label": "PCA-32", **RUNNERS},
        [None, ("{}", ".3f", 0), ("{}", ".3f", 1)],
        of_notebook(NOTEBOOK, after="retrieval mAP  silhouette"),
        dataset=EMBEDDED,
    ),
    "w7-pixels": printed(
        NOTEBOOK, r"raw pixels ([\d.]+) %, PCA", ".1f", PAGE + "| raw pixels | {} % | * | * |"
    ),
    "w7-pca32": printed(
        NOTEBOOK,
        r"%, PCA-32 ([\d.]+) %",
        ".1f",
        PAGE + "| PCA-32, no label | {} % | * | * |",
        PAGE + "on the embedded digits: PCA-32 {} % and",
        SLIDES + "PCA-32 without any label has {}.",
        RUBRIC + "For kNN-5 no: {} % for PCA-32",
    ),
    "w7-standard-error": again(
        partial(measured.standard_error, 0.96, 1000),
        ".1f",
        PAGE + "96 % on 1,000 images is {} %.",
        SLIDES + "96 % on 1,000 images is {} %:",
        scale=100,
        tolerance=1e-6,
    ),
    "w7-whole-short": bench(
        "siamese-short/value", ".3f", PAGE + "kNN-5 {} after 3 epochs", tolerance=0.002
    ),
    "w7-whole-short-time": bench(
        "siamese-short-time/value", ".0f", PAGE + "after 3 epochs ({} s of CPU)", tolerance=5
    ),
    "w7-whole-long": bench(
        "siamese-long/value", ".3f", PAGE + "of CPU), {} after 15", tolerance=0.001
    ),
    "w7-whole-long-time": bench(
        "siamese-long-time/value", ".0f", PAGE + "after 15 ({} s).", tolerance=20
    ),
    **{
        f"w7-whole-{name}": bench(
            f"siamese-short/details/controls/{name}", ".3f", PAGE + said, tolerance=0.002
        )
        for name, said in (
            ("raw pixels", "in the code: raw pixels {}, PCA-32"),
            ("PCA-32", "raw pixels *, PCA-32 {}, untrained"),
            ("untrained", "untrained {}."),
        )
    },
    **table(
        "w7-hundred",
        PAGE,
        {
            name: name
            for name in (
                "raw pixels",
                "PCA-32 (week 1)",
                "autoencoder (week 2)",
                "convolutional (week 3)",
                "denoising (week 4)",
                "jittered (week 6)",
            )
        },
        [("{} %", ".1f", place) for place in range(4)],
        of_notebook(NOTEBOOK, after="100 labels, median of 3 draws"),
        dataset=EMBEDDED,
    ),
    **{
        f"w7-siamese-{i}": printed(NOTEBOOK, pattern, ".1f", PAGE + said)
        for i, (pattern, said) in enumerate(
            (
                (r"from nothing +([\d.]+) %", "from nothing has {} %, fine-tuned"),
                (r"labels, fine-tuned +([\d.]+) %", "from the jittered encoder {} %; taught"),
                (r"labels, propagated +([\d.]+) %", "of them wrong) {} %, its teacher"),
                (r"teacher of the last one +([\d.]+) %", "its teacher {} % (one draw"),
                (r"propagated labels ([\d.]+) % are wrong", "labels ({} % of them wrong)"),
            )
        )
    },
    "w7-whole-hundred": bench(
        "hundred-labels/value", ".1f", PAGE + "code and propagation {} %, PCA-32", scale=100
    ),
    "w7-whole-hundred-pca": bench(
        "hundred-labels/details/controls/PCA-32/propagated",
        ".1f",
        PAGE + "PCA-32 and propagation {} %, the",
        scale=100,
    ),
    "w7-whole-hundred-pixels": bench(
        "hundred-labels/details/controls/raw pixels, 1-NN",
        ".1f",
        PAGE + "labelled images by pixels {} %.",
        scale=100,
    ),
    "w7-whole-choices": again(
        partial(derived.spread, "hundred-labels/details/held-out", "alpha 0.99"),
        ".1f",
        PAGE + "lay within {} % there",
        dataset=WHOLE_MNIST,
    ),
    **scattered(
        "w7-cells",
        of_notebook(NOTEBOOK, after="cells looked into, of 100 "),
        [
            ("trained code, recall", 3, ".1f", PAGE + "5 of 100 cells hold {} % of"),
            ("PCA-32, recall", 3, ".1f", PAGE + "of trained codes, {} % for PCA-32"),
            ("Gaussian noise, 32, recall", 3, ".1f", PAGE + "and {} % for Gaussian noise"),
        ],
        dataset=EMBEDDED,
    ),
    **scattered(
        "w7-worth-knn",
        ROWS,
        [
            (
                ALL_PAIRS,
                1,
                ".1f",
                PAGE + "and all pairs {} % in",
                RUBRIC + "and {} % for all pairs",
            ),
            (FINE_TUNED, 1, ".1f", PAGE + "jittered encoder {} %. Ret"),
        ],
        scale=100,
        dataset=EMBEDDED,
    ),
    **scattered(
        "w7-worth-retrieval",
        ROWS,
        [
            ("PCA-32, 0 labels", 3, ".3f", PAGE + "Retrieval {},", RUBRIC + "yes, {} against"),
            (ALL_PAIRS, 3, ".3f", PAGE + "Retrieval *, {},", RUBRIC + "against {}. And both"),
            (FINE_TUNED, 3, ".3f", PAGE + "Retrieval *, *, {}."),
        ],
        dataset=EMBEDDED,
    ),
}
