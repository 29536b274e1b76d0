"""Answers to week 2's training loop and error."""

from autograder.bank import Exercise


def _epoch(
    loss: str = "((model(batch) - batch) ** 2).sum(dim=1).mean()",
    order: str = "torch.randperm(len(x), generator=generator)",
    pieces: str = "order.split(batch_size)",
    zero: str = "optimizer.zero_grad()",
    step: str = "optimizer.step()",
    count: str = "total += loss.item() * len(batch)",
    end: str = "return total / len(x)",
    after: str = "",
) -> str:
    return f"""
def train_epoch(model, x, optimizer, batch_size, generator):
    total = 0.0
    order = {order}
    for piece in {pieces}:
        batch = x[piece]
        loss = {loss}
        {zero}
        loss.backward()
        {step}
        {count}
        {after}
    {end}
"""


TRAIN_EPOCH = Exercise(
    gives=("train_epoch",),
    right={
        "split": _epoch(),
        "slices, zero_grad at the end": """
def train_epoch(model, x, optimizer, batch_size, generator):
    n = x.shape[0]
    order = torch.randperm(n, generator=generator)
    errors = []
    optimizer.zero_grad()
    for start in range(0, n, batch_size):
        batch = x[order[start:start + batch_size]]
        per_image = (model(batch) - batch).pow(2).flatten(1).sum(1)
        per_image.mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        errors.append(per_image.detach())
    return torch.cat(errors).mean()
""",
        "gradients by autograd.grad": """
def train_epoch(model, x, optimizer, batch_size, generator):
    total = 0.0
    for piece in torch.split(torch.randperm(len(x), generator=generator), batch_size):
        batch = x[piece]
        summed = F.mse_loss(model(batch), batch, reduction="sum")
        parameters = [p for g in optimizer.param_groups for p in g["params"]]
        for p, g in zip(parameters, torch.autograd.grad(summed / len(piece), parameters)):
            p.grad = g
        optimizer.step()
        total += float(summed.detach())
    return total / len(x)
""",
    },
    wrong={
        "not-zeroed": _epoch(zero="pass"),
        "no-step": _epoch(step="pass"),
        "not-shuffled": _epoch(order="torch.arange(len(x))"),
        "last-batch-dropped": _epoch(
            pieces="[p for p in order.split(batch_size) if len(p) == batch_size]"
        ),
        "one-batch-only": _epoch(after="return total / len(x)"),
        "mean-over-pixels": _epoch(loss="F.mse_loss(model(batch), batch)"),
        "sum-over-batch": _epoch(loss="((model(batch) - batch) ** 2).sum()"),
        "mean-of-means": _epoch(
            count="total += loss.item()", end="return total / math.ceil(len(x) / batch_size)"
        ),
        "last-batch": _epoch(count="total = loss.item()", end="return total"),
        "uphill": _epoch(loss="-((model(batch) - batch) ** 2).sum(dim=1).mean()"),
        "sum-of-means": _epoch(count="total += loss.item()", end="return total"),
    },
)


def _error(
    before: str = "was = model.training; model.eval()",
    grad: str = "with torch.no_grad():",
    pieces: str = "x.split(batch_size)",
    add: str = "total += ((model(batch) - batch) ** 2).sum().item()",
    after: str = "model.train(was)",
    end: str = "return total / len(x)",
) -> str:
    return f"""
def reconstruction_error(model, x, batch_size=500):
    {before}
    total = 0.0
    count = 0
    {grad}
        for batch in {pieces}:
            {add}
    {after}
    {end}
"""


RECONSTRUCTION_ERROR = Exercise(
    gives=("reconstruction_error",),
    right={
        "split and sum": _error(),
        "decorator, one tensor of errors": """
@torch.no_grad()
def reconstruction_error(model, x, batch_size=500):
    mode = model.training
    model.train(False)
    errors = [((model(x[i:i + batch_size]) - x[i:i + batch_size]) ** 2).flatten(1).sum(1)
              for i in range(0, len(x), batch_size)]
    if mode:
        model.train()
    return torch.cat(errors).double().mean()
""",
        "inference mode, weighted means": """
def reconstruction_error(model, x, batch_size=500):
    mode, total = model.training, 0.0
    model.eval()
    try:
        with torch.inference_mode():
            for batch in torch.split(x, batch_size):
                total += F.mse_loss(model(batch), batch).item() * batch.numel()
    finally:
        model.train(mode)
    return total / x.shape[0]
""",
    },
    wrong={
        "mean-of-means": _error(
            add="total += ((model(batch) - batch) ** 2).sum(1).mean().item(); count += 1",
            end="return total / count",
        ),
        "mean-over-pixels": _error(
            add="total += ((model(batch) - batch) ** 2).mean(1).sum().item()"
        ),
        "total": _error(end="return total"),
        "train-mode": _error(before="was = model.training"),
        "mode-changed": _error(after="pass"),
        "mode-forced": _error(after="model.train()"),
        "gradients-on": _error(grad="if True:"),
        "last-batch-dropped": _error(
            pieces="[b for b in x.split(batch_size) if len(b) == batch_size]"
        ),
        "rooted": _error(add="total += (model(batch) - batch).norm(dim=1).sum().item()"),
        "first-batch-only": _error(
            add="total += ((model(batch) - batch) ** 2).sum().item(); break",
            end="return total / min(batch_size, len(x))",
        ),
    },
)
