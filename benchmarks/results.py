"""The claims, the file they are kept in, and the table that README.md beside it quotes."""

from __future__ import annotations

import datetime
import json
import platform
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from aeutils.training import Recipe
from benchmarks.recipes import WHILE_TRAINING

RESULTS = Path(__file__).parent / "results.json"
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Claim:
    """One figure that the course promises.

    `value` is compared with `target` by `sense` ("<=", ">=" or "=="; the last within `tolerance`).
    `tolerance` is also how far a later run may differ from the recorded value before it should
    worry anyone; `digits` is the number of decimals in the table.
    """

    text: str
    unit: str
    command: str
    sense: str
    target: float
    tolerance: float
    digits: int

    def met(self, value: float) -> bool:
        """Say whether a measured value keeps the promise."""
        if self.sense == "==":
            return abs(value - self.target) <= self.tolerance
        return value <= self.target if self.sense == "<=" else value >= self.target


CLAIMS = {
    "pca30-sse": Claim(
        "PCA with 30 axes on whole MNIST: squared error of a test image",
        *("per image", "pca", "==", 13.87, 0.005, 2),
    ),
    "logistic-pca-sse": Claim(
        "logistic PCA with 30 numbers on whole MNIST (linear encoder and decoder, a sigmoid, cross-"
        "entropy): squared error of a test image; the paper's is 8.01",
        *("per image", "logistic-pca", "<=", 8.2, 0.1, 2),
    ),
    "autoencoder-sse": Claim(
        "784-512-256-32 autoencoder, 5 epochs on whole MNIST: squared error of a test image, "
        "clamped to [0, 1]",
        *("per image", "autoencoder", "<=", 4.0, 0.15, 2),
    ),
    "hinton-sse": Claim(
        "784-1000-500-250-30 with linear paths, 14 epochs on whole MNIST: squared error of a test "
        "image, clamped to [0, 1]; the paper's is 3.00",
        *("per image", "hinton", "<=", 3.0, 0.1, 2),
    ),
    "hinton-long-sse": Claim(
        "the same, 36 epochs",
        *("per image", "hinton-long", "<=", 2.7, 0.1, 2),
    ),
    "compression-gain": Claim(
        "bits of PCA's code over bits of that 30-number code (14 epochs), both rounded and "
        "entropy coded, at a squared error of 5 per test image",
        *("times", "hinton", ">=", 1.5, 0.3, 2),
    ),
    "denoising-gaussian": Claim(
        "denoising whole MNIST at σ = 0.5: PSNR of a test image beyond linear least squares",
        *("dB", "denoising", ">=", 1.5, 0.15, 2),
    ),
    "denoising-salt-pepper": Claim(
        "the same for salt and pepper on 30 % of the pixels",
        *("dB", "denoising", ">=", 1.0, 0.15, 2),
    ),
    "contractive-speed": Claim(
        "exact contractive penalty of 784-256-32 for 256 images, forward and backward: how many "
        "times as fast as the loop over code numbers",
        *("times", "contractive", ">=", 15.0, 6.0, 1),
    ),
    "contractive-gradient": Claim(
        "relative difference of its gradient from the loop's, in float64",
        *("× 10⁻¹²", "contractive", "<=", 1.0, 0.01, 4),
    ),
    "hutchinson-bias": Claim(
        "Hutchinson's estimate of the same penalty: distance of the mean of 400 estimates from the "
        "exact value, in standard errors as stated",
        *("standard errors", "contractive", "<=", 2.0, 0.1, 2),
    ),
    "table-all-ten": Claim(
        "class-similarity table of whole MNIST by an encoder that saw no label, not centred: share "
        "of 200 random samples of 1,000 test images in which all ten classes are above the essay's "
        "ratios",
        *("of samples", "similarity", ">=", 0.95, 0.03, 3),
    ),
    "table-knn": Claim(
        "kNN-5 accuracy of the same codes of 32 numbers",
        *("of test images", "similarity", ">=", 0.978, 0.002, 4),
    ),
    "table-training": Claim(
        "CPU time of training that encoder",
        *("s", "similarity", "<=", 60.0, 15.0, 0),
    ),
    "cifar-classes": Claim(
        "class-similarity table of CIFAR-10 by an encoder that saw no label, renormalised, not "
        "centred: classes of ten above the essay's printed cosines, renormalised as well (ships: "
        "printed 15.30, here 1.23), median of 200 random samples of 1,000 test images",
        *("classes", "cifar-table", ">=", 10.0, 1.0, 0),
    ),
    "cifar-all-ten": Claim(
        "the same table by an encoder with better neighbours, used as it is: share of 200 random "
        "samples of 1,000 test photographs in which all ten classes are above the same yardstick, "
        "the essay's cosines renormalised",
        *("of samples", "cifar-codes", ">=", 0.95, 0.03, 3),
    ),
    "cifar-knn": Claim(
        "kNN-5 accuracy of the same codes, among 50,000",
        *("of test photographs", "cifar-codes", ">=", 0.65, 0.01, 3),
    ),
    "table-speed": Claim(
        "class-similarity table of 1,000 codes by sums: how many times as fast as by the matrix",
        *("times", "table-speed", ">=", 20.0, 6.0, 0),
    ),
    "table-seconds": Claim(
        "class-similarity table of 70,000 codes of 32 numbers",
        *("s", "table-speed", "<=", 1.0, 0.05, 3),
    ),
    "siamese-short": Claim(
        "Siamese network with all labels of MNIST, 784-512-256-32, 3 epochs: kNN-5 accuracy",
        *("of test images", "siamese", ">=", 0.985, 0.002, 4),
    ),
    "siamese-short-time": Claim(
        "CPU time of that training",
        *("s", "siamese", "<=", 15.0, 5.0, 1),
    ),
    "siamese-long": Claim(
        "the same, 15 epochs",
        *("of test images", "siamese", ">=", 0.991, 0.001, 4),
    ),
    "siamese-long-time": Claim(
        "CPU time of that training",
        *("s", "siamese", "<=", 60.0, 20.0, 1),
    ),
    "hundred-labels": Claim(
        "100 labels of MNIST and 59,900 images without: jittered code of 32 numbers, label "
        "propagation, 5 nearest",
        *("of test images", "hundred-labels", ">=", 0.965, 0.008, 4),
    ),
    "knn-speed": Claim(
        "5 nearest of 60,000 codes of 32 numbers for 10,000 queries, exact: how many times as fast "
        "as scikit-learn's brute force (CPU time, one thread)",
        *("times", "knn", ">=", 1.0, 0.3, 2),
    ),
    "knn-memory": Claim(
        "memory that this search adds",
        *("MB", "knn", "<=", 200.0, 60.0, 0),
    ),
    "training-speed": Claim(
        "training from memory: images per second, relative to a DataLoader on torchvision's MNIST",
        *("times", "speed", ">=", 1.5, 0.3, 2),
    ),
    "hash-map": Claim(
        "semantic hash of 20 Newsgroups, 32 bits: mAP of test messages among training messages, "
        "over that of TF-IDF on the same 2,000 words",
        *("times", "documents", ">=", 1.4, 0.08, 2),
    ),
    "hash-p100": Claim(
        "the same with 128 bits: precision of the first 100, over TF-IDF's",
        *("times", "documents", ">=", 1.15, 0.04, 2),
    ),
    "shortlist-p10": Claim(
        "500 messages found by 128 bits and put in order by TF-IDF: precision of the first 10, "
        "over TF-IDF's alone",
        *("times", "documents", ">=", 1.0, 0.03, 2),
    ),
    "hamming-ms": Claim(
        "the 10 nearest of 1,000,000 codes of 128 bits, one query, one core",
        *("ms", "hamming", "<=", 10, 3, 1),
    ),
    "hamming-speed": Claim(
        "how many times as fast as the cosine with 1,000,000 codes of 128 numbers",
        *("times", "hamming", ">=", 20, 10, 0),
    ),
    "word-rho": Claim(
        "word vectors (PPMI, SVD-100, window 5) of 20 Newsgroups: Spearman's rho with the "
        "people of WordSim-353, 150 pairs",
        *("", "words", ">=", 0.42, 0.03, 2),
    ),
    "few-labels": Claim(
        "one label for each of 20 groups: right answers of label propagation on an autoencoder's "
        "codes of all messages, over a supervised classifier's",
        *("times", "few-labels", ">=", 1.3, 0.3, 2),
    ),
    "telemetry-pca": Claim(
        "anomalies in 65 channels of spacecraft telemetry, codes of 4 numbers: mean AUPRC of an "
        "autoencoder less that of PCA; 0.03 would bear out the slides' claim",
        *("", "telemetry", "<=", 0.03, 0.02, 3),
    ),
    "telemetry-kernel": Claim(
        "the same, less that of kernel PCA",
        *("", "telemetry", ">=", 0.08, 0.02, 3),
    ),
    "telemetry-coin": Claim(
        "mean over the same channels of the best point-adjusted F1 of random scores",
        *("", "telemetry", ">=", 0.8, 0.05, 2),
    ),
    "telemetry-time": Claim(
        "CPU time of all ways once, codes of 4 numbers, all channels",
        *("s", "telemetry", "<=", 180, 60, 0),
    ),
    "held-out-digits": Claim(
        "a class held out of whole MNIST, all ten in turn: the smallest AUROC of errors divided by "
        "what is expected of an image with so much detail",
        *("", "held-out", ">=", 0.5, 0.04, 2),
    ),
    "held-out-fashion": Claim(
        "the same for whole Fashion-MNIST",
        *("", "held-out", ">=", 0.5, 0.04, 2),
    ),
    "vae-nll": Claim(
        "784-500-500-40 variational autoencoder on binary MNIST (each pixel drawn once), 50 "
        "epochs: importance-weighted bound on −log p of a test image, 200 draws; published plain "
        "ones, trained far longer on fresh drawings, reach 86 to 87",
        *("nats", "likelihood", "<=", 90.0, 0.5, 1),
    ),
    "vae-nll-time": Claim(
        "CPU time of that training",
        *("s", "likelihood", "<=", 900.0, 300.0, 0),
    ),
    "adversarial-frechet": Claim(
        "digits drawn from an adversarial autoencoder of whole MNIST (code of 8 numbers): Fréchet "
        "distance to the test images, over that of a variational one with 20 numbers",
        *("times", "samples", "<=", 0.667, 0.15, 2),
    ),
    "adversarial-plain": Claim(
        "the same, over that of a plain one with a Gaussian around its 8 numbers",
        *("times", "samples", "<=", 1.0, 0.2, 2),
    ),
    "transfer-fashion": Claim(
        "10 labels a class of Fashion-MNIST: test accuracy of a small network fine-tuned after a "
        "denoising autoencoder of images without labels, less that from scratch",
        *("of test images", "transfer", ">=", 0.0, 0.03, 3),
    ),
    "transfer-fashion-many": Claim(
        "the same with 250 labels a class",
        *("of test images", "transfer", "<=", 0.03, 0.01, 3),
    ),
    "transfer-cifar": Claim(
        "the same with 10 labels a class of CIFAR-10",
        *("of test images", "transfer", ">=", -0.02, 0.03, 3),
    ),
    "transfer-cifar-many": Claim(
        "the same with 250 labels a class of CIFAR-10",
        *("of test images", "transfer", "<=", 0.05, 0.02, 3),
    ),
    "import-time": Claim(
        "`import aeutils` beyond the import of torch",
        *("s", "import", "<=", 0.1, 0.02, 4),
    ),
    "import-modules-time": Claim(
        "`from aeutils import data, plots, training` beyond the import of torch",
        *("s", "import", "<=", 0.1, 0.05, 3),
    ),
    "kernel-ready": Claim(
        "a student's kernel: started, torch (the build for the processor, which students are told "
        "to install) and aeutils imported",
        *("s", "kernel", "<=", 1.6, 0.5, 2),
    ),
    "first-step": Claim(
        "the first step of a process with an optimiser of torch's own, torch and aeutils imported: "
        "CPU time",
        *("s", "first-step", "<=", 0.1, 0.05, 3),
    ),
    "lab-start": Claim(
        "JupyterLab's application imported in a fresh process: CPU time",
        *("s", "lab", "<=", 1.5, 0.5, 2),
    ),
    "checklist-time": Claim(
        "the progress panel of the largest notebook, its first call in a fresh kernel: CPU time",
        *("ms", "checklist", "<=", 50.0, 20.0, 0),
    ),
    "notebook-time": Claim(
        "slowest notebook, run from top to bottom on 2 cores",
        *("s", "notebooks", "<=", 50.0, 15.0, 0),
    ),
    "weeks-time": Claim(
        "the notebooks of the seven weeks, one after the other",
        *("s", "notebooks", "<=", 270.0, 60.0, 0),
    ),
}


def entry(
    name: str,
    values: list[float],
    over: str,
    *,
    seeds: list[int],
    threads: int,
    details: dict,
    recipes: Mapping[str, Recipe | str] | None = None,
) -> dict:
    """Return what is kept of one claim: the median of `values`, their range, and the conditions.

    `over` says what the values differ in, such as "seeds" or "repeats"; `recipes` how the rows of
    its table came about, where models are compared.
    """
    claim = CLAIMS[name]
    value = statistics.median(values)
    kept = {
        "claim": claim.text,
        "value": round(value, 5),
        "unit": claim.unit,
        "lowest": round(min(values), 5),
        "highest": round(max(values), 5),
        "number": len(values),
        "over": over,
        "seeds": seeds,
        "target": f"{claim.sense} {claim.target:g}",
        "met": claim.met(value),
        "tolerance": claim.tolerance,
        "command": f"python -m benchmarks.figures {claim.command}",
        "threads": threads,
        "torch": torch.__version__.split("+")[0],
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
        "details": details,
    }
    return kept if recipes is None else with_recipes(kept, recipes, WHILE_TRAINING)


def with_recipes(kept: dict, recipes: Mapping[str, Recipe | str], noted: str) -> dict:
    """Return an entry with how each row came about, and when that was noted."""
    rows = {row: how if isinstance(how, str) else asdict(how) for row, how in recipes.items()}
    return {**kept, "recipes": {"noted": noted, "rows": rows}}


def read(path: Path = RESULTS) -> dict[str, dict]:
    """Return the recorded entries by claim; none if nothing has been measured yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def record(new: dict[str, dict], path: Path = RESULTS) -> None:
    """Replace the entries in `new`, keep the others, in the order of `CLAIMS`."""
    merged = {**read(path), **new}
    ordered = {name: merged[name] for name in CLAIMS if name in merged}
    text = json.dumps(ordered, indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def verdict(name: str, result: dict) -> str:
    """Return one line that says what was measured and whether it is what was promised."""
    digits = CLAIMS[name].digits
    value, low, high = (f"{result[key]:.{digits}f}" for key in ("value", "lowest", "highest"))
    return (
        f"{name}: {value} {result['unit']} ({low} to {high}, {result['number']} {result['over']}), "
        f"wanted {result['target']}: {'met' if result['met'] else 'NOT MET'}"
    )


def table(results: dict[str, dict]) -> list[str]:
    """Return the Markdown table of README.md, one row for each measured claim."""
    lines = [
        "| figure | what | measured | range | wanted | rerun |",
        "| --- | --- | ---: | --- | ---: | --- |",
    ]
    for name, result in results.items():
        digits = CLAIMS[name].digits
        spread = (
            f"{result['lowest']:.{digits}f} to {result['highest']:.{digits}f}, "
            f"{result['number']} {result['over']}"
        )
        if result["number"] == 1:
            spread = f"one run, seed {result['seeds'][0]}" if result["seeds"] else "exact"
        # said in words, because 1.497 is printed as 1.50
        wanted = result["target"] + ("" if result["met"] else " **not met**")
        lines.append(
            f"| `{name}` | {result['claim']} | {result['value']:.{digits}f} {result['unit']} "
            f"| {spread} | {wanted} | `{result['command']}` |"
        )
    return lines


def differences(page: str, results: dict[str, dict]) -> list[str]:
    """Return where the figures quoted on a page are not those of `results`; empty if they agree.

    A quoted figure is a table row whose first cell is a claim's name in backquotes.
    """
    rows = [line.strip() for line in page.splitlines() if line.strip().startswith("| `")]
    quoted = {row.split("`")[1]: row for row in rows}
    wanted = dict(zip(results, table(results)[2:], strict=True))
    problems = [f"{name} is not quoted" for name in wanted.keys() - quoted.keys()]
    problems += [
        f"{name} is quoted as\n  {quoted[name]}\nbut the results say\n  {row}"
        for name, row in wanted.items()
        if name in quoted and quoted[name] != row
    ]
    problems += [
        f"{name} is quoted but was never measured"
        for name in (quoted.keys() & CLAIMS.keys()) - wanted.keys()
    ]
    return sorted(problems)
