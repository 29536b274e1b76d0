"""Answers to week 7's label propagation."""

from autograder.bank import Exercise


def _propagate(
    known: str = "(torch.arange(classes) == labels[:, None]).float()",
    degree: str = "weights.sum(1)",
    smooth: str = "weights / d.outer(d).sqrt()",
    first: str = "y",
    step: str = "alpha * s @ f + (1 - alpha) * y",
    rounds: str = "steps",
    after: str = "pass",
    give: str = "f",
) -> str:
    return f"""
def propagate(weights, labels, classes, alpha, steps):
    y = {known}
    d = {degree}
    d = torch.where(d > 0, d, 1.0)
    s = {smooth}
    f = {first}
    for _ in range({rounds}):
        f = {step}
        {after}
    return {give}
"""


PROPAGATE = Exercise(
    gives=("propagate",),
    right={
        "the whole matrix S": _propagate(),
        "scaled before and after": """
def propagate(weights, labels, classes, alpha, steps):
    known = torch.zeros(len(labels), classes)
    rows = (labels >= 0).nonzero()[:, 0]
    known[rows, labels[rows]] = 1.0
    scale = weights.sum(dim=1, keepdim=True).clamp_min(1e-9) ** -0.5
    scores = known.clone()
    for _ in range(steps):
        scores = alpha * scale * (weights @ (scale * scores)) + (1 - alpha) * known
    return scores
""",
        "numpy, float64": """
def propagate(weights, labels, classes, alpha, steps):
    w, y = weights.numpy().astype(float), labels.numpy()
    d = w.sum(axis=0)
    root = np.where(d > 0, 1 / np.sqrt(np.maximum(d, 1e-300)), 0)
    s = root[:, None] * w * root[None, :]
    start = np.eye(classes + 1)[y][:, :classes]
    f = start.copy()
    for _ in range(steps):
        f = alpha * s.dot(f) + (1 - alpha) * start
    return torch.from_numpy(f)
""",
    },
    wrong={
        "unknown-is-last": _propagate(known="torch.eye(classes)[labels]"),
        "unknown-is-first": _propagate(known="torch.eye(classes)[labels.clamp_min(0)]"),
        "unknown-is-even": """
def propagate(weights, labels, classes, alpha, steps):
    y = torch.full((len(labels), classes), 1 / classes)
    y[labels >= 0] = torch.eye(classes)[labels[labels >= 0]]
    d = weights.sum(1).clamp_min(1e-12)
    f = y
    for _ in range(steps):
        f = alpha * (weights / d.outer(d).sqrt()) @ f + (1 - alpha) * y
    return f
""",
        "rows-only": _propagate(smooth="weights / d[:, None]"),
        "columns-only": _propagate(smooth="weights / d"),
        "not-normalised": _propagate(smooth="weights"),
        "degrees-not-rooted": _propagate(smooth="weights / d.outer(d)"),
        "edges-only": _propagate(smooth="(weights > 0).float() / d.outer(d).sqrt()"),
        "self-loops": _propagate(
            degree="(weights + torch.eye(len(weights))).sum(1)",
            smooth="(weights + torch.eye(len(weights))) / d.outer(d).sqrt()",
        ),
        "start-forgotten": _propagate(step="alpha * s @ f"),
        "no-alpha": _propagate(step="s @ f"),
        "alpha-swapped": _propagate(step="(1 - alpha) * s @ f + alpha * y"),
        "start-in-full": _propagate(step="alpha * s @ f + y"),
        "own-scores-kept": _propagate(step="alpha * s @ f + (1 - alpha) * f"),
        "always-from-start": _propagate(step="alpha * s @ y + (1 - alpha) * y"),
        "one-too-few": _propagate(rounds="1, steps"),
        "one-too-many": _propagate(rounds="steps + 1"),
        "clamped": _propagate(step="s @ f", after="f[labels >= 0] = y[labels >= 0]"),
        "clamped-too": _propagate(after="f[labels >= 0] = y[labels >= 0]"),
        "shares": _propagate(give="f / f.sum(1, keepdim=True).clamp_min(1e-12)"),
        "classes": _propagate(give="f.argmax(1)"),
        "nan-alone": """
def propagate(weights, labels, classes, alpha, steps):
    y = (torch.arange(classes) == labels[:, None]).float()
    d = weights.sum(1)
    s = weights / d.outer(d).sqrt()
    f = y
    for _ in range(steps):
        f = alpha * s @ f + (1 - alpha) * y
    return f
""",
    },
)
