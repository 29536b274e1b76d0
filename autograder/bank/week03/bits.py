"""Answers to week 3's compression."""

from autograder.bank import Exercise


def _factor(body: str) -> str:
    return f"""
def compression_factor(image_shape, code_size, pixel_bits=8, code_bits=32):
    {body}
"""


COMPRESSION_FACTOR = Exercise(
    gives=("compression_factor",),
    right={
        "one line": _factor("return math.prod(image_shape) * pixel_bits / (code_size * code_bits)"),
        "a loop": _factor(
            "bits = pixel_bits\n    for n in image_shape:\n        bits *= n\n"
            "    return bits / (code_size * code_bits)"
        ),
        "torch": _factor(
            "return torch.tensor(image_shape).prod().item() / code_size * (pixel_bits / code_bits)"
        ),
    },
    wrong={
        "inverted": _factor("return code_size * code_bits / (math.prod(image_shape) * pixel_bits)"),
        "bits-ignored": _factor("return math.prod(image_shape) / code_size"),
        "bits-swapped": _factor(
            "return math.prod(image_shape) * code_bits / (code_size * pixel_bits)"
        ),
        "one-side": _factor("return image_shape[-1] * pixel_bits / (code_size * code_bits)"),
        "channels-ignored": _factor(
            "h, w = image_shape[-2:]\n    return h * w * pixel_bits / (code_size * code_bits)"
        ),
        "saving": _factor(
            "return 1 - code_size * code_bits / (math.prod(image_shape) * pixel_bits)"
        ),
        "rounded": _factor("return math.prod(image_shape) * pixel_bits // (code_size * code_bits)"),
        "difference": _factor("return math.prod(image_shape) * pixel_bits - code_size * code_bits"),
        "percent": _factor(
            "return 100 * math.prod(image_shape) * pixel_bits / (code_size * code_bits)"
        ),
    },
)


def _quantise(down: str = "(z / step).round().long()", up: str = "symbols * step") -> str:
    return f"""
def quantise(z, step):
    return {down}

def dequantise(symbols, step):
    return {up}
"""


QUANTISE = Exercise(
    gives=("quantise", "dequantise"),
    right={
        "round, then the type": _quantise(),
        "floor of a half more": _quantise("torch.floor(z / step + 0.5).to(torch.int64)"),
        "numpy": _quantise(
            "torch.as_tensor(np.rint(z.numpy() / np.asarray(step)).astype(np.int64))",
            "symbols.double() * torch.as_tensor(step).double()",
        ),
    },
    wrong={
        "floor": _quantise("(z / step).floor().long()"),
        "truncated": _quantise("(z / step).long()"),
        "ceiling": _quantise("(z / step).ceil().long()"),
        "multiplied": _quantise("(z * step).round().long()", "symbols / step"),
        "not-rounded": _quantise("z / step"),
        "not-counted": _quantise("(z / step).round() * step", "symbols"),
        "step-ignored": _quantise("z.round().long()", "symbols.float()"),
        "not-integers": _quantise("(z / step).round()"),
        "divided": _quantise(up="symbols / step"),
        "not-scaled": _quantise(up="symbols.float()"),
        "half-step": _quantise("(z / step).floor().long()", "(symbols + 0.5) * step"),
        "clipped": _quantise("(z / step).round().clamp(min=0).long()"),
    },
)


def _entropy(body: str) -> str:
    return f"def entropy(counts):\n    {body}\n"


ENTROPY = Exercise(
    gives=("entropy",),
    right={
        "without the zeros": _entropy(
            "p = counts[counts > 0] / counts.sum(); return float(-(p * p.log2()).sum())"
        ),
        "xlogy": _entropy(
            "p = counts.double() / counts.sum(); "
            "return -torch.xlogy(p, p).sum().item() / math.log(2)"
        ),
        "plain Python": """
def entropy(counts):
    total, bits = int(counts.sum()), 0.0
    for n in counts.tolist():
        if n > 0:
            bits += n / total * math.log2(total / n)
    return bits
""",
    },
    wrong={
        "nats": _entropy(
            "p = counts[counts > 0] / counts.sum(); return float(-(p * p.log()).sum())"
        ),
        "log-of-zero": _entropy("p = counts / counts.sum(); return float(-(p * p.log2()).sum())"),
        "base-ten": _entropy(
            "p = counts[counts > 0] / counts.sum(); return float(-(p * p.log10()).sum())"
        ),
        "sign": _entropy(
            "p = counts[counts > 0] / counts.sum(); return float((p * p.log2()).sum())"
        ),
        "not-normalised": _entropy(
            "p = counts[counts > 0].float(); return float(-(p * p.log2()).sum())"
        ),
        "mean-over-kinds": _entropy(
            "p = counts[counts > 0] / counts.sum(); return float(-(p * p.log2()).mean())"
        ),
        "not-weighted": _entropy(
            "p = counts[counts > 0] / counts.sum(); return float(-p.log2().mean())"
        ),
        "smoothed": _entropy(
            "c = counts + (counts == 0).any(); p = c / c.sum(); return float(-(p * p.log2()).sum())"
        ),
        "uniform": _entropy("return math.log2(len(counts))"),
        "total-bits": _entropy(
            "p = counts[counts > 0] / counts.sum(); "
            "return float(-(counts[counts > 0] * p.log2()).sum())"
        ),
    },
)

_CLIP = "other.clamp(a, b)"


def _bits(
    probabilities: str = "counts = torch.bincount(column - a) + 1.0",
    places: str = _CLIP,
    log: str = "log2",
    gather: str = "mean()",
    end: str = "return total / n_pixels",
    zipped: str = "zip(train_symbols.T, symbols.T)",
) -> str:
    return f"""
def bits_per_pixel(train_symbols, symbols, n_pixels):
    total = 0.0
    for column, other in {zipped}:
        a, b = int(column.min()), int(column.max())
        {probabilities}
        p = counts / counts.sum()
        total -= float(p.{log}()[{places} - a].{gather})
    {end}
"""


BITS_PER_PIXEL = Exercise(
    gives=("bits_per_pixel",),
    right={
        "bincount": _bits(),
        "a Counter and plain Python": """
def bits_per_pixel(train_symbols, symbols, n_pixels):
    from collections import Counter
    bits = 0.0
    for d in range(train_symbols.shape[1]):
        column = train_symbols[:, d].tolist()
        low, high, seen = min(column), max(column), Counter(column)
        total = len(column) + high - low + 1
        for s in symbols[:, d].tolist():
            bits += math.log2(total / (seen[max(low, min(high, s))] + 1))
    return bits / len(symbols) / n_pixels
""",
        "numpy, float64": """
def bits_per_pixel(train_symbols, symbols, n_pixels):
    t, s = train_symbols.numpy(), symbols.numpy()
    lengths = np.zeros(len(s))
    for d in range(t.shape[1]):
        values = np.arange(t[:, d].min(), t[:, d].max() + 1)
        counts = (t[:, d][:, None] == values).sum(0) + 1
        index = np.clip(s[:, d], values[0], values[-1]) - values[0]
        lengths += -np.log2(counts / counts.sum())[index]
    return lengths.mean() / n_pixels
""",
    },
    wrong={
        "nats": _bits(log="log"),
        "per-image": _bits(end="return total"),
        "total": _bits(gather="sum()"),
        "mean-over-columns": _bits(end="return total / train_symbols.shape[1] / n_pixels"),
        "one-table": """
def bits_per_pixel(train_symbols, symbols, n_pixels):
    a, b = int(train_symbols.min()), int(train_symbols.max())
    counts = torch.bincount(train_symbols.flatten() - a) + 1.0
    p = counts / counts.sum()
    return float(-p.log2()[symbols.clamp(a, b) - a].sum(1).mean()) / n_pixels
""",
        "counted-on-test": _bits(zipped="zip(symbols.T, symbols.T)"),
        "training-entropy": """
def bits_per_pixel(train_symbols, symbols, n_pixels):
    total = 0.0
    for column in train_symbols.T:
        counts = torch.bincount(column - column.min())
        p = counts[counts > 0] / counts.sum()
        total -= float((p * p.log2()).sum())
    return total / n_pixels
""",
        "no-smoothing": _bits(probabilities="counts = torch.bincount(column - a).double()"),
        "not-clipped": _bits(
            probabilities="a, b = min(a, int(other.min())), max(b, int(other.max()))\n"
            "        counts = torch.bincount(column - a, minlength=b - a + 1) + 1.0",
            places="other",
        ),
        "swapped": _bits(zipped="zip(symbols.T, train_symbols.T)"),
        "sign": _bits(end="return -total / n_pixels"),
        "gaps-left-out": """
def bits_per_pixel(train_symbols, symbols, n_pixels):
    total = 0.0
    for column, other in zip(train_symbols.T, symbols.T):
        other = other.clamp(int(column.min()), int(column.max()))
        kinds = column.unique()
        for s in other:
            n = (column == s).sum() + 1
            total -= math.log2(float(n) / (len(column) + len(kinds)))
    return total / len(symbols) / n_pixels
""",
        "training-codes": _bits(zipped="zip(train_symbols.T, train_symbols.T)"),
        "common-range": """
def bits_per_pixel(train_symbols, symbols, n_pixels):
    a, b = int(train_symbols.min()), int(train_symbols.max())
    total = 0.0
    for column, other in zip(train_symbols.T, symbols.T):
        counts = torch.bincount(column - a, minlength=b - a + 1) + 1.0
        p = counts / counts.sum()
        total -= float(p.log2()[other.clamp(a, b) - a].mean())
    return total / n_pixels
""",
    },
)
