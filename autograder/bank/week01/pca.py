"""Answers to week 1's PCA exercises."""

from autograder.bank import Exercise

CENTER = Exercise(
    gives=("center",),
    right={
        "vectorised": """
def center(x):
    mean = x.mean(dim=0)
    return x - mean, mean
""",
        "loop over pixels": """
def center(x):
    mean = torch.empty(x.shape[1])
    out = x.clone()
    for j in range(x.shape[1]):
        mean[j] = sum(float(v) for v in x[:, j]) / len(x)
        out[:, j] -= mean[j]
    return out, mean
""",
        "numpy, float64": """
def center(x):
    array = x.numpy().astype(np.float64)
    return array - array.mean(axis=0), array.mean(axis=0)
""",
    },
    wrong={
        "global-mean": "def center(x):\n    return x - x.mean(), x.mean()",
        "mean-per-image": """
def center(x):
    mean = x.mean(dim=1)
    return x - mean[:, None], mean
""",
        "kept-dim": """
def center(x):
    mean = x.mean(dim=0, keepdim=True)
    return x - mean, mean
""",
        "standardised": """
def center(x):
    mean = x.mean(dim=0)
    return (x - mean) / x.std(dim=0), mean
""",
        "changed-its-argument": """
def center(x):
    mean = x.mean(dim=0)
    x -= mean
    return x, mean
""",
        "swapped": """
def center(x):
    mean = x.mean(dim=0)
    return mean, x - mean
""",
        "median": """
def center(x):
    mean = x.median(dim=0).values
    return x - mean, mean
""",
        "returned-none": """
def center(x):
    mean = x.mean(dim=0)
    centered = x - mean
""",
        "wrong-number-of-values": "def center(x):\n    return x - x.mean(dim=0)",
    },
)


PRINCIPAL_AXES = Exercise(
    gives=("principal_axes",),
    right={
        "svd": """
def principal_axes(centered, k):
    _, s, vt = torch.linalg.svd(centered, full_matrices=False)
    return vt[:k], s[:k] ** 2 / (len(centered) - 1)
""",
        "eigenvectors of the covariance": """
def principal_axes(centered, k):
    values, vectors = torch.linalg.eigh(torch.cov(centered.T))
    return vectors.flip(1)[:, :k].T, values.flip(0)[:k]
""",
        "numpy, float64": """
def principal_axes(centered, k):
    u, s, vt = np.linalg.svd(centered.double().numpy())
    return vt[:k], (s[:k] ** 2) / (centered.shape[0] - 1)
""",
        "signs turned, variances measured": """
def principal_axes(centered, k):
    axes = -torch.linalg.svd(centered, full_matrices=False).Vh[:k]
    return axes, (centered @ axes.T).var(dim=0)
""",
    },
    wrong={
        "columns": """
def principal_axes(centered, k):
    _, s, vt = torch.linalg.svd(centered, full_matrices=False)
    return vt[:, :k].T, s[:k] ** 2 / (len(centered) - 1)
""",
        "transposed": """
def principal_axes(centered, k):
    _, s, vt = torch.linalg.svd(centered, full_matrices=False)
    return vt[:k].T, s[:k] ** 2 / (len(centered) - 1)
""",
        "left-vectors": """
def principal_axes(centered, k):
    u, s, _ = torch.linalg.svd(centered, full_matrices=False)
    return u[:, :k], s[:k] ** 2 / (len(centered) - 1)
""",
        "smallest": """
def principal_axes(centered, k):
    values, vectors = torch.linalg.eigh(torch.cov(centered.T))
    return vectors[:, :k].T, values[:k]
""",
        "ascending": """
def principal_axes(centered, k):
    values, vectors = torch.linalg.eigh(torch.cov(centered.T))
    return vectors[:, -k:].T, values[-k:]
""",
        "singular-values": """
def principal_axes(centered, k):
    _, s, vt = torch.linalg.svd(centered, full_matrices=False)
    return vt[:k], s[:k]
""",
        "not-divided": """
def principal_axes(centered, k):
    _, s, vt = torch.linalg.svd(centered, full_matrices=False)
    return vt[:k], s[:k] ** 2
""",
        "divided-by-n": """
def principal_axes(centered, k):
    _, s, vt = torch.linalg.svd(centered, full_matrices=False)
    return vt[:k], s[:k] ** 2 / len(centered)
""",
        "shares": """
def principal_axes(centered, k):
    _, s, vt = torch.linalg.svd(centered, full_matrices=False)
    return vt[:k], (s ** 2 / (s ** 2).sum())[:k]
""",
        "scaled-axes": """
def principal_axes(centered, k):
    _, s, vt = torch.linalg.svd(centered, full_matrices=False)
    return s[:k, None] * vt[:k], s[:k] ** 2 / (len(centered) - 1)
""",
        "all-axes": """
def principal_axes(centered, k):
    _, s, vt = torch.linalg.svd(centered, full_matrices=False)
    return vt, s ** 2 / (len(centered) - 1)
""",
    },
)


COMPONENTS_NEEDED = Exercise(
    gives=("components_needed",),
    right={
        "cumsum": """
def components_needed(variances, share):
    held = torch.cumsum(variances.double(), 0) / variances.double().sum()
    return min(int((held < share).sum()) + 1, len(variances))
""",
        "loop with early return": """
def components_needed(variances, share):
    total, held = sum(variances.tolist()), 0.0
    for k, v in enumerate(variances.tolist(), start=1):
        held += v
        if held >= share * total:
            return k
    return len(variances)
""",
        "searchsorted, tensor result": """
def components_needed(variances, share):
    v = variances.double()
    index = torch.searchsorted(v.cumsum(0), share * v.sum())
    return torch.clamp(index + 1, max=len(v))
""",
    },
    wrong={
        "one-too-few": """
def components_needed(variances, share):
    held = torch.cumsum(variances.double(), 0) / variances.double().sum()
    return int((held < share).sum())
""",
        "share-of-axes": """
def components_needed(variances, share):
    return round(share * len(variances))
""",
        "not-cumulative": """
def components_needed(variances, share):
    return int((variances / variances.sum() >= share).sum())
""",
        "not-normalised": """
def components_needed(variances, share):
    held = torch.cumsum(variances.double(), 0)
    return min(int((held < share).sum()) + 1, len(variances))
""",
        "more-than": """
def components_needed(variances, share):
    held = torch.cumsum(variances.double(), 0) / variances.double().sum()
    return min(int((held <= share).sum()) + 1, len(variances))
""",
        "more-than-all": """
def components_needed(variances, share):
    held = torch.cumsum(variances, 0) / (variances.sum() * 1.0001)
    return int((held < share).sum()) + 1
""",
        "one-too-many": """
def components_needed(variances, share):
    held = torch.cumsum(variances.double(), 0) / variances.double().sum()
    return min(int((held < share).sum()) + 2, len(variances))
""",
    },
)


PROJECT = Exercise(
    gives=("project", "reconstruct"),
    right={
        "matrix products": """
def project(x, mean, axes):
    return (x - mean) @ axes.T

def reconstruct(z, mean, axes):
    return mean + z @ axes
""",
        "loops": """
def project(x, mean, axes):
    return torch.stack([
        torch.stack([torch.dot(row - mean, axis) for axis in axes]) for row in x
    ])

def reconstruct(z, mean, axes):
    out = []
    for code in z:
        image = mean.clone()
        for value, axis in zip(code, axes):
            image = image + value * axis
        out.append(image)
    return torch.stack(out)
""",
        "einsum and numpy": """
def project(x, mean, axes):
    return torch.einsum("nd,kd->nk", x - mean, axes)

def reconstruct(z, mean, axes):
    return z.numpy().astype("float64") @ axes.numpy() + mean.numpy()
""",
    },
    wrong={
        "not-centred": """
def project(x, mean, axes):
    return x @ axes.T

def reconstruct(z, mean, axes):
    return z @ axes + mean
""",
        "own-mean": """
def project(x, mean, axes):
    return (x - x.mean(dim=0)) @ axes.T

def reconstruct(z, mean, axes):
    return z @ axes + mean
""",
        "mean-not-added": """
def project(x, mean, axes):
    return (x - mean) @ axes.T

def reconstruct(z, mean, axes):
    return z @ axes
""",
        "mean-taken-off": """
def project(x, mean, axes):
    return (x - mean) @ axes.T

def reconstruct(z, mean, axes):
    return z @ axes - mean
""",
        "transposed-code": """
def project(x, mean, axes):
    return axes @ (x - mean).T

def reconstruct(z, mean, axes):
    return (axes.T @ z + mean[:, None]).T
""",
        "clamped": """
def project(x, mean, axes):
    return (x - mean) @ axes.T

def reconstruct(z, mean, axes):
    return (z @ axes + mean).clamp(0, 1)
""",
        "decoded": """
def project(x, mean, axes):
    return (x - mean) @ axes.T @ axes + mean

def reconstruct(z, mean, axes):
    return z
""",
        "mean-added": """
def project(x, mean, axes):
    return (x + mean) @ axes.T

def reconstruct(z, mean, axes):
    return z @ axes + mean
""",
        "raised-RuntimeError": """
def project(x, mean, axes):
    return (x - mean) @ axes

def reconstruct(z, mean, axes):
    return z @ axes.T + mean
""",
    },
)


PRINCIPAL_ANGLES = Exercise(
    gives=("principal_angles",),
    right={
        "qr and svd": """
def principal_angles(a, b):
    qa, _ = torch.linalg.qr(a.T)
    qb, _ = torch.linalg.qr(b.T)
    return torch.arccos(torch.linalg.svdvals(qa.T @ qb).clamp(-1, 1))
""",
        "svd bases, float64": """
def principal_angles(a, b):
    qa = torch.linalg.svd(a.double(), full_matrices=False).Vh
    qb = torch.linalg.svd(b.double(), full_matrices=False).Vh
    c = torch.linalg.svdvals(qa @ qb.T)
    return torch.acos(torch.minimum(c, torch.ones_like(c))).sort().values
""",
        "numpy": """
def principal_angles(a, b):
    qa = np.linalg.qr(a.numpy().T)[0]
    qb = np.linalg.qr(b.numpy().T)[0]
    c = np.linalg.svd(qa.T @ qb, compute_uv=False)
    return np.arccos(np.clip(c, 0, 1))
""",
    },
    wrong={
        "cosines": """
def principal_angles(a, b):
    qa, qb = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
    return torch.linalg.svdvals(qa.T @ qb)
""",
        "degrees": """
def principal_angles(a, b):
    qa, qb = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
    return torch.linalg.svdvals(qa.T @ qb).clamp(-1, 1).arccos().rad2deg()
""",
        "descending": """
def principal_angles(a, b):
    qa, qb = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
    return torch.linalg.svdvals(qa.T @ qb).clamp(-1, 1).arccos().flip(0)
""",
        "not-orthonormalised": """
def principal_angles(a, b):
    return torch.linalg.svdvals(a @ b.T).clamp(-1, 1).arccos()
""",
        "largest-only": """
def principal_angles(a, b):
    qa, qb = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
    return torch.linalg.svdvals(qa.T @ qb).clamp(-1, 1).arccos().max()
""",
        "row-by-row": """
def principal_angles(a, b):
    return torch.cosine_similarity(a, b).clamp(-1, 1).arccos()
""",
        "nan-from-rounding": """
def principal_angles(a, b):
    qa, qb = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
    return torch.linalg.svdvals(qa.T @ qb).mul(1.0000002).arccos()
""",
        "sines": """
def principal_angles(a, b):
    qa, qb = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
    c = torch.linalg.svdvals(qa.T @ qb).clamp(-1, 1)
    return (1 - c ** 2).sqrt()
""",
    },
)
