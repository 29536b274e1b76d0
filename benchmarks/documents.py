"""Elective A on all messages: bits against TF-IDF, few labels, word vectors, Hamming search.

The counts that are part of the package are those of all of 20 Newsgroups, so nothing is fetched.
Every setting is chosen on 1,000 training messages that are held out, never on the test messages.
SimLex-999 is measured where its list lies (``AEUTILS_SIMLEX``, a file), and left out elsewhere.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from aeutils import data, models, training
from aeutils.embeddings import analogy, average_precision, ppmi, spearman, tf_idf
from aeutils.losses import multinomial_nll
from aeutils.neighbours import BitIndex, hamming, neighbour_graph, pack, propagate
from aeutils.training import Recipe
from benchmarks import recipes
from benchmarks.results import entry

SEEDS = [0, 1, 2]
HELD_OUT, QUERIES = 1000, 2000  # messages to choose on; test messages that are looked up
SHORTLIST = 500
STORE, REPEATS = 1_000_000, 15
WORD_NETWORKS = {"linear": (2000, 100), "hidden": (2000, 400, 100)}
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


@dataclass(frozen=True, eq=False)
class Collection:
    """Messages that are searched, those that are looked up, and TF-IDF rows of both."""

    store: Tensor
    groups: Tensor
    queries: Tensor
    wanted: Tensor

    def __post_init__(self) -> None:
        rows = [tf_idf(x, self.store) for x in (self.store, self.queries)]
        object.__setattr__(self, "rows", rows)

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
            did.setdefault(bits, []).append(recipe_of(history))
            codes = encoded(model, report)
            hashed, exact = by_bits(*codes), by_cosine(*report.rows)
            row = {
                "bits": report.measure(hashed),
                "numbers": report.measure(by_cosine(*(torch.sigmoid(z) - 0.5 for z in codes))),
                "shortlist": report.measure(shortlisted(hashed, exact)),
                "cpu": recipe_of(history).cpu_seconds,
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


def planned(docs: data.Documents, chosen: Mapping[str, str], words: data.Words) -> dict:
    """Return the rows of the entries that compare models, for the settings that were chosen."""
    did = {}
    for bits, name in chosen.items():
        best = next(setting for setting in GRID if str(setting) == name)
        did[int(bits)] = [
            recipe_of(train(docs.x_train, int(bits), best, seed, recipes.plan)[1]) for seed in SEEDS
        ]
    plain = train(docs.x_train, 32, Setting(0), 0, recipes.plan)[1]
    rows: recipes.Rows = {"PPMI + SVD": "closed form, all rows"}
    for name, sizes in WORD_NETWORKS.items():
        of = [recipe_of(train_words(words.pairs, sizes, seed, recipes.plan)[1]) for seed in SEEDS]
        rows[f"autoencoder, {name}"] = recipes.over_seeds(of).with_rate_chosen(BY_HAND)
    labels: recipes.Rows = {
        "propagation on LSA": "closed form, all rows",
        "propagation on the autoencoder": recipe_of(plain).with_rate_chosen(BY_HAND),
    }
    return {"hash-map": _rows(did), "word-rho": rows, "few-labels": labels}


def recipe_of(history: training.History) -> Recipe:
    """Return what a training did."""
    assert history.recipe is not None
    return history.recipe


def run_search() -> dict[str, dict]:
    """Time one query among a million codes of 128 bits, and of 128 numbers."""
    draw = torch.Generator().manual_seed(0)
    codes = torch.randint(256, (STORE, 16), dtype=torch.uint8, generator=draw)
    numbers = F.normalize(torch.randn(STORE, 128, generator=draw))
    index = BitIndex(codes)
    ways: dict[str, Callable[[int], object]] = {
        "bits": lambda i: index.search(codes[i : i + 1], 10),
        "numbers": lambda i: (numbers @ numbers[i]).topk(10),
    }
    times: dict[str, list[float]] = {}
    for (
        name,
        search,
    ) in ways.items():  # one after the other, as in use: each has the cache to itself
        times[name] = []
        for i in range(REPEATS + 1):
            start = time.perf_counter()
            search(i)
            times[name].append(1000 * (time.perf_counter() - start))
    bits, dense = times["bits"][1:], times["numbers"][1:]  # the first touches the memory
    ratio = [d / b for d, b in zip(dense, bits, strict=True)]
    details = {"numbers-ms": round(statistics.median(dense), 2)}
    return {
        "hamming-ms": entry("hamming-ms", bits, "repeats", seeds=[0], threads=1, details=details),
        "hamming-speed": entry("hamming-speed", ratio, "repeats", seeds=[0], threads=1, details={}),
    }


def run_words() -> dict[str, dict]:
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
        for name, sizes in WORD_NETWORKS.items():
            model, _ = train_words(rows, sizes, seed)
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


def train_words(
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


def run_labels() -> dict[str, dict]:
    """Classify test messages with 1 to all labels a group, with and without unlabelled messages."""
    from sklearn.linear_model import LogisticRegression

    docs = data.load_documents()
    training.seed_everything(0)
    model, _ = train(docs.x_train, 32, Setting(0, epochs=20), seed=0)
    x = torch.cat([docs.x_train, docs.x_test])
    rows = tf_idf(x, docs.x_train)
    with torch.no_grad():
        code = torch.sigmoid(model.encode(torch.log1p(x))) - 0.5
    _, _, axes = torch.svd_lowrank(rows[: len(docs.x_train)], 40, niter=6)
    graphs = {
        "autoencoder": neighbour_graph(F.normalize(code)),
        "LSA": neighbour_graph(F.normalize(rows @ axes[:, :32])),
    }
    n, y_test = len(docs.x_train), docs.y_test.numpy()
    curve: dict[str, dict[str, list[float]]] = {}
    for labels in (1, 5, 10, 20, 50, len(x)):
        for seed in SEEDS if labels < n else SEEDS[:1]:
            order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
            known = torch.cat([order[docs.y_train[order] == g][:labels] for g in range(20)])
            y = torch.full((len(x),), -1)
            y[known] = docs.y_train[known]
            line = LogisticRegression(C=10, max_iter=200)
            line.fit(rows[known].numpy(), docs.y_train[known].numpy())
            right = {"supervised": float(np.mean(line.predict(rows[n:].numpy()) == y_test))}
            for name, graph in graphs.items():
                flow = propagate(graph, y, 20)
                guess = (flow / flow.sum(dim=0)).argmax(dim=1)[n:]
                right[name] = float((guess == docs.y_test).double().mean())
            of = curve.setdefault("all" if labels > n else str(labels), {})
            for name, value in right.items():
                of.setdefault(name, []).append(value)
        print(f"  {labels} labels a group: {of}", flush=True)
    means = {k: {m: round(statistics.mean(v), 4) for m, v in of.items()} for k, of in curve.items()}
    gain = [a / b for a, b in zip(curve["1"]["autoencoder"], curve["1"]["supervised"], strict=True)]
    return {
        "few-labels": entry(
            "few-labels", gain, "draws", seeds=SEEDS, threads=1, details={"accuracy": means}
        )
    }
