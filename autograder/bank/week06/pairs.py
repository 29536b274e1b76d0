"""Answers to week 6's distances, class-similarity table and class ratio."""

from autograder.bank import Exercise

_COS = "(a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1)).clamp_min(1e-12)"


def _distances(
    first: str = "d.norm(dim=1)",
    second: str = "d.abs().sum(dim=1)",
    third: str = f"1 - {_COS}",
) -> str:
    return f"def distances(a, b):\n    d = a - b\n    return {first}, {second}, {third}\n"


DISTANCES = Exercise(
    gives=("distances",),
    right={
        "norms and sums": _distances(),
        "functional": """
def distances(a, b):
    e = torch.sqrt(((a - b) ** 2).sum(-1))
    m = torch.linalg.vector_norm(a - b, ord=1, dim=-1)
    return [e, m, 1 - F.cosine_similarity(a, b, dim=-1)]
""",
        "numpy, row by row": """
def distances(a, b):
    rows = []
    for p, q in zip(a.double().numpy(), b.double().numpy()):
        lengths = np.linalg.norm(p) * np.linalg.norm(q)
        cosine = p @ q / lengths if lengths > 0 else 0.0
        rows.append([np.linalg.norm(p - q), np.abs(p - q).sum(), 1 - cosine])
    return tuple(torch.tensor(np.array(rows)).T)
""",
    },
    wrong={
        "squared": _distances(first="(d ** 2).sum(dim=1)"),
        "mean-not-sum": _distances(second="d.abs().mean(dim=1)"),
        "no-absolute": _distances(second="d.sum(dim=1)"),
        "largest": _distances(second="d.abs().amax(dim=1)"),
        "swapped": _distances(first="d.abs().sum(dim=1)", second="d.norm(dim=1)"),
        "sum-over-rows": _distances(first="d.norm(dim=0)", second="d.abs().sum(dim=0)"),
        "all-pairs": _distances(first="torch.cdist(a, b)", second="torch.cdist(a, b, p=1)"),
        "one-number": _distances(first="d.norm()", second="d.abs().sum()"),
        "similarity": _distances(third=_COS),
        "dot-product": _distances(third="1 - (a * b).sum(1)"),
        "one-length": _distances(third="1 - (a * b).sum(1) / a.norm(dim=1).clamp_min(1e-12)"),
        "angle": _distances(third=f"torch.arccos(({_COS}).clamp(-1, 1))"),
        "correlation": """
def distances(a, b):
    d = a - b
    a, b = a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True)
    return d.norm(dim=1), d.abs().sum(1), 1 - F.cosine_similarity(a, b)
""",
        "nan-for-zero": _distances(third="1 - (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))"),
        "zero-is-alike": _distances(
            third="(1 - (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))).nan_to_num(0.0)"
        ),
    },
)


def _similarity(
    units: str = "z.double() / z.double().norm(dim=1, keepdim=True)",
    kinds: str = "labels.unique()",
    same: str = "(s @ s - n) / (n * (n - 1))",
    diff: str = "s @ (total - s) / (n * (len(u) - n))",
    give: str = "torch.stack(same), torch.stack(diff)",
) -> str:
    return f"""
def class_similarity(z, labels):
    u = {units}
    total, same, diff = u.sum(dim=0), [], []
    for c in {kinds}:
        members = u[labels == c]
        n, s = len(members), members.sum(dim=0)
        same.append({same})
        diff.append({diff})
    return {give}
"""


_MATRIX = """
def class_similarity(z, labels):
    u = F.normalize(z.double())
    cosine = u @ u.T
    alike = labels[:, None] == labels
    other = ~torch.eye(len(z), dtype=torch.bool)
    same, diff = [], []
    for c in labels.unique():
        own = (labels == c)[:, None]
        same.append(cosine[own & alike & other].mean())
        diff.append(cosine[own & ~alike].mean())
    return torch.stack(same), torch.stack(diff)
"""

CLASS_SIMILARITY = Exercise(
    gives=("class_similarity",),
    right={
        "class by class": _similarity(),
        "one-hot, no loop": """
def class_similarity(z, labels):
    _, own, n = labels.unique(return_inverse=True, return_counts=True)
    u = F.normalize(z.double(), dim=1)
    sums = F.one_hot(own).double().T @ u
    same = ((sums ** 2).sum(1) - n) / (n * (n - 1))
    diff = (sums * (sums.sum(0) - sums)).sum(1) / (n * (len(z) - n))
    return same, diff
""",
        "float32, index_add, lists": """
def class_similarity(z, labels):
    classes = sorted(set(labels.tolist()))
    u = z / torch.linalg.norm(z, dim=1)[:, None]
    sums = {c: u[labels == c].sum(0) for c in classes}
    count = {c: int((labels == c).sum()) for c in classes}
    same, diff = [], []
    for c in classes:
        rest = sum(sums[k] for k in classes if k != c)
        n = count[c]
        same.append(float(((sums[c] ** 2).sum() - n) / (n * n - n)))
        diff.append(float(sums[c].dot(rest) / n / (len(z) - n)))
    return same, diff
""",
        "numpy, the mean vectors": """
def class_similarity(z, labels):
    u = z.double().numpy()
    u = u / np.sqrt((u ** 2).sum(1, keepdims=True))
    y = labels.numpy()
    same, diff = [], []
    for c in np.unique(y):
        m, o = u[y == c].mean(0), u[y != c].mean(0)
        n = (y == c).sum()
        same.append((n * (m @ m) - 1) / (n - 1))
        diff.append(m @ o)
    return np.array(same), np.array(diff)
""",
    },
    wrong={
        "self-pairs": _similarity(same="s @ s / n ** 2"),
        "self-pairs-in-sum": _similarity(same="s @ s / (n * (n - 1))"),
        "self-pairs-in-number": _similarity(same="(s @ s - n) / n ** 2"),
        "half-the-pairs": _similarity(same="(s @ s - n) / (n * (n - 1) / 2)"),
        "not-normalised": _similarity(units="z.double()"),
        "columns-normalised": _similarity(units="z.double() / z.double().norm(dim=0)"),
        "renormalised": _similarity(
            give="(1 + torch.stack(same)) / 2, (1 + torch.stack(diff)) / 2"
        ),
        "sum-not-mean": _similarity(same="s @ s - n", diff="s @ (total - s)"),
        "swapped": _similarity(give="torch.stack(diff), torch.stack(same)"),
        "own-class-in-diff": _similarity(diff="s @ total / (n * len(u))"),
        "own-class-in-number": _similarity(diff="s @ (total - s) / (n * len(u))"),
        "mean-over-classes": _similarity(
            diff="torch.stack([(s / n) @ u[labels == k].mean(0)"
            " for k in labels.unique() if k != c]).mean()"
        ),
        "labels-from-zero": _similarity(kinds="range(int(labels.max()) + 1)"),
        "matrix": _MATRIX,
        "changed-its-argument": """
def class_similarity(z, labels):
    z /= z.norm(dim=1, keepdim=True)
    same, diff = [], []
    for c in labels.unique():
        s, n = z[labels == c].sum(0), int((labels == c).sum())
        same.append((s @ s - n) / (n * (n - 1)))
        diff.append(s @ (z.sum(0) - s) / (n * (len(z) - n)))
    return torch.stack(same), torch.stack(diff)
""",
    },
)


def _ratio(
    centred: str = "z - z.mean(dim=0)",
    start: str = "",
    both: str = "(1 + same) / 2, (1 + diff) / 2",
    give: str = "float((same / diff).mean())",
    when: str = "centre",
    shrink: str = "renormalise",
) -> str:
    return f"""
def class_ratio(z, labels, centre, renormalise):
    {start}
    codes = {centred} if {when} else z
    same, diff = class_similarity(codes, labels)
    if {shrink}:
        same, diff = {both}
    return {give}
"""


CLASS_RATIO = Exercise(
    gives=("class_ratio",),
    needs=_similarity(),
    right={
        "as the docstring says": _ratio(),
        "class_similarity of one's own, by the matrix": """
def class_ratio(z, labels, centre, renormalise):
    codes = z.double()
    if centre:
        codes = codes - codes.mean(0, keepdim=True)
    u = F.normalize(codes)
    s = u @ u.T
    if renormalise:
        s = (1 + s) / 2
    ratios = []
    for c in labels.unique():
        own = labels == c
        block, n = s[own][:, own], int(own.sum())
        same = (block.sum() - block.trace()) / (n * (n - 1))
        ratios.append(same / s[own][:, ~own].mean())
    return torch.stack(ratios).mean()
""",
        "affine, a loop in plain Python": """
def class_ratio(z, labels, centre, renormalise):
    shift = z.mean(axis=0) if centre else torch.zeros(z.shape[1])
    a, b = (0.5, 0.5) if renormalise else (0.0, 1.0)
    pairs = zip(*class_similarity(z - shift, labels))
    values = [(a + b * s) / (a + b * d) for s, d in pairs]
    return sum(values) / len(values)
""",
    },
    wrong={
        "ratio-of-means": _ratio(give="float(same.mean() / diff.mean())"),
        "inverted": _ratio(give="float((diff / same).mean())"),
        "one-per-class": _ratio(give="same / diff"),
        "sum": _ratio(give="float((same / diff).sum())"),
        "difference": _ratio(give="float((same - diff).mean())"),
        "weighted-by-size": _ratio(
            give="float((same / diff)[labels.unique(return_inverse=True)[1]].mean())"
        ),
        "class-mean": _ratio(
            centred="torch.stack([z[i] - z[labels == labels[i]].mean(0) for i in range(len(z))])"
        ),
        "row-mean": _ratio(centred="z - z.mean(dim=1, keepdim=True)"),
        "mean-of-everything": _ratio(centred="z - z.mean()"),
        "standardised": _ratio(centred="(z - z.mean(0)) / z.std(0)"),
        "normalised-then-centred": _ratio(start="z = z / z.norm(dim=1, keepdim=True)"),
        "ratio-renormalised": """
def class_ratio(z, labels, centre, renormalise):
    codes = z - z.mean(dim=0) if centre else z
    same, diff = class_similarity(codes, labels)
    ratio = same / diff
    return float(((1 + ratio) / 2 if renormalise else ratio).mean())
""",
        "half-renormalised": _ratio(both="(1 + same) / 2, diff"),
        "centre-ignored": _ratio(when="False"),
        "always-centred": _ratio(when="True"),
        "renormalise-ignored": _ratio(shrink="False"),
        "always-renormalised": _ratio(shrink="True"),
        "changed-its-argument": """
def class_ratio(z, labels, centre, renormalise):
    if centre:
        z -= z.mean(dim=0)
    same, diff = class_similarity(z, labels)
    if renormalise:
        same, diff = (1 + same) / 2, (1 + diff) / 2
    return float((same / diff).mean())
""",
    },
)
