"""Few labels of documents: a supervised classifier against codes of all messages (elective A)."""

from __future__ import annotations

import statistics

import numpy as np
import torch
import torch.nn.functional as F

from aeutils import data, training
from aeutils.embeddings import tf_idf
from aeutils.neighbours import neighbour_graph, propagate
from benchmarks import recipes
from benchmarks.documents import BY_HAND, SEEDS, Setting, train
from benchmarks.results import entry

PLAIN = Setting(noise=0)  # numbers are wanted here, not bits


def run() -> dict[str, dict]:
    """Classify test messages with 1 to all labels a group, with and without unlabelled messages."""
    from sklearn.linear_model import LogisticRegression

    docs = data.load_documents()
    training.seed_everything(0)
    model, _ = train(docs.x_train, 32, PLAIN, seed=0)
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


def planned(docs: data.Documents) -> dict[str, recipes.Rows]:
    """Return the rows of the entry."""
    code = recipes.recipe_of(train(docs.x_train, 32, PLAIN, 0, recipes.plan)[1])
    rows: recipes.Rows = {
        "propagation on LSA": "closed form, all rows",
        "propagation on the autoencoder": code.with_rate_chosen(BY_HAND),
    }
    return {"few-labels": rows}
