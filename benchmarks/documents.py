"""Elective A on all messages: codes of bits against TF-IDF, LSA and random planes.

The counts that are part of the package are those of all of 20 Newsgroups, so nothing is fetched.
Every setting is chosen on 1,000 training messages that are held out, never on the test messages.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from aeutils import data, models, training
from aeutils.embeddings import average_precision, tf_idf
from aeutils.losses import multinomial_nll
from aeutils.neighbours import hamming, pack
from aeutils.training import Recipe
from benchmarks import recipes
from benchmarks.results import entry

SEEDS = [0, 1, 2]
HELD_OUT, QUERIES = 1000, 2000  # messages to choose on; test messages that are looked up
SHORTLIST = 500
BY_HAND = "by hand, one for all"


@dataclass(frozen=True)
class Setting:
    """What the held-out messages choose."""

    noise: float
    hidden: int = 500
    epochs: int = 20

    def __str__(self) -> str:
        return f"noise {self.noise:g} hidden {self.hidden} epochs {self.epochs}"


GRID = [Setting(1), Setting(2), Setting(4)]


@dataclass(eq=False)
class Collection:
    """Messages that are searched, those that are looked up, and TF-IDF rows of both."""

    store: Tensor
    groups: Tensor
    queries: Tensor
    wanted: Tensor

    @functools.cached_property
    def rows(self) -> list[Tensor]:
        """TF-IDF rows of what is searched and of what is looked up."""
        return [tf_idf(x, self.store) for x in (self.store, self.queries)]

    def measure(self, scores: Callable[[slice], Tensor]) -> dict[str, float]:
        """Return precision at 10 and 100 and mAP of rankings by scores (Q, N), in blocks."""
        p10, p100, average = [], [], []
        for start in range(0, len(self.queries), 250):
            block = slice(start, start + 250)
            order = torch.sort(scores(block), dim=1, descending=True, stable=True).indices
            relevant = self.groups[order] == self.wanted[block, None]
            p10.append(relevant[:, :10].double().mean(dim=1))
            p100.append(relevant[:, :100].double().mean(dim=1))
            average.append(average_precision(relevant))
        parts = {"p10": p10, "p100": p100, "map": average}
        return {name: float(torch.cat(part).mean()) for name, part in parts.items()}


def by_cosine(store: Tensor, queries: Tensor) -> Callable[[slice], Tensor]:
    """Return the function that scores a block of queries by cosine."""
    a, b = F.normalize(store), F.normalize(queries)
    return lambda block: b[block] @ a.T


def by_bits(store: Tensor, queries: Tensor) -> Callable[[slice], Tensor]:
    """Return the function that scores a block of queries by Hamming distance of the signs."""
    a, b = pack(store > 0), pack(queries > 0)
    return lambda block: -hamming(b[block], a).float()


def shortlisted(
    first: Callable[[slice], Tensor], then: Callable[[slice], Tensor]
) -> Callable[[slice], Tensor]:
    """Return scores whose first SHORTLIST are put in order by others."""

    def scores(block: slice) -> Tensor:
        rough, fine = first(block), then(block)
        top = torch.sort(rough, dim=1, descending=True, stable=True).indices[:, :SHORTLIST]
        return rough.scatter(1, top, 1 + fine.gather(1, top))

    return scores


def train(
    counts: Tensor,
    bits: int,
    setting: Setting,
    seed: int,
    fit: Callable[..., training.History] = training.fit,
) -> tuple[models.SemanticHash, training.History]:
    """Return a network trained on messages, and what its training did."""
    x = torch.log1p(counts)
    df = (counts > 0).sum(dim=0)
    weight = torch.log(len(x) / df.clamp_min(1)) * (df > 0)
    training.seed_everything(seed)
    model = models.SemanticHash(
        (x.shape[1], setting.hidden, bits), weight, setting.noise, hidden_share=0.4
    )
    history = fit(
        model, x, loss=multinomial_nll, epochs=setting.epochs, batch_size=128, lr=2e-3, seed=seed,
        progress=False,
    )  # fmt: skip
    return model, history


def encoded(model: models.SemanticHash, where: Collection) -> tuple[Tensor, Tensor]:
    """Return the logits of stored and looked-up messages."""
    with torch.no_grad():
        return model.encode(torch.log1p(where.store)), model.encode(torch.log1p(where.queries))


def collections(docs: data.Documents) -> tuple[Collection, Collection]:
    """Return what settings are chosen on, and what is reported."""
    order = torch.randperm(len(docs.x_train), generator=torch.Generator().manual_seed(1993))
    held, rest = order[:HELD_OUT], order[HELD_OUT:]
    asked = torch.randperm(len(docs.x_test), generator=torch.Generator().manual_seed(0))[:QUERIES]
    choose = Collection(
        docs.x_train[rest], docs.y_train[rest], docs.x_train[held], docs.y_train[held]
    )
    return choose, Collection(docs.x_train, docs.y_train, docs.x_test[asked], docs.y_test[asked])


def controls(where: Collection) -> dict[str, dict[str, float]]:
    """Return the same measures of what is not trained."""
    store, queries = where.rows
    found = {"TF-IDF": where.measure(by_cosine(store, queries))}
    training.seed_everything(0)
    _, _, axes = torch.svd_lowrank(store, 140, niter=6)
    for k in (32, 128):
        lsa = [rows @ axes[:, :k] for rows in where.rows]
        planes = torch.randn(store.shape[1], k)
        found[f"LSA-{k}"] = where.measure(by_cosine(*lsa))
        found[f"signs of LSA-{k}"] = where.measure(by_bits(*lsa))
        found[f"random planes {k}"] = where.measure(by_bits(store @ planes, queries @ planes))
    return found


def run() -> dict[str, dict]:
    """Measure semantic hashes of 32 and 128 bits with three seeds, their settings chosen before."""
    choose, report = collections(data.load_documents())
    details: dict = {"controls": controls(report), "held out": {}, "chosen": {}}
    for name, row in details["controls"].items():
        print(f"  {name:<20}" + "".join(f"{key} {value:.3f}  " for key, value in row.items()))
    plain = details["controls"]["TF-IDF"]
    every: dict[int, list[dict]] = {}
    did: dict[int, list[Recipe]] = {}
    for bits, key in ((32, "map"), (128, "p100")):
        tried = {}
        for setting in GRID:
            model, _ = train(choose.store, bits, setting, seed=0)
            tried[setting] = choose.measure(by_bits(*encoded(model, choose)))[key]
            print(f"  {bits} bits, {setting}: {key} {tried[setting]:.3f} held out", flush=True)
        best = max(tried, key=tried.__getitem__)
        details["held out"][str(bits)] = {str(s): round(v, 4) for s, v in tried.items()}
        details["chosen"][str(bits)] = str(best)
        every[bits] = []
        for seed in SEEDS:
            model, history = train(report.store, bits, best, seed)
            did.setdefault(bits, []).append(recipes.recipe_of(history))
            codes = encoded(model, report)
            hashed, exact = by_bits(*codes), by_cosine(*report.rows)
            row = {
                "bits": report.measure(hashed),
                "numbers": report.measure(by_cosine(*(torch.sigmoid(z) - 0.5 for z in codes))),
                "shortlist": report.measure(shortlisted(hashed, exact)),
                "cpu": recipes.recipe_of(history).cpu_seconds,
            }
            every[bits].append(row)
            print(f"  {bits} bits, seed {seed}: {row}", flush=True)
    details["seeds"] = {str(bits): rows for bits, rows in every.items()}
    details["first"] = {str(bits): rows[0] for bits, rows in every.items()}
    details["queries"] = len(report.queries)
    ratios = {
        "hash-map": [row["bits"]["map"] / plain["map"] for row in every[32]],
        "hash-p100": [row["bits"]["p100"] / plain["p100"] for row in every[128]],
        "shortlist-p10": [row["shortlist"]["p10"] / plain["p10"] for row in every[128]],
    }
    about = {name: details if name == "hash-map" else {} for name in ratios}
    return {
        name: entry(
            name, values, "seeds", seeds=SEEDS, threads=1, details=about[name],
            recipes=_rows(did) if name == "hash-map" else None,
        )
        for name, values in ratios.items()
    }  # fmt: skip


def _rows(did: Mapping[int, Sequence[Recipe]]) -> recipes.Rows:
    """Return how the rows of the table of codes came about, with all seeds of a row."""
    rows: recipes.Rows = {"TF-IDF": "counted", "LSA": "closed form, all rows"}
    for bits, of in did.items():
        rows[f"semantic hash, {bits} bits"] = recipes.over_seeds(of).with_rate_chosen(BY_HAND)
    return rows


def planned(docs: data.Documents, chosen: Mapping[str, str]) -> dict[str, recipes.Rows]:
    """Return the rows of the entry, for the settings that were chosen."""
    did = {}
    for bits, name in chosen.items():
        best = next(setting for setting in GRID if str(setting) == name)
        did[int(bits)] = [
            recipes.recipe_of(train(docs.x_train, int(bits), best, seed, recipes.plan)[1])
            for seed in SEEDS
        ]
    return {"hash-map": _rows(did)}
