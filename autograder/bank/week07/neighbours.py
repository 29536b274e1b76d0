"""Answers to week 7's distances, nearest neighbours and votes."""

from autograder.bank import Exercise


def _squared(give: str) -> str:
    return f"def squared_distances(a, b):\n    return {give}\n"


_A, _B = "(a ** 2).sum(1, keepdim=True)", "(b ** 2).sum(1)"

SQUARED_DISTANCES = Exercise(
    gives=("squared_distances",),
    right={
        "the three terms, clamped": _squared(f"({_A} + {_B} - 2 * a @ b.T).clamp_min(0)"),
        "cdist, squared": _squared("torch.cdist(a, b).square()"),
        "addmm after a shift, float64": """
def squared_distances(a, b):
    middle = b.double().mean(dim=0)
    a, b = a.double() - middle, b.double() - middle
    lengths = a.pow(2).sum(1)[:, None] + b.pow(2).sum(1)[None, :]
    return torch.addmm(lengths, a, b.T, alpha=-2).clamp(min=0).float()
""",
        "numpy": """
def squared_distances(a, b):
    x, y = a.double().numpy(), b.double().numpy()
    d = np.einsum("ik,ik->i", x, x)[:, None] + np.einsum("jk,jk->j", y, y) - 2 * x @ y.T
    return torch.from_numpy(np.maximum(d, 0))
""",
    },
    wrong={
        "root": _squared("torch.cdist(a, b)"),
        "plus": _squared(f"{_A} + {_B} + 2 * a @ b.T"),
        "no-two": _squared(f"({_A} + {_B} - a @ b.T)"),
        "no-query-length": _squared(f"{_B} - 2 * a @ b.T"),
        "manhattan": _squared("torch.cdist(a, b, p=1)"),
        "mean": _squared("((a[:, None] - b) ** 2).mean(-1)"),
        "dot-product": _squared("a @ b.T"),
        "cosine": _squared("1 - F.normalize(a) @ F.normalize(b).T"),
        "transposed": _squared("((b[:, None] - a) ** 2).sum(2)"),
        "not-summed": _squared("(a[:, None] - b) ** 2"),
        "one-for-each": _squared("((a - b[: len(a)]) ** 2).sum(1)"),
        "negative": _squared(f"{_A} + {_B} - 2 * a @ b.T"),
        "large-table": _squared("((a[:, None] - b) ** 2).sum(2)"),
        "loop": """
def squared_distances(a, b):
    return torch.stack([((row - b) ** 2).sum(1) for row in a])
""",
    },
)


def _nearest(
    body: str,
    start: str = "if same:\n        distance = distance.clone().fill_diagonal_(torch.inf)",
) -> str:
    return f"def nearest(distance, k, same):\n    {start}\n    return {body}\n"


NEAREST = Exercise(
    gives=("nearest",),
    right={
        "a stable argsort": _nearest("distance.argsort(dim=1, stable=True)[:, :k]"),
        "numpy": """
def nearest(distance, k, same):
    d = distance.numpy().astype(float)
    if same:
        d[np.arange(len(d)), np.arange(len(d))] = np.inf
    return torch.from_numpy(np.argsort(d, axis=1, kind="stable")[:, :k].copy())
""",
        "lists of columns": """
def nearest(distance, k, same):
    rows = []
    for i, row in enumerate(distance.tolist()):
        others = [j for j in range(len(row)) if not (same and j == i)]
        rows.append(sorted(others, key=lambda j: (row[j], j))[:k])
    return torch.tensor(rows)
""",
    },
    wrong={
        "farthest": _nearest("distance.argsort(dim=1, stable=True, descending=True)[:, :k]"),
        "self-counted": _nearest("distance.argsort(dim=1, stable=True)[:, :k]", "pass"),
        "first-dropped": _nearest(
            "distance.argsort(dim=1, stable=True)[:, int(same):k + int(same)]", "pass"
        ),
        "always-left-out": _nearest(
            "distance.argsort(dim=1, stable=True)[:, :k]",
            "distance = distance.clone().fill_diagonal_(torch.inf)",
        ),
        "changed-its-argument": _nearest(
            "distance.argsort(dim=1, stable=True)[:, :k]",
            "if same:\n        distance.fill_diagonal_(torch.inf)",
        ),
        "values": _nearest("distance.sort(dim=1, stable=True).values[:, :k]"),
        "unordered": _nearest("distance.argsort(dim=1, stable=True)[:, :k].sort(dim=1).values"),
        "farthest-of-them": _nearest("distance.argsort(dim=1, stable=True)[:, :k].flip(1)"),
        "later-first": _nearest(
            "(distance.shape[1] - 1 - distance.flip(1).argsort(dim=1, stable=True))[:, :k]"
        ),
        "ties-by-chance": _nearest("distance.topk(k, dim=1, largest=False).indices"),
        "one-too-few": _nearest("distance.argsort(dim=1, stable=True)[:, 1:k]"),
        "everybody": _nearest("distance.argsort(dim=1, stable=True)"),
        "transposed": _nearest("distance.argsort(dim=1, stable=True)[:, :k].T"),
    },
)


def _vote(give: str, start: str = "") -> str:
    return f"""
def vote(labels):
    n = (labels[:, :, None] == labels[:, None, :]).sum(2)
    {start}
    return {give}
"""


_PICK = "labels.gather(1, {}.unsqueeze(1)).squeeze(1)"

VOTE = Exercise(
    gives=("vote",),
    right={
        "the first of the largest": _vote(
            _PICK.format("(n == n.amax(1, keepdim=True)).int().argmax(1)")
        ),
        "a dictionary for each row": """
def vote(labels):
    winners = []
    for row in labels.tolist():
        counts = {}
        for label in row:
            counts[label] = counts.get(label, 0) + 1
        winners.append(max(counts, key=counts.get))
    return torch.tensor(winners)
""",
        "votes plus a little for being near": _vote(
            _PICK.format("(n - torch.arange(labels.shape[1]) / labels.shape[1]).argmax(1)")
        ),
    },
    wrong={
        "smallest-label": "def vote(labels):\n    return labels.mode(dim=1).values\n",
        "first-only": "def vote(labels):\n    return labels[:, 0]\n",
        "last-only": "def vote(labels):\n    return labels[:, -1]\n",
        "largest-label": "def vote(labels):\n    return -(-labels).mode(dim=1).values\n",
        "last-tied": """
def vote(labels):
    winners = []
    for row in labels.tolist():
        winners.append(max(dict.fromkeys(row), key=lambda c: (row.count(c), row.index(c))))
    return torch.tensor(winners)
""",
        "rarest": _vote(_PICK.format("(n == n.amin(1, keepdim=True)).int().argmax(1)")),
        "median": "def vote(labels):\n    return labels.median(dim=1).values\n",
        "mean": "def vote(labels):\n    return labels.double().mean(dim=1).round().long()\n",
        "count": _vote("n.amax(1)"),
        "place": _vote("(n == n.amax(1, keepdim=True)).int().argmax(1)"),
        "class-number": _vote(
            "torch.searchsorted(labels.unique(), "
            + _PICK.format("(n == n.amax(1, keepdim=True)).int().argmax(1)")
            + ")"
        ),
        "one-for-all": "def vote(labels):\n    return labels.flatten().mode().values\n",
        "raised-RuntimeError": """
def vote(labels):
    return F.one_hot(labels, 10).sum(1).argmax(1)
""",
    },
)
