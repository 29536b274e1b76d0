"""Elective D: answers to the probes, right and wrong ones."""

from __future__ import annotations

from collections.abc import Mapping

RIGHT = {
    "as the formulas say": """
        def standardise(train, other):
            mean, deviation = train.mean(dim=0), train.std(dim=0)
            constant = (train == train[0]).all(dim=0)
            scaled = (other - mean) / deviation.masked_fill(constant, 1)
            return scaled.masked_fill(constant, 0)

        def linear_probe(train, labels, test, ridge=1.0):
            z, z_test = standardise(train, train), standardise(train, test)
            y = F.one_hot(labels).to(z.dtype)
            damped = z.T @ z + ridge * torch.eye(z.shape[1], dtype=z.dtype)
            weights = torch.linalg.solve(damped, z.T @ y)
            scores = z_test @ weights + y.mean(dim=0)
            return scores.argmax(dim=1)

        def knn_probe(train, labels, test, k=5):
            z, z_test = standardise(train, train), standardise(train, test)
            apart = torch.cdist(z_test, z)
            nearest = apart.topk(k, largest=False).indices
            votes = F.one_hot(labels)[nearest].sum(dim=1)
            return votes.argmax(dim=1)
    """,
    "products of images; mode": """
        def standardise(train, other):
            deviation = train.std(dim=0, unbiased=False)
            z = (other - train.mean(dim=0)) / deviation.clamp_min(1e-12)
            return torch.where(train.amin(0) == train.amax(0), 0.0, z)

        def linear_probe(train, labels, test, ridge=1.0):
            a, b = standardise(train, train).double(), standardise(train, test).double()
            y = torch.eye(int(labels.max()) + 1, dtype=torch.float64)[labels]
            centred = y - y.mean(0)
            dual = torch.linalg.inv(a @ a.T + ridge * torch.eye(len(a)).double()) @ centred
            return torch.argmax(b @ a.T @ dual + y.mean(0), dim=1)

        def knn_probe(train, labels, test, k=5):
            a, b = standardise(train, train), standardise(train, test)
            apart = (b[:, None] - a).square().sum(dim=2)
            return labels[apart.argsort(dim=1)[:, :k]].mode(dim=1).values
    """,
    "numpy": """
        def standardise(train, other):
            x, y = train.numpy(), other.numpy()
            moves = np.ptp(x, axis=0) > 0
            z = np.zeros(y.shape)
            z[:, moves] = (y - x.mean(axis=0))[:, moves] / x.std(axis=0)[moves]
            return torch.from_numpy(z)

        def linear_probe(train, labels, test, ridge=1.0):
            z, t = (standardise(train, v).numpy() for v in (train, test))
            y = np.eye(labels.max().item() + 1)[labels.numpy()]
            more = np.vstack([z, np.sqrt(ridge) * np.eye(z.shape[1])])
            zeros = np.zeros((z.shape[1], y.shape[1]))
            w = np.linalg.lstsq(more, np.vstack([y, zeros]), rcond=None)[0]
            return (t @ w + y.mean(axis=0)).argmax(axis=1)

        def knn_probe(train, labels, test, k=5):
            z, t = (standardise(train, v).numpy() for v in (train, test))
            found = []
            for row in t:
                order = np.argsort(np.linalg.norm(z - row, axis=1))[:k]
                found.append(int(np.bincount(labels.numpy()[order]).argmax()))
            return torch.tensor(found)
    """,
    "column by column; a dictionary for each image": """
        def standardise(train, other):
            columns = []
            for own, column in zip(train.T, other.T):
                if own.min() == own.max():
                    columns.append(torch.zeros_like(column))
                else:
                    var, mean = torch.var_mean(own)
                    columns.append((column - mean) * var.rsqrt())
            return torch.stack(columns, dim=1)

        def linear_probe(train, labels, test, ridge=1.0):
            z, scores = standardise(train, train), []
            left = torch.linalg.cholesky(z.T @ z + ridge * torch.eye(len(z[0])).to(z))
            for c in labels.unique():
                y = (labels == c).to(z)
                w = torch.cholesky_solve((z.T @ y)[:, None], left)[:, 0]
                scores.append(standardise(train, test) @ w + y.mean())
            return torch.stack(scores).max(dim=0).indices

        def knn_probe(train, labels, test, k=5):
            known, classes = standardise(train, train), []
            for row in standardise(train, test):
                counts = {}
                for i in (known - row).norm(dim=1).topk(k, largest=False).indices.tolist():
                    label = int(labels[i])
                    counts[label] = counts.get(label, 0) + 1
                classes.append(max(counts, key=counts.get))
            return torch.tensor(classes)
    """,
    "eigenvectors; weighted tables of votes": """
        def standardise(train, other):
            apart = train - train.mean(dim=0, keepdim=True)
            deviation = (apart**2).mean(dim=0).sqrt()
            same = torch.all(train == train[:1], dim=0)
            return (~same) * (other - train.mean(dim=0)) / (deviation + same)

        def linear_probe(train, labels, test, ridge=1.0):
            z = standardise(train, train)
            values, vectors = torch.linalg.eigh(z.T @ z)
            y = (labels[:, None] == torch.arange(labels.max() + 1)).to(z.dtype)
            w = vectors @ ((vectors.T @ z.T @ y) / (values + ridge)[:, None])
            scores = torch.einsum("mk,kc->mc", standardise(train, test), w)
            return scores.add(y.mean(0)).argmax(1)

        def knn_probe(train, labels, test, k=5):
            a, b = standardise(train, test), standardise(train, train)
            squares = (a**2).sum(1, keepdim=True) - 2 * a @ b.T + (b**2).sum(1)
            limit = squares.kthvalue(k, dim=1, keepdim=True).values
            return ((squares <= limit).long() @ F.one_hot(labels)).max(dim=1).indices
    """,
}

WRONG: dict[str, str | Mapping[str, str]] = {
    "by-other": {"train.mean(dim=0), train.std(dim=0)": "other.mean(dim=0), other.std(dim=0)"},
    "by-both": {
        "mean, deviation = train.mean(dim=0), train.std(dim=0)": (
            "both = torch.cat([train, other]); mean, deviation = both.mean(0), both.std(0)"
        )
    },
    "not-centred": {"(other - mean)": "other"},
    "not-scaled": {" / deviation.masked_fill(constant, 1)": ""},
    "variances": {"train.std(dim=0)": "train.var(dim=0)"},
    "one-deviation": {"train.std(dim=0)": "train.std().expand(train.shape[1])"},
    "over-units": {
        "mean, deviation = train.mean(dim=0), train.std(dim=0)": (
            "return (other - other.mean(1, keepdim=True)) / other.std(1, keepdim=True)"
        )
    },
    "train-returned": {"(other - mean)": "(train - mean)"},
    "nan-for-constant": {
        "deviation.masked_fill(constant, 1)": "deviation",
        "scaled.masked_fill(constant, 0)": "scaled",
    },
    "huge-for-constant": {
        "deviation.masked_fill(constant, 1)": "(deviation + 1e-8)",
        "scaled.masked_fill(constant, 0)": "scaled",
    },
    "constant-shifted": {"scaled.masked_fill(constant, 0)": "scaled"},
    "epsilon": {
        "deviation.masked_fill(constant, 1)": "(deviation + 0.01).masked_fill(constant, 1)"
    },
    "ridge-ignored": {" + ridge * torch.eye(z.shape[1], dtype=z.dtype)": ""},
    "singular": {
        " + ridge * torch.eye(z.shape[1], dtype=z.dtype)": "",
        "torch.linalg.solve(damped, z.T @ y)": (
            "torch.cholesky_solve(z.T @ y, torch.linalg.cholesky(damped))"
        ),
    },
    "ridge-everywhere": {"ridge * torch.eye(z.shape[1], dtype=z.dtype)": "ridge"},
    "ridge-always-1": {"ridge * torch.eye": "torch.eye"},
    "ridge-times-n": {"ridge * torch.eye": "len(z) * ridge * torch.eye"},
    "shares-missing": {" + y.mean(dim=0)": ""},
    "intercept-penalised": {
        "y = F.one_hot(labels).to(z.dtype)": (
            "y = F.one_hot(labels).to(z.dtype); z = F.pad(z, (0, 1), value=1.0); "
            "z_test = F.pad(z_test, (0, 1), value=1.0)"
        ),
        " + y.mean(dim=0)": "",
    },
    "not-standardised": """
        def standardise(train, other):
            constant = (train == train[0]).all(dim=0)
            scaled = (other - train.mean(0)) / train.std(0).masked_fill(constant, 1)
            return scaled.masked_fill(constant, 0)

        def linear_probe(train, labels, test, ridge=1.0):
            y, eye = F.one_hot(labels).to(train.dtype), torch.eye(train.shape[1])
            weights = torch.linalg.solve(train.T @ train + ridge * eye, train.T @ y)
            return (test @ weights + y.mean(dim=0)).argmax(dim=1)

        def knn_probe(train, labels, test, k=5):
            nearest = torch.cdist(test, train).topk(k, largest=False).indices
            return F.one_hot(labels)[nearest].sum(dim=1).argmax(dim=1)
    """,
    "test-not-standardised": {"scores = z_test": "scores = test"},
    "by-test": {
        "scores = z_test": "scores = standardise(test, test)",
        "torch.cdist(z_test, z)": "torch.cdist(standardise(test, test), z)",
    },
    "least": {"scores.argmax": "scores.argmin"},
    "scores-returned": {"scores.argmax(dim=1)": "scores"},
    "class-of-each-unit": {"scores.argmax(dim=1)": "scores.argmax(dim=0)"},
    "labels-as-numbers": {
        "y = F.one_hot(labels).to(z.dtype)": "y = labels.to(z.dtype)",
        "scores.argmax(dim=1)": "scores.round().long().clamp(0, int(labels.max()))",
    },
    "train-classified": {"scores = z_test": "scores = z"},
    "solve-forgotten": {"torch.linalg.solve(damped, z.T @ y)": "z.T @ y"},
    "another-ridge": {"ridge=1.0": "ridge=100.0"},
    "farthest": {"largest=False": "largest=True"},
    "nearest-alone": {".topk(k,": ".topk(1,"},
    "five-always": {".topk(k,": ".topk(min(5, len(z)),"},
    "argument-ignored": {".topk(k,": ".topk(3,"},
    "first-dropped": {
        ".topk(k, largest=False).indices": ".argsort(dim=1)[:, 1 : k + 1]",
    },
    "cosine": {"torch.cdist(z_test, z)": "-F.normalize(z_test) @ F.normalize(z).T"},
    "city-block": {"torch.cdist(z_test, z)": "torch.cdist(z_test, z, p=1)"},
    "weighted": {
        "[nearest].sum(dim=1)": (
            "[nearest].mul(1 / apart.gather(1, nearest)[:, :, None]).sum(dim=1)"
        )
    },
    "mean": {
        "F.one_hot(labels)[nearest].sum(dim=1)": "labels[nearest].to(z.dtype).mean(dim=1)",
        "votes.argmax(dim=1)": "votes.round().long()",
    },
    "votes-returned": {"votes.argmax(dim=1)": "votes"},
    "places": {"votes.argmax(dim=1)": "nearest[:, 0]"},
    "another-k": {"k=5": "k=1"},
}
