"""Answers to week 4's training loop."""

from autograder.bank import Exercise


def _train(
    start: str = "",
    order: str = "torch.randperm(len(x), generator=generator)",
    pieces: str = "order.split(batch_size)",
    pair: str = "clean = x[piece]; damaged = corrupt(clean)",
    loss: str = "loss(model(damaged), clean)",
    zero: str = "optimizer.zero_grad()",
    count: str = "total += value.item() * len(piece)",
    end: str = "history.append(total / len(x))",
    give: str = "return history",
) -> str:
    return f"""
def train_denoiser(model, x, corrupt, loss, optimizer, epochs, batch_size, generator):
    history = []
    {start}
    for epoch in range(epochs):
        total = 0.0
        order = {order}
        for piece in {pieces}:
            {pair}
            value = {loss}
            {zero}
            value.backward()
            optimizer.step()
            {count}
        {end}
    {give}
"""


TRAIN_DENOISER = Exercise(
    gives=("train_denoiser",),
    needs="from collections.abc import Callable\n",
    right={
        "damage in the inner loop": _train(),
        "all images damaged at the start of every epoch": """
def train_denoiser(model, x, corrupt, loss, optimizer, epochs, batch_size, generator):
    history = []
    for epoch in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        noisy, total = corrupt(x), 0.0
        for piece in order.split(batch_size):
            value = loss(model(noisy[piece]), x[piece])
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            total += value.item() * len(piece)
        history.append(total / len(x))
    return history
""",
        "slices, a helper, float32 tensors": """
def train_denoiser(model, x, corrupt, loss, optimizer, epochs, batch_size, generator):
    def step(target):
        optimizer.zero_grad(set_to_none=True)
        value = loss(model(corrupt(target)), target)
        value.backward()
        optimizer.step()
        return value.detach() * target.shape[0]

    losses = torch.zeros(epochs)
    for epoch in range(epochs):
        shuffled = x[torch.randperm(x.shape[0], generator=generator)]
        for start in range(0, x.shape[0], batch_size):
            losses[epoch] += step(shuffled[start:start + batch_size])
    return (losses / x.shape[0]).tolist()
""",
    },
    wrong={
        "noisy-target": _train(loss="loss(model(damaged), damaged)"),
        "second-draw": _train(loss="loss(model(damaged), corrupt(clean))"),
        "swapped": _train(loss="loss(model(clean), damaged)"),
        "not-damaged": _train(loss="loss(model(clean), clean)"),
        "noise-once": _train(
            start="noisy = corrupt(x)", pair="clean, damaged = x[piece], noisy[piece]"
        ),
        "arguments-swapped": _train(loss="loss(clean, model(damaged))"),
        "changed-its-argument": _train(
            pair="clean = x[piece]; damaged = corrupt(clean); x[piece] = damaged"
        ),
        "not-zeroed": _train(zero=""),
        "not-shuffled": _train(order="torch.arange(len(x))"),
        "one-order": _train(
            start="fixed = torch.randperm(len(x), generator=generator)", order="fixed"
        ),
        "last-batch-dropped": _train(
            pieces="[p for p in order.split(batch_size) if len(p) == batch_size]"
        ),
        "mean-of-means": _train(
            count="total += value.item()",
            end="history.append(total / len(order.split(batch_size)))",
        ),
        "last-batch": _train(end="history.append(value.item())"),
        "last-epoch": _train(give="return history[-1]"),
        "one-epoch": _train(end="history.append(total / len(x)); return history"),
    },
)
