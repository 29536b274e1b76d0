"""Word vectors of elective A against people, and analogies with and without their small print.

SimLex-999 is measured where its list lies (``AEUTILS_SIMLEX``, a file), and left out elsewhere.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from aeutils import data, models, training
from aeutils.embeddings import analogy, ppmi, spearman
from benchmarks import recipes
from benchmarks.documents import BY_HAND, SEEDS
from benchmarks.results import entry

NETWORKS = {"linear": (2000, 100), "hidden": (2000, 400, 100)}


def run() -> dict[str, dict]:
    """Compare word vectors with people, and answer analogies with and without the small print."""
    words = data.load_words()
    table = ppmi(words.pairs)
    rows = 10 * F.normalize(table)
    simlex = simlex_pairs(words)
    found: dict[str, list[dict[str, float]]] = {}
    for seed in SEEDS:
        training.seed_everything(seed)
        u, s, _ = torch.svd_lowrank(table, 110, niter=6)
        vectors = {"counts": words.pairs, "PPMI": table, "SVD-100": u[:, :100] * s[:100].sqrt()}
        for name, sizes in NETWORKS.items():
            model, _ = train(rows, sizes, seed)
            with torch.no_grad():
                z = model.encode(rows)
            vectors[f"autoencoder, {name}"] = z - z.mean(dim=0)
        for name, z in vectors.items():
            found.setdefault(name, []).append(judged(z, words, simlex))
            print(f"  seed {seed}, {name}: {found[name][-1]}", flush=True)
    details = {
        name: {key: round(statistics.median(row[key] for row in of), 4) for key in of[0]}
        for name, of in found.items()
    }
    rho = [row["wordsim"] for row in found["SVD-100"]]
    return {"word-rho": entry("word-rho", rho, "seeds", seeds=SEEDS, threads=1, details=details)}


def train(
    rows: Tensor,
    sizes: tuple[int, ...],
    seed: int,
    fit: Callable[..., training.History] = training.fit,
) -> tuple[models.Autoencoder, training.History]:
    """Return an autoencoder of rows of neighbours, and what its training did."""
    training.seed_everything(seed)
    model = models.Autoencoder(sizes=sizes)
    return model, fit(model, rows, epochs=20, batch_size=128, lr=2e-3, seed=seed, progress=False)


def judged(z: Tensor, words: data.Words, simlex: tuple[Tensor, Tensor] | None) -> dict[str, float]:
    """Return agreement with people and shares of right analogies."""
    unit = F.normalize(z)

    def rho(pairs: Tensor, scores: Tensor) -> float:
        return spearman((unit[pairs[:, 0]] * unit[pairs[:, 1]]).sum(dim=1), scores)

    a, b, c, d = words.analogies.T
    right = [float((analogy(z, a, b, c, exclude=x) == d).double().mean()) for x in (True, False)]
    row = {"wordsim": rho(words.judged, words.scores), "forbidden": right[0], "allowed": right[1]}
    return row if simlex is None else {**row, "simlex": rho(*simlex)}


def simlex_pairs(words: data.Words) -> tuple[Tensor, Tensor] | None:
    """Return the pairs of SimLex-999 whose words are in the table, and their scores."""
    path = os.environ.get("AEUTILS_SIMLEX")
    if not path:
        return None
    known = set(words.words)
    lines = [li.split() for li in Path(path).read_text("utf-8").splitlines() if li[:1] != "#"]
    kept = [(a, b, float(score)) for a, b, score, *_ in lines if {a, b} <= known]
    pairs = torch.tensor([[words.row(a), words.row(b)] for a, b, _ in kept])
    return pairs, torch.tensor([score for _, _, score in kept])


def planned(words: data.Words) -> dict[str, recipes.Rows]:
    """Return the rows of the entry."""
    rows: recipes.Rows = {"PPMI + SVD": "closed form, all rows"}
    for name, sizes in NETWORKS.items():
        of = [recipes.recipe_of(train(words.pairs, sizes, seed, recipes.plan)[1]) for seed in SEEDS]
        rows[f"autoencoder, {name}"] = recipes.over_seeds(of).with_rate_chosen(BY_HAND)
    return {"word-rho": rows}
