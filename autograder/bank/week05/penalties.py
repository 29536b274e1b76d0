"""Answers to week 5's penalties on weights and activity, and to the robust loss."""

from autograder.bank import Exercise


def _weights(body: str) -> str:
    return f"def weight_penalty(model, power):\n    {body}\n"


WEIGHT_PENALTY = Exercise(
    gives=("weight_penalty",),
    right={
        "sum over parameters": _weights(
            "return sum((w.abs() ** power).sum() for w in model.parameters() if w.ndim >= 2)"
        ),
        "loop and two cases": """
def weight_penalty(model, power):
    total = torch.zeros(())
    for name, p in model.named_parameters():
        if p.dim() < 2:
            continue
        if power == 1:
            total = total + torch.sum(torch.abs(p))
        else:
            total = total + torch.sum(p * p)
    return total
""",
        "one long vector and its norm": """
def weight_penalty(model, power):
    flat = torch.cat([p.reshape(-1) for p in model.parameters() if len(p.shape) > 1])
    return torch.linalg.vector_norm(flat, ord=power) ** power
""",
    },
    wrong={
        "bias-regularised": _weights(
            "return sum((w.abs() ** power).sum() for w in model.parameters())"
        ),
        "by-name": _weights(
            "return sum((w.abs() ** power).sum() for n, w in model.named_parameters() "
            "if 'weight' in n)"
        ),
        "matrices-only": _weights(
            "return sum((w.abs() ** power).sum() for w in model.parameters() if w.ndim == 2)"
        ),
        "not-squared": _weights(
            "return sum(torch.linalg.vector_norm(w, power) for w in model.parameters() "
            "if w.ndim >= 2)"
        ),
        "mean": _weights(
            "return sum((w.abs() ** power).mean() for w in model.parameters() if w.ndim >= 2)"
        ),
        "no-absolute-value": _weights(
            "return sum((w ** power).sum() for w in model.parameters() if w.ndim >= 2)"
        ),
        "no-gradient": _weights(
            "return sum((w.data.abs() ** power).sum() for w in model.parameters() if w.ndim >= 2)"
        ),
        "first-layer-only": _weights("return (next(model.parameters()).abs() ** power).sum()"),
        "halved": _weights(
            "return sum((w.abs() ** power).sum() for w in model.parameters() if w.ndim >= 2)"
            " / power"
        ),
        "powers-swapped": _weights(
            "return sum((w.abs() ** (3 - power)).sum() for w in model.parameters() if w.ndim >= 2)"
        ),
    },
)


def _kl(body: str) -> str:
    return f"def kl_sparsity(h, target):\n    {body}\n"


_BOTH = "(target * (target / m).log() + (1 - target) * ((1 - target) / (1 - m)).log())"
_MEAN = "m = h.mean(0).clamp(1e-6, 1 - 1e-6); "


KL_SPARSITY = Exercise(
    gives=("kl_sparsity",),
    right={
        "formula": _kl(f"{_MEAN}return {_BOTH}.sum()"),
        "four logarithms": """
def kl_sparsity(h, target):
    total = 0.0
    for unit in h.T:
        m = torch.clamp(unit.mean(), min=1e-6, max=1 - 1e-6)
        total = total + target * (math.log(target) - torch.log(m))
        total = total + (1 - target) * (math.log(1 - target) - torch.log1p(-m))
    return total
""",
        "torch's own divergence": """
def kl_sparsity(h, target):
    mean = (h.sum(dim=0) / h.shape[0]).clamp(1e-6, 1 - 1e-6)
    wanted = torch.distributions.Bernoulli(torch.full_like(mean, target))
    return torch.distributions.kl_divergence(wanted, torch.distributions.Bernoulli(mean)).sum()
""",
    },
    wrong={
        "swapped": _kl(
            f"{_MEAN}return (m * (m / target).log() "
            "+ (1 - m) * ((1 - m) / (1 - target)).log()).sum()"
        ),
        "features-mean": _kl(f"m = h.mean(1).clamp(1e-6, 1 - 1e-6); return {_BOTH}.sum()"),
        "one-term": _kl(f"{_MEAN}return (target * (target / m).log()).sum()"),
        "not-clamped": _kl(f"m = h.mean(0); return {_BOTH}.sum()"),
        "mean-over-units": _kl(f"{_MEAN}return {_BOTH}.mean()"),
        "before-averaging": _kl(f"m = h.clamp(1e-6, 1 - 1e-6); return {_BOTH}.mean(0).sum()"),
        "one-mean": _kl(f"m = h.mean().clamp(1e-6, 1 - 1e-6); return {_BOTH}"),
        "sign": _kl(f"{_MEAN}return -{_BOTH}.sum()"),
        "sum-not-mean": _kl(f"m = h.sum(0); return {_BOTH}.sum()"),
        "sigmoid-again": _kl(f"m = h.sigmoid().mean(0); return {_BOTH}.sum()"),
        "cross-entropy": _kl(
            f"{_MEAN}return -(target * m.log() + (1 - target) * (1 - m).log()).sum()"
        ),
        "no-gradient": _kl(
            f"m = torch.tensor(h.detach().numpy().mean(0)).clamp(1e-6, 1 - 1e-6); "
            f"return {_BOTH}.sum()"
        ),
        "squared-distance": _kl("return ((h.mean(0) - target) ** 2).sum()"),
    },
)


def _loss(body: str) -> str:
    return f"def correntropy_loss(x_hat, x, sigma):\n    e = x_hat - x\n    {body}\n"


CORRENTROPY = Exercise(
    gives=("correntropy_loss",),
    right={
        "formula": _loss(
            "return (sigma**2 * (1 - torch.exp(-e**2 / (2 * sigma**2)))).flatten(1).sum(1).mean()"
        ),
        "expm1, float64": _loss(
            "return -sigma**2 * torch.expm1(-0.5 * (e.double() / sigma) ** 2).sum() / len(x)"
        ),
        "loop over images, numpy": """
def correntropy_loss(x_hat, x, sigma):
    losses = []
    for a, b in zip(x_hat.numpy(), x.numpy()):
        similarity = np.exp(-((a - b) ** 2) / (2 * sigma * sigma))
        losses.append(float(sigma * sigma * (1 - similarity).sum()))
    return sum(losses) / len(losses)
""",
    },
    wrong={
        "width-not-squared": _loss(
            "return (sigma**2 * (1 - torch.exp(-e**2 / (2 * sigma)))).flatten(1).sum(1).mean()"
        ),
        "no-two": _loss(
            "return (sigma**2 * (1 - torch.exp(-e**2 / sigma**2))).flatten(1).sum(1).mean()"
        ),
        "sign": _loss(
            "return (sigma**2 * (torch.exp(-e**2 / (2 * sigma**2)) - 1)).flatten(1).sum(1).mean()"
        ),
        "kernel-itself": _loss("return torch.exp(-e**2 / (2 * sigma**2)).flatten(1).sum(1).mean()"),
        "minus-kernel": _loss("return -torch.exp(-e**2 / (2 * sigma**2)).flatten(1).sum(1).mean()"),
        "not-scaled": _loss(
            "return (1 - torch.exp(-e**2 / (2 * sigma**2))).flatten(1).sum(1).mean()"
        ),
        "error-not-squared": _loss(
            "return (sigma**2 * (1 - torch.exp(-e.abs() / (2 * sigma**2)))).flatten(1).sum(1)"
            ".mean()"
        ),
        "exponent-sign": _loss(
            "return (sigma**2 * (1 - torch.exp(e**2 / (2 * sigma**2)))).flatten(1).sum(1).mean()"
        ),
        "one-kernel-per-image": _loss(
            "return (sigma**2 * (1 - torch.exp(-(e**2).flatten(1).sum(1) / (2 * sigma**2)))).mean()"
        ),
        "mean-over-pixels": _loss(
            "return (sigma**2 * (1 - torch.exp(-e**2 / (2 * sigma**2)))).mean()"
        ),
        "sum-over-images": _loss(
            "return (sigma**2 * (1 - torch.exp(-e**2 / (2 * sigma**2)))).sum()"
        ),
        "only-rows": _loss(
            "return (sigma**2 * (1 - torch.exp(-e**2 / (2 * sigma**2)))).sum(1).mean()"
        ),
    },
)
