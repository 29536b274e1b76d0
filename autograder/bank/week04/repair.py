"""Answers to week 4's measure and closed-form denoisers."""

from autograder.bank import Exercise

_MSE = "((x_hat - x) ** 2).flatten(1).mean(dim=1)"


def _psnr(body: str) -> str:
    return f"def psnr(x_hat, x, peak=1.0):\n    {body}\n"


PSNR = Exercise(
    gives=("psnr",),
    right={
        "one logarithm": _psnr(f"return (10 * torch.log10(peak ** 2 / {_MSE})).mean()"),
        "two logarithms, loop": """
def psnr(x_hat, x, peak=1.0):
    values = []
    for a, b in zip(x_hat, x):
        values.append(20 * math.log10(peak) - 10 * math.log10(float(F.mse_loss(a, b))))
    return sum(values) / len(values)
""",
        "amplitudes, numpy": """
def psnr(x_hat, x, peak=1.0):
    d = (x_hat - x).double().numpy().reshape(len(x), -1)
    return np.mean(20 * np.log10(peak / np.sqrt((d ** 2).mean(axis=1))))
""",
    },
    wrong={
        "psnr-of-mean": _psnr("return 10 * torch.log10(peak ** 2 / F.mse_loss(x_hat, x))"),
        "natural-log": _psnr(f"return (10 * torch.log(peak ** 2 / {_MSE})).mean()"),
        "twenty": _psnr(f"return (20 * torch.log10(peak ** 2 / {_MSE})).mean()"),
        "sse": _psnr(
            "return (10 * torch.log10(peak ** 2 / ((x_hat - x) ** 2).flatten(1).sum(1))).mean()"
        ),
        "sign": _psnr(f"return (10 * torch.log10({_MSE} / peak ** 2)).mean()"),
        "peak-not-squared": _psnr(f"return (10 * torch.log10(peak / {_MSE})).mean()"),
        "peak-ignored": _psnr(f"return -10 * {_MSE}.log10().mean()"),
        "largest-pixel": _psnr(f"return (10 * torch.log10(x.max() ** 2 / {_MSE})).mean()"),
        "half": _psnr(f"return (10 * torch.log10(peak / {_MSE}.sqrt())).mean()"),
        "one-per-image": _psnr(f"return 10 * torch.log10(peak ** 2 / {_MSE})"),
        "no-factor": _psnr(f"return torch.log10(peak ** 2 / {_MSE}).mean()"),
        "pixel-by-pixel": _psnr("return (10 * torch.log10(peak ** 2 / (x_hat - x) ** 2)).mean()"),
    },
)


def _linear(body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.strip().split("\n"))
    return f"def linear_least_squares(noisy, clean, ridge):\n{lines}\n"


_CENTRED = """
a, y = noisy.double(), clean.double()
ma, my = a.mean(0), y.mean(0)
a, y = a - ma, y - my
eye = torch.eye(a.shape[1], dtype=a.dtype)
"""

LINEAR_LEAST_SQUARES = Exercise(
    gives=("linear_least_squares",),
    right={
        "centred normal equations": _linear(
            _CENTRED
            + """
w = torch.linalg.solve(a.T @ a + ridge * eye, a.T @ y)
return w.float(), (my - ma @ w).float()
"""
        ),
        "column of ones without a penalty": _linear("""
n, d = noisy.shape
a = torch.cat([noisy, torch.ones(n, 1)], dim=1).double()
penalty = ridge * torch.eye(d + 1, dtype=torch.float64)
penalty[d, d] = 0
both = torch.linalg.inv(a.T @ a + penalty) @ a.T @ clean.double()
return both[:d].float(), both[d].float()
"""),
        "lstsq with rows for the ridge, float64": _linear("""
a = noisy.double() - noisy.double().mean(0)
y = clean.double() - clean.double().mean(0)
d = a.shape[1]
more = math.sqrt(ridge) * torch.eye(d, dtype=torch.float64)
top, bottom = torch.cat([a, more]), torch.cat([y, torch.zeros(d, d, dtype=torch.float64)])
w = torch.linalg.lstsq(top, bottom).solution
return w, clean.double().mean(0) - noisy.double().mean(0) @ w
"""),
        "singular values": _linear("""
m, c = noisy.mean(0), clean.mean(0)
u, s, vt = torch.linalg.svd(noisy - m, full_matrices=False)
keep = torch.where(s > 1e-5 * s[0], s / (s ** 2 + ridge), torch.zeros_like(s))
w = vt.T @ (keep[:, None] * (u.T @ (clean - c)))
return w, c - m @ w
"""),
    },
    wrong={
        "no-bias": _linear("""
d = noisy.shape[1]
w = torch.linalg.solve(noisy.T @ noisy + ridge * torch.eye(d), noisy.T @ clean)
return w, torch.zeros(d)
"""),
        "swapped": _linear(
            "noisy, clean = clean, noisy"
            + _CENTRED
            + """
w = torch.linalg.solve(a.T @ a + ridge * eye, a.T @ y)
return w, my - ma @ w
"""
        ),
        "transposed": _linear(
            _CENTRED
            + """
w = torch.linalg.solve(a.T @ a + ridge * eye, a.T @ y)
return w.T, my - ma @ w
"""
        ),
        "ridge-on-bias": _linear("""
n, d = noisy.shape
a = torch.cat([noisy, torch.ones(n, 1)], dim=1)
both = torch.linalg.solve(a.T @ a + ridge * torch.eye(d + 1), a.T @ clean)
return both[:d], both[d]
"""),
        "ridge-ignored": _linear(
            _CENTRED
            + """
w = torch.linalg.pinv(a) @ y
return w, my - ma @ w
"""
        ),
        "ridge-per-image": _linear(
            _CENTRED
            + """
w = torch.linalg.solve(a.T @ a / len(a) + ridge * eye, a.T @ y / len(a))
return w, my - ma @ w
"""
        ),
        "ridge-squared": _linear(
            _CENTRED
            + """
w = torch.linalg.solve(a.T @ a + ridge ** 2 * eye, a.T @ y)
return w, my - ma @ w
"""
        ),
        "mean-only": _linear(
            _CENTRED
            + """
w = torch.linalg.solve(a.T @ a + ridge * eye, a.T @ y)
return w, my
"""
        ),
        "bias-transposed": _linear(
            _CENTRED
            + """
w = torch.linalg.solve(a.T @ a + ridge * eye, a.T @ y)
return w, my - w @ ma
"""
        ),
    },
)


def _ideal(body: str) -> str:
    return f"def ideal_denoiser(noisy, points, sigma):\n    {body}\n"


_S = "torch.cdist(noisy, points) ** 2"

IDEAL_DENOISER = Exercise(
    gives=("ideal_denoiser",),
    right={
        "softmax": _ideal(f"return torch.softmax(-{_S} / (2 * sigma ** 2), dim=1) @ points"),
        "shifted exponentials, loop": """
def ideal_denoiser(noisy, points, sigma):
    rows = []
    for row in noisy.double():
        e = -((row - points.double()) ** 2).sum(1) / (2 * sigma ** 2)
        w = torch.exp(e - e.max())
        rows.append((w[:, None] * points).sum(0) / w.sum())
    return torch.stack(rows)
""",
        "broadcasting and logsumexp": """
def ideal_denoiser(noisy, points, sigma):
    e = -(noisy[:, None] - points[None]).pow(2).sum(-1) / 2 / sigma / sigma
    w = (e - e.logsumexp(1, keepdim=True)).exp()
    return torch.einsum("mn,nd->md", w, points)
""",
    },
    wrong={
        "no-half": _ideal(f"return torch.softmax(-{_S} / sigma ** 2, dim=1) @ points"),
        "sigma-not-squared": _ideal(f"return torch.softmax(-{_S} / (2 * sigma), dim=1) @ points"),
        "half-inside": _ideal(f"return torch.softmax(-{_S} / 2 * sigma ** 2, dim=1) @ points"),
        "not-squared": _ideal(
            "return torch.softmax(-torch.cdist(noisy, points) / (2 * sigma ** 2), dim=1) @ points"
        ),
        "sign": _ideal(f"return torch.softmax({_S} / (2 * sigma ** 2), dim=1) @ points"),
        "overflow": _ideal(
            f"w = torch.exp(-{_S} / (2 * sigma ** 2)); return w @ points / w.sum(1, keepdim=True)"
        ),
        "wrong-dimension": _ideal(
            f"return torch.softmax(-{_S} / (2 * sigma ** 2), dim=0) @ points"
        ),
        "nearest-only": _ideal("return points[torch.cdist(noisy, points).argmin(1)]"),
        "residual": _ideal(
            f"return torch.softmax(-{_S} / (2 * sigma ** 2), dim=1) @ points - noisy"
        ),
        "not-normalised": _ideal(f"return torch.exp(-{_S} / (2 * sigma ** 2)) @ points"),
    },
)
