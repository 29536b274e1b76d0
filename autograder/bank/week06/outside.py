"""Answers to week 6's prototypes and silhouettes."""

from autograder.bank import Exercise


def _prototypes(
    start: str = "",
    mean: str = "z_train.mean(dim=0)",
    train: str = "F.normalize(z_train - mean)",
    test: str = "F.normalize(z_test - mean)",
    prototypes: str = "torch.stack([train[y_train == c].mean(dim=0) for c in classes])",
    score: str = "test @ F.normalize(prototypes).T",
    guess: str = "classes[score.argmax(dim=1)]",
    give: str = "float((guess == y_test).double().mean())",
) -> str:
    return f"""
def prototype_accuracy(z_train, y_train, z_test, y_test):
    {start}
    mean = {mean}
    train, test = {train}, {test}
    classes = y_train.unique()
    prototypes = {prototypes}
    score = {score}
    guess = {guess}
    return {give}
"""


PROTOTYPE_ACCURACY = Exercise(
    gives=("prototype_accuracy",),
    right={
        "step by step": _prototypes(),
        "nearest on the sphere, float64": """
def prototype_accuracy(z_train, y_train, z_test, y_test):
    m = z_train.double().mean(0)
    a, b = z_train.double() - m, z_test.double() - m
    a, b = a / a.norm(dim=1, keepdim=True), b / b.norm(dim=1, keepdim=True)
    kinds = sorted(set(y_train.tolist()))
    p = torch.stack([a[y_train == c].sum(0) for c in kinds])
    p = p / p.norm(dim=1, keepdim=True)
    best = torch.cdist(b, p).argmin(1).tolist()
    return sum(kinds[i] == y for i, y in zip(best, y_test.tolist())) / len(y_test)
""",
        "numpy, a dictionary": """
def prototype_accuracy(z_train, y_train, z_test, y_test):
    a, y = z_train.numpy().astype(float), y_train.numpy()
    mean = a.mean(axis=0)
    def unit(v):
        return v / np.linalg.norm(v, axis=-1, keepdims=True)
    a = unit(a - mean)
    prototypes = {int(c): unit(a[y == c].mean(axis=0)) for c in np.unique(y)}
    right = 0
    for v, label in zip(unit(z_test.numpy().astype(float) - mean), y_test.tolist()):
        right += max(prototypes, key=lambda c: v @ prototypes[c]) == label
    return right / len(y_test)
""",
    },
    wrong={
        "argmin": _prototypes(guess="classes[score.argmin(dim=1)]"),
        "place-for-label": _prototypes(guess="score.argmax(dim=1)"),
        "test-mean": _prototypes(test="F.normalize(z_test - z_test.mean(dim=0))"),
        "all-mean": _prototypes(mean="torch.cat([z_train, z_test]).mean(dim=0)"),
        "test-not-centred": _prototypes(test="F.normalize(z_test)"),
        "not-centred": _prototypes(mean="0"),
        "normalised-then-centred": _prototypes(
            start="z_train, z_test = F.normalize(z_train), F.normalize(z_test)",
            train="z_train - mean",
            test="z_test - mean",
        ),
        "train-accuracy": _prototypes(start="z_test, y_test = z_train, y_train"),
        "test-prototypes": _prototypes(
            prototypes="torch.stack([test[y_test == c].mean(dim=0).nan_to_num() for c in classes])"
        ),
        "dot-product": _prototypes(score="test @ prototypes.T"),
        "sums": _prototypes(
            prototypes="torch.stack([train[y_train == c].sum(dim=0) for c in classes])",
            score="test @ prototypes.T",
        ),
        "not-normalised": _prototypes(train="z_train - mean"),
        "euclidean": _prototypes(
            train="z_train - mean", test="z_test - mean", score="-torch.cdist(test, prototypes)"
        ),
        "nearest-code": _prototypes(guess="y_train[(test @ train.T).argmax(dim=1)]"),
        "error": _prototypes(give="float((guess != y_test).double().mean())"),
        "percent": _prototypes(give="100 * float((guess == y_test).double().mean())"),
        "count": _prototypes(give="int((guess == y_test).sum())"),
    },
)


def _silhouette(
    table: str = "torch.cdist(z.double(), z.double())",
    members: str = "n[own] - 1",
    b: str = "means.amin(1)",
    hide: str = "torch.inf",
    s: str = "(b - a) / torch.maximum(a, b)",
    alone: str = "torch.where(n[own] > 1, s, 0.0)",
    give: str = "float(s.mean())",
) -> str:
    return f"""
def silhouette(z, labels):
    d = {table}
    classes, own = labels.unique(return_inverse=True)
    member = F.one_hot(own, len(classes)).double()
    sums, n = d @ member, member.sum(0)
    rows = torch.arange(len(z))
    a = sums[rows, own] / ({members}).clamp_min(1)
    means = sums / n
    means[rows, own] = {hide}
    b = {b}
    s = {s}
    s = {alone}
    return {give}
"""


SILHOUETTE = Exercise(
    gives=("silhouette",),
    right={
        "a table of class means": _silhouette(),
        "code by code": """
def silhouette(z, labels):
    z, y = z.double(), labels.tolist()
    values = []
    for i in range(len(z)):
        d = torch.sqrt(((z - z[i]) ** 2).sum(1)).tolist()
        own = [d[j] for j in range(len(y)) if y[j] == y[i] and j != i]
        if not own:
            values.append(0.0)
            continue
        a = sum(own) / len(own)
        b = min(
            sum(d[j] for j in range(len(y)) if y[j] == c) / y.count(c)
            for c in set(y) if c != y[i]
        )
        values.append((b - a) / max(a, b))
    return sum(values) / len(values)
""",
        "numpy, masks": """
def silhouette(z, labels):
    x, y = z.numpy().astype(float), labels.numpy()
    d = np.linalg.norm(x[:, None] - x[None], axis=2)
    s = np.zeros(len(x))
    for i in range(len(x)):
        own = (y == y[i]) & (np.arange(len(x)) != i)
        if own.any():
            a = d[i, own].mean()
            b = min(d[i, y == c].mean() for c in np.unique(y[y != y[i]]))
            s[i] = 1 - a / b if a < b else b / a - 1
    return s.mean()
""",
    },
    wrong={
        "self-counted": _silhouette(members="n[own]"),
        "squared": _silhouette(table="torch.cdist(z.double(), z.double()) ** 2"),
        "manhattan": _silhouette(table="torch.cdist(z.double(), z.double(), p=1)"),
        "cosine": _silhouette(table="1 - F.normalize(z.double()) @ F.normalize(z.double()).T"),
        "sign": _silhouette(s="(a - b) / torch.maximum(a, b)"),
        "not-divided": _silhouette(s="b - a"),
        "divided-by-a": _silhouette(s="(b - a) / a"),
        "divided-by-b": _silhouette(s="(b - a) / b"),
        "divided-by-min": _silhouette(s="(b - a) / torch.minimum(a, b)"),
        "divided-by-sum": _silhouette(s="(b - a) / (a + b)"),
        "b-everybody": _silhouette(b="(d.sum(1) - sums[rows, own]) / (len(z) - n[own])"),
        "b-mean-of-classes": _silhouette(hide="0", b="means.sum(1) / (len(classes) - 1)"),
        "b-farthest": _silhouette(hide="-torch.inf", b="means.amax(1)"),
        "b-nearest-code": _silhouette(
            b="d.masked_fill(labels[:, None] == labels, torch.inf).amin(1)"
        ),
        "mean-over-classes": _silhouette(
            give="float(torch.stack([s[labels == c].mean() for c in classes]).mean())"
        ),
        "one-per-code": _silhouette(give="s"),
        "nan-for-one": """
def silhouette(z, labels):
    d = torch.cdist(z.double(), z.double())
    s = []
    for i in range(len(z)):
        own = labels == labels[i]
        a = d[i, own].sum() / (own.sum() - 1)
        b = min(d[i, labels == c].mean() for c in labels.unique() if c != labels[i])
        s.append((b - a) / max(a, b))
    return float(torch.stack(s).mean())
""",
        "alone-is-one": _silhouette(alone="torch.where(n[own] > 1, s, 1.0)"),
        "alone-left-out": _silhouette(alone="s[n[own] > 1]"),
    },
)
