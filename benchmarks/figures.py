"""Measure the figures that the front page quotes, and keep them in results.json.

    python -m benchmarks.figures pca | autoencoder | speed | import | notebooks | all
    python -m benchmarks.figures table     the Markdown table of the recorded figures
    python -m benchmarks.figures check     compare README.md beside this file with them
    python -m benchmarks.figures recipes   note how rows are trained where they were measured before
                                           that was noted, from the settings and without training

Run from the repository root, on a machine that has nothing else to do. README.md beside this file
says what each command measures and how long it takes.
"""

from __future__ import annotations

import argparse
import sys

import torch

from aeutils import data
from benchmarks import (
    bit_search,
    cifar_codes,
    cifar_table,
    contractive,
    denoising,
    documents,
    few_labels,
    held_out,
    hinton,
    knn,
    likelihood,
    logistic_pca,
    recipes,
    reconstruction,
    results,
    samples,
    siamese,
    similarity,
    speed,
    startup,
    telemetry,
    transfer,
    word_vectors,
)

NEEDS_MNIST = {
    "pca": reconstruction.run_pca,
    "logistic-pca": logistic_pca.run,
    "autoencoder": reconstruction.run_autoencoder,
    "hinton": hinton.run_short,
    "hinton-long": hinton.run_long,
    "denoising": denoising.run,
    "similarity": similarity.run,
    "siamese": siamese.run,
    "hundred-labels": siamese.run_hundred,
    "likelihood": likelihood.run,
    "samples": samples.run,
    "speed": speed.run,
}
NEEDS_NOTHING = {
    "contractive": contractive.run,
    "table-speed": similarity.run_speed,
    "cifar-table": cifar_table.run,
    "cifar-codes": cifar_codes.run,
    "knn": knn.run,
    "documents": documents.run,
    "hamming": bit_search.run,
    "words": word_vectors.run,
    "few-labels": few_labels.run,
    "telemetry": telemetry.run,
    "held-out": held_out.run,
    "transfer": transfer.run,
    "import": startup.run_imports,
    "kernel": startup.run_kernel,
    "first-step": startup.run_first_step,
    "lab": startup.run_lab,
    "checklist": startup.run_checklist,
    "notebooks": startup.run_notebooks,
}
MEASUREMENTS = [*NEEDS_MNIST, *NEEDS_NOTHING]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.figures",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=[*MEASUREMENTS, "all", "table", "check", "recipes"])
    command = parser.parse_args(arguments).command
    if command == "table":
        print("\n".join(results.table(results.read())))
        return 0
    if command == "check":
        return check()
    if command == "recipes":
        return note_recipes()
    torch.set_num_threads(1)
    met = [measure(name) for name in (MEASUREMENTS if command == "all" else [command])]
    return 0 if all(met) else 1


def measure(name: str) -> bool:
    """Run one measurement and record it; return whether every figure is what was promised."""
    print(f"{name}, torch {torch.__version__}", flush=True)
    if name in NEEDS_MNIST:
        try:
            mnist = data.load("mnist", size="full")
        except data.DataUnavailableError as error:
            sys.exit(f"{name} needs whole MNIST, so nothing was measured.\n{error}")
        print(f"  {mnist.source}")
        new = NEEDS_MNIST[name](mnist)
    else:
        new = NEEDS_NOTHING[name]()
    results.record(new)
    for claim, result in new.items():
        print(results.verdict(claim, result), flush=True)
    return all(result["met"] for result in new.values())


def check() -> int:
    page = (results.ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    problems = results.differences(page, results.read())
    print("\n".join(problems) or "benchmarks/README.md quotes the recorded figures")
    return 1 if problems else 0


def note_recipes() -> int:
    """Add recipes to entries that have none; what was measured stays as it is."""
    recorded = results.read()
    new = {
        claim: results.with_recipes(recorded[claim], rows, recipes.FROM_THE_SETTINGS)
        for claim, rows in planned(recorded).items()
        if "recipes" not in recorded[claim]
    }
    results.record(new)
    print(f"{len(new)} entries: {', '.join(new) or 'all have their recipes'}")
    return 0


def planned(recorded: dict[str, dict]) -> dict[str, recipes.Rows]:
    """Return how the rows of every entry are trained, by the settings that it says were chosen.

    Images of the right shapes stand in for MNIST and CIFAR-10: no recipe depends on what they show.
    """
    draw = torch.Generator().manual_seed(0)
    digits, photographs = (torch.rand(*n, generator=draw) for n in ((60_000, 784), (50_000, 3072)))
    chosen = {claim: entry["details"].get("chosen", "") for claim, entry in recorded.items()}
    rows = reconstruction.planned(digits, chosen["autoencoder-sse"])
    rows |= logistic_pca.planned(digits, chosen["logistic-pca-sse"])
    rows |= hinton.planned(digits, chosen["hinton-sse"])
    for name in denoising.NOISES:
        rows |= denoising.planned(digits, name, recorded[name]["details"])
    rows |= similarity.planned(digits, chosen["table-all-ten"])
    rows |= siamese.planned(digits, chosen["siamese-short"])
    rows["hundred-labels"] = siamese.hundred_rows(rows["table-all-ten"])
    docs = data.load_documents()
    rows |= documents.planned(docs, chosen["hash-map"])
    rows |= word_vectors.planned(data.load_words()) | few_labels.planned(docs)
    return rows | cifar_table.planned(photographs)


if __name__ == "__main__":
    sys.exit(main())
