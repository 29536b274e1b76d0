"""The tables of models that the benchmarks make, and what each of them compares.

A table takes its rows from the entries of results.json, each with its recipe, and says why rows
differ in what is not compared. `course.book.comparisons` lists them with those of the notebooks. A
test refuses a claim that has neither a table nor a place in `NOTHING_COMPARED`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aeutils.training.comparison import Comparison
from aeutils.training.recipe import Recipe
from benchmarks import results


@dataclass(frozen=True)
class Table:
    """One table of models.

    Attributes:
        title: what it is about.
        claims: the entries whose rows it shows.
        compared: headings in which rows are meant to differ.
        reasons: why they differ in anything else.
        also: rows that were not made here, and how they came about.
    """

    title: str
    claims: tuple[str, ...]
    compared: tuple[str, ...]
    reasons: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)


AS_LONG_AS = (
    "Each as long as its row needs: logistic PCA 40 epochs, the longest setting that was tried on "
    "held-out images; the network 14, after which it reaches the paper's 3.00, and 36."
)
LARGE_BATCH = "Contrast needs many others in a batch to tell a photograph from."
TWO_VIEWS = {
    "images seen": "All visit every image equally often; contrast sees two views of it at once.",
    "parameters": "The encoder is the same; contrast has no decoder.",
}
EACH_CHOSEN = "Each chosen on held-out training images."
TABLES = {
    "whole-autoencoder": Table(
        "Whole MNIST from 32 numbers: PCA and week 2's widths",
        ("autoencoder-sse",),
        ("model",),
    ),
    "whole-thirty": Table(
        "Whole MNIST from 30 numbers: Hinton and Salakhutdinov's rows",
        ("pca30-sse", "logistic-pca-sse", "hinton-sse", "hinton-long-sse"),
        ("model", "loss"),
        {
            "images seen": AS_LONG_AS,
            "steps": AS_LONG_AS,
            "learning rate": EACH_CHOSEN,
            "rate chosen": EACH_CHOSEN,
            "weight decay": "Chosen with the learning rate; logistic PCA has none.",
            "parameters": "Equal is the code, 30 numbers; a deep network has more weights.",
        },
        {"the paper's autoencoder": "printed there, not trained here"},
    ),
    "whole-bits": Table(
        "Bits per pixel of whole MNIST: the network of 14 epochs, PCA and JPEG",
        ("compression-gain",),
        ("model",),
    ),
    "whole-denoising-gaussian": Table(
        "Whole MNIST at σ = 0.5: filters, PCA, linear least squares and a network",
        ("denoising-gaussian",),
        ("model",),
    ),
    "whole-denoising-salt-pepper": Table(
        "The same for salt and pepper on 30 % of the pixels",
        ("denoising-salt-pepper",),
        ("model",),
    ),
    "whole-similarity": Table(
        "The class-similarity table of whole MNIST",
        ("table-all-ten",),
        ("model",),
    ),
    "whole-cifar": Table(
        "The class-similarity table of CIFAR-10",
        ("cifar-classes",),
        ("model", "loss", "shown"),
        {
            "data": "The same photographs, as rows for the autoencoder.",
            "images seen": (
                "Both visit every photograph four times; contrast sees two views of it at once. "
                "These rows compare recipes, not losses."
            ),
            "steps": LARGE_BATCH,
            "batch": LARGE_BATCH,
            "learning rate": "Each set by hand for its network.",
            "parameters": "Convolutions share their weights.",
            "seeds": "The controls have one seed, the row of the claim three.",
        },
    ),
    "cifar-codes": Table(
        "The class-similarity table of CIFAR-10 with better neighbours",
        ("cifar-all-ten",),
        ("model",),
    ),
    "whole-siamese": Table(
        "All labels of MNIST: a Siamese network, short and long, and codes without a label",
        ("siamese-short", "siamese-long"),
        ("images seen", "steps"),
    ),
    "documents-hash": Table(
        "Documents: TF-IDF, LSA and semantic hashes of 32 and 128 bits",
        ("hash-map",),
        ("model", "parameters"),
    ),
    "documents-words": Table(
        "Word vectors: a factorisation and two autoencoders of the same rows",
        ("word-rho",),
        ("model", "parameters"),
    ),
    "documents-labels": Table(
        "Few labels of documents: codes for propagation",
        ("few-labels",),
        ("model",),
    ),
    "telemetry-table": Table(
        "Anomalies in spacecraft telemetry: PCA, kernel PCA, the nearest window and two networks",
        ("telemetry-pca",),
        ("model", "parameters"),
    ),
    "held-out-digits-table": Table(
        "A class held out of whole MNIST: errors before and after the correction",
        ("held-out-digits",),
        ("model",),
    ),
    "held-out-fashion-table": Table(
        "A class held out of whole Fashion-MNIST: the same",
        ("held-out-fashion",),
        ("model",),
    ),
    "samples-table": Table(
        "Digits drawn from autoencoders of whole MNIST: plain, variational, kernel, adversarial",
        ("adversarial-frechet",),
        ("model", "loss", "parameters", "optimiser"),
    ),
    "transfer": Table(
        "Few labels of Fashion-MNIST and CIFAR-10: encoders trained without labels, as a beginning",
        ("transfer-fashion", "transfer-cifar"),
        ("model", "loss", "shown"),
        TWO_VIEWS,
    ),
    "whole-hundred": Table(
        "A hundred labels of MNIST and 59,900 images without",
        ("hundred-labels",),
        ("model",),
    ),
}
"""By name."""

NOTHING_COMPARED = {
    "contractive-speed": "ways of computing one number; nothing is trained",
    "contractive-gradient": "the same",
    "hutchinson-bias": "the same",
    "table-knn": "one of the columns of whole-similarity",
    "table-training": "the time of a row of whole-similarity",
    "cifar-knn": "one of the columns of cifar-codes",
    "table-speed": "ways of computing one table; nothing is trained",
    "table-seconds": "the same",
    "siamese-short-time": "the time of a row of whole-siamese",
    "siamese-long-time": "the same",
    "knn-speed": "ways of searching random codes; nothing is trained",
    "knn-memory": "the same",
    "hash-p100": "one of the columns of documents-hash",
    "shortlist-p10": "the same",
    "hamming-ms": "ways of searching random codes; nothing is trained",
    "hamming-speed": "the same",
    "telemetry-kernel": "one of the differences of telemetry-table",
    "telemetry-coin": "random scores; nothing is trained",
    "telemetry-time": "the time of telemetry-table",
    "vae-nll": "one network; the published figures are printed in papers, not trained here",
    "vae-nll-time": "the time of its training",
    "adversarial-plain": "another row of samples-table in the denominator",
    "training-speed": "one network, loss and optimiser, fed in two ways",
    "transfer-fashion-many": "another column of the table transfer",
    "transfer-cifar-many": "another column of the table transfer",
    "import-time": "no models",
    "import-modules-time": "no models",
    "kernel-ready": "no models",
    "first-step": "no models",
    "lab-start": "no models",
    "checklist-time": "no models",
    "notebook-time": "no models",
    "weeks-time": "no models",
}
"""Claims that compare no models, and what they do instead."""


def comparison(name: str, recorded: Mapping[str, dict]) -> Comparison:
    """Return how the rows of a table came about, of those claims that have been measured.

    Args:
        name: of the table.
        recorded: the entries of results.json.
    """
    table = TABLES[name]
    rows: dict[str, Recipe | str] = {}
    for claim in table.claims:
        for row, how in recorded[claim]["recipes"]["rows"].items():
            rows[row] = how if isinstance(how, str) else Recipe(**how)
    return Comparison.of(
        name, rows | dict(table.also), compared=table.compared, reasons=table.reasons
    )


def noted(name: str, recorded: Mapping[str, dict]) -> list[str]:
    """Return when the recipes of a table's entries were noted, each way once."""
    ways = [recorded[claim]["recipes"]["noted"] for claim in TABLES[name].claims]
    return list(dict.fromkeys(ways))


def comparisons() -> dict[str, Comparison]:
    """Return all tables of the recorded results, by name."""
    recorded = results.read()
    return {name: comparison(name, recorded) for name in TABLES}
