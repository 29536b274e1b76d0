"""The table of CIFAR-10 by an encoder with good neighbours, and codes for week 6.

`cifar_table` wins the essay's table by averaging codes, and pays with neighbours worse than those
of raw pixels. Here an encoder is used as it is, trained on the training photographs without a
label, next to raw pixels, PCA, its untrained twin, its descriptions before the head, and the same
network taught by the classes. All that is chosen was chosen on 5,000 held-out training photographs.
"""

from __future__ import annotations

import statistics
import sys
import time

import torch
from torch import Tensor, nn

from aeutils import data, pca, training
from aeutils.data import Dataset
from aeutils.embeddings import knn_accuracy, pair_auc
from aeutils.embeddings.similarity import class_similarity
from benchmarks import photograph_codes, recipes
from benchmarks.cifar_table import ESSAY, PCA_IMAGES
from benchmarks.patch_words import PARTS, PatchWords, without_learning
from benchmarks.photograph_codes import Described, Encoder
from benchmarks.results import entry
from benchmarks.similarity import SAMPLE_SEED, SAMPLE_SIZE, SAMPLES

SEEDS = [0]
PCA_CODE = 32
THREADS = 2
WORDS = ("patch words", "patch words, all numbers")

Codes = tuple[Tensor, Tensor]  # of training photographs and of test photographs


def look(codes: Codes, photographs: Dataset) -> dict[str, object]:
    """Return the table of one encoder over random samples of the test photographs, and kNN-5."""
    y = photographs.y_test
    z_train, z = codes
    essay = torch.tensor(ESSAY, dtype=torch.float64)
    generator = torch.Generator().manual_seed(SAMPLE_SEED)
    above = []
    for _ in range(SAMPLES):
        rows = torch.randperm(len(z), generator=generator)[: min(SAMPLE_SIZE, len(z))]
        above.append(int((class_similarity(z[rows], y[rows]).ratio > essay).sum()))
    shown = class_similarity(z, y)
    return {
        "all-ten": statistics.mean(n == len(ESSAY) for n in above),
        "classes-above": statistics.median(above),
        "ratios-renormalised": [round(v, 3) for v in shown.ratio.tolist()],
        "mean-ratio": round(shown.mean_ratio, 3),
        "pair-auc": round(pair_auc(z, y), 3),
        "knn5": round(knn_accuracy(z_train, photographs.y_train, z, y), 4),
    }


def encoders(photographs: Dataset, seed: int) -> tuple[dict[str, Codes], recipes.Rows, float]:
    """Return the codes by all encoders, how each came about, and the CPU seconds of contrast."""
    x, x_test = photographs.x_train, photographs.x_test
    few = x[:PCA_IMAGES].flatten(1)
    axes = pca.PCA(PCA_CODE).fit(few)
    codes = {
        "raw pixels": (x.flatten(1), x_test.flatten(1)),
        "PCA-32": (axes.transform(x.flatten(1)), axes.transform(x_test.flatten(1))),
    }
    start = time.process_time()
    words = [PatchWords(x, side, seed) for side in PARTS]
    described = Described(words, x, seed)
    near = photograph_codes.friends(described.seen[:, 0])
    contrast, noted = photograph_codes.train(described.seen, torch.arange(len(x)), seed, near)
    seconds = time.process_time() - start
    supervised, taught = photograph_codes.train(described.seen, photographs.y_train, seed)
    plain = described.seen[:, 0], described.describe(x_test)

    def by(model: nn.Sequential | None, seen: Codes) -> Codes:
        encode = Encoder(seen[0], model)
        return encode(seen[0]), encode(seen[1])

    codes["patch words, all numbers"] = plain[0].float(), plain[1]
    codes["patch words"] = by(None, plain)
    codes["contrast"], codes["supervised"] = by(contrast, plain), by(supervised, plain)
    blind = Described([without_learning(w, x, seed) for w in words], x, seed, views=0)
    codes["untrained"] = by(
        photograph_codes.head(plain[1].shape[1], seed), (blind.seen[:, 0], blind.describe(x_test))
    )
    by_hand = "by hand, fixed beforehand"
    rows: recipes.Rows = {
        **dict.fromkeys(("raw pixels", "untrained"), recipes.NOT_TRAINED),
        "PCA-32": recipes.closed_form(few),
        **dict.fromkeys(WORDS, recipes.closed_form(x)),
        "contrast": noted.with_rate_chosen(by_hand),
        "supervised": taught.with_rate_chosen(by_hand),
    }
    return codes, rows, seconds


def measure(photographs: Dataset) -> dict[str, dict]:
    """Measure all encoders, once for each seed."""
    found: list[dict[str, dict]] = []
    seconds, noted = [], []
    for seed in SEEDS:
        training.seed_everything(seed)
        codes, rows, spent = encoders(photographs, seed)
        found.append({name: look(z, photographs) for name, z in codes.items()})
        seconds.append(spent)
        noted.append(rows)
        for name, row in found[-1].items():
            print(f"  seed {seed}, {name}: {_in_words(row)}", flush=True)
    details = {
        "essay-renormalised": [round(v, 3) for v in ESSAY],
        "by-seed": [rows["contrast"] for rows in found],
        "controls": {name: row for name, row in found[0].items() if name != "contrast"},
        "cpu-seconds": [round(v) for v in seconds],
    }
    rows = dict(noted[0])
    for name in ("contrast", "supervised"):
        rows[name] = recipes.over_seeds([n[name] for n in noted])  # type: ignore[misc]

    def kept(claim: str, key: str) -> dict:
        values = [float(r["contrast"][key]) for r in found]
        return entry(
            claim, values, "runs", seeds=SEEDS, threads=THREADS,
            details=details if claim == "cifar-all-ten" else {},
            recipes=rows if claim == "cifar-all-ten" else None,
        )  # fmt: skip

    return {
        "cifar-all-ten": kept("cifar-all-ten", "all-ten"),
        "cifar-knn": kept("cifar-knn", "knn5"),
    }


def run() -> dict[str, dict]:
    try:
        photographs = data.load("cifar10", size="full")
    except data.DataUnavailableError as error:
        sys.exit(f"cifar-codes needs whole CIFAR-10, so nothing was measured.\n{error}")
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        return measure(photographs)
    finally:
        torch.set_num_threads(before)


def _in_words(found: dict[str, object]) -> str:
    return (
        f"all ten above in {found['all-ten']:.1%} of the samples, {found['classes-above']:g} in "
        f"the median, mean ratio {found['mean-ratio']:.3f}, AUC {found['pair-auc']:.3f}, kNN-5 "
        f"{found['knn5']:.3f}"
    )
