"""Answers to week 2's losses."""

from autograder.bank import Exercise


def _bernoulli(body: str) -> str:
    return f"def bernoulli_nll(logits, x):\n    {body}\n"


BERNOULLI = Exercise(
    gives=("bernoulli_nll",),
    right={
        "softplus": _bernoulli(
            "return (F.softplus(logits) - x * logits).flatten(1).sum(dim=1).mean()"
        ),
        "torch's own, divided": _bernoulli(
            "return F.binary_cross_entropy_with_logits(logits, x, reduction='sum') / len(x)"
        ),
        "max trick, float64, loop": """
def bernoulli_nll(logits, x):
    total = 0.0
    for a, t in zip(logits.double(), x.double()):
        total = total + (a.clamp(min=0) - a * t + torch.log1p(torch.exp(-a.abs()))).sum()
    return total / len(x)
""",
        "two logsigmoids": _bernoulli(
            "return -(x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum() / len(x)"
        ),
    },
    wrong={
        "mean-over-pixels": _bernoulli("return F.binary_cross_entropy_with_logits(logits, x)"),
        "sum-over-images": _bernoulli("return (F.softplus(logits) - x * logits).sum()"),
        "overflow": _bernoulli(
            "p = torch.sigmoid(logits); "
            "return -(torch.xlogy(x, p) + torch.xlogy(1 - x, 1 - p)).flatten(1).sum(1).mean()"
        ),
        "epsilon": _bernoulli(
            "p = torch.sigmoid(logits); "
            "return -(x * (p + 1e-8).log() + (1 - x) * (1 - p + 1e-8).log())"
            ".flatten(1).sum(1).mean()"
        ),
        "sign": _bernoulli("return (x * logits - F.softplus(logits)).flatten(1).sum(1).mean()"),
        "ink-only": _bernoulli("return -(x * F.logsigmoid(logits)).flatten(1).sum(1).mean()"),
        "sigmoid-twice": _bernoulli(
            "return F.binary_cross_entropy_with_logits(logits.sigmoid(), x, reduction='sum')"
            " / len(x)"
        ),
        "only-rows": _bernoulli("return (F.softplus(logits) - x * logits).sum(1).mean()"),
        "one-per-image": _bernoulli("return (F.softplus(logits) - x * logits).flatten(1).sum(1)"),
        "squared-error": _bernoulli(
            "return ((logits.sigmoid() - x) ** 2).flatten(1).sum(1).mean()"
        ),
    },
)


def _poisson(body: str) -> str:
    return f"def poisson_nll(log_rate, x):\n    {body}\n"


POISSON = Exercise(
    gives=("poisson_nll",),
    right={
        "formula": _poisson("return (log_rate.exp() - x * log_rate).flatten(1).sum(1).mean()"),
        "torch's own, divided": _poisson(
            "return F.poisson_nll_loss(log_rate, x, log_input=True, reduction='sum') / len(x)"
        ),
        "numpy, float64": _poisson(
            "a, t = log_rate.double().numpy(), x.double().numpy(); "
            "return (np.exp(a) - t * a).sum() / a.shape[0]"
        ),
    },
    wrong={
        "rate-not-log": _poisson("return (log_rate - x * log_rate.log()).sum(1).mean()"),
        "with-constant": _poisson(
            "return (log_rate.exp() - x * log_rate + torch.lgamma(x + 1)).sum(1).mean()"
        ),
        "sign": _poisson("return (x * log_rate - log_rate.exp()).sum(1).mean()"),
        "mean-over-pixels": _poisson("return (log_rate.exp() - x * log_rate).mean()"),
        "swapped": _poisson("return (x.exp() - x * log_rate).sum(1).mean()"),
        "no-exponential": _poisson("return (log_rate - x * log_rate).sum(1).mean()"),
        "log-again": _poisson("return (log_rate.exp() - x * log_rate.log()).sum(1).mean()"),
        "squared-error": _poisson("return ((log_rate.exp() - x) ** 2).sum(1).mean()"),
        "sum-over-images": _poisson("return (log_rate.exp() - x * log_rate).sum()"),
    },
)


def _tanh(body: str) -> str:
    return f"def tanh_cross_entropy(a, x):\n    {body}\n"


TANH = Exercise(
    gives=("tanh_cross_entropy",),
    needs=BERNOULLI.right["softplus"],
    right={
        "twice the logit": _tanh("return bernoulli_nll(2 * a, x)"),
        "own softplus": _tanh(
            "return (x * F.softplus(-2 * a) + (1 - x) * F.softplus(2 * a)).sum(1).mean()"
        ),
        "torch's own": _tanh(
            "return F.binary_cross_entropy_with_logits(a + a, x, reduction='none').sum(1).mean()"
        ),
    },
    wrong={
        "half-logit": _tanh("return bernoulli_nll(a, x)"),
        "overflow": _tanh(
            "p = (1 + torch.tanh(a)) / 2; "
            "return -(torch.xlogy(x, p) + torch.xlogy(1 - x, 1 - p)).sum(1).mean()"
        ),
        "log-of-tanh": _tanh(
            "y = torch.tanh(a); return -(x * y.log() + (1 - x) * (1 - y).log()).sum(1).mean()"
        ),
        "tanh-as-logit": _tanh("return bernoulli_nll(torch.tanh(a), x)"),
        "four-times": _tanh("return bernoulli_nll(4 * a, x)"),
        "rescaled-pixels": _tanh("return bernoulli_nll(2 * a, 2 * x - 1)"),
        "squared-error": _tanh("return ((torch.tanh(a) - x) ** 2).sum(1).mean()"),
        "mean-over-pixels": _tanh("return F.binary_cross_entropy_with_logits(2 * a, x)"),
    },
)
