"""Elective C: the likelihood of a fully connected variational autoencoder on binary MNIST.

Each pixel of whole MNIST is drawn once, 1 with the probability that its grey value names, from a
seed of its own (the set of Larochelle and Murray, 2011, was made like this with other draws). The
network is trained on these binary images by the bound. The negative log-likelihood of the test
images is bounded by importance weighting (Burda et al., 2016).
"""

from __future__ import annotations

import statistics
import time

import torch
from torch import Tensor, nn

from aeutils import data, generation, models, training
from benchmarks.results import entry

SEEDS = [0, 1, 2]
DRAWN_WITH = 2016  # the seed of the binary images
SIZES = (784, 500, 500, 40)
EPOCHS = 50
DRAWS = 200

Output = tuple[Tensor, Tensor, Tensor]


def negative_elbo(output: Output, target: Tensor, beta: float = 1.0) -> Tensor:
    """Return the library's bound of what a variational autoencoder answers, in nats per image."""
    logits, mean, log_var = output
    return generation.negative_elbo(logits, target, mean, log_var, beta)


def binary(x: Tensor, seed: int) -> Tensor:
    """Return each image as one drawing of its pixels, rows (N, D) of 0 and 1."""
    return torch.bernoulli(x.flatten(1), generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def start_at_the_mean(model: models.VariationalAutoencoder, rows: Tensor) -> None:
    """Let the decoder's last bias be the log-odds of each pixel, as it would learn to be anyway.

    Otherwise the first epochs go into learning that most pixels are black, and units that could
    not help meanwhile have collapsed.
    """
    last = [layer for layer in model.decoder.modules() if isinstance(layer, nn.Linear)][-1]
    last.bias.copy_(rows.mean(dim=0).clamp(1e-3, 1 - 1e-3).logit())


def train(rows: Tensor, seed: int, epochs: int = EPOCHS) -> models.VariationalAutoencoder:
    """Return a variational autoencoder of binary images."""
    training.seed_everything(seed)
    model = models.VariationalAutoencoder(SIZES, nn.GELU)
    start_at_the_mean(model, rows)
    training.fit(
        model,
        rows,
        epochs=epochs,
        loss=negative_elbo,
        lr=2e-3,
        weight_decay=0.01,
        seed=seed,
        progress=False,
    )
    return model


@torch.no_grad()
def nll(model: models.VariationalAutoencoder, rows: Tensor, draws: int, seed: int = 0) -> float:
    """Return the importance-weighted bound, mean over images, in nats."""
    generator, total = torch.Generator().manual_seed(seed), 0.0
    for x in rows.split(50):
        mean, log_var = model.posterior(x)
        wide = (draws, *mean.shape)
        z = generation.sample_latent(
            mean.expand(wide).flatten(0, 1),
            log_var.expand(wide).flatten(0, 1),
            generator=generator,
        )
        logits = model.decode(z).unflatten(0, (draws, -1))
        of_x = generation.importance_weighted_nll(
            x, logits, z.unflatten(0, (draws, -1)), mean, log_var
        )
        total += float(of_x.sum())
    return total / len(rows)


def measure(model: models.VariationalAutoencoder, test: Tensor) -> dict[str, float]:
    """Return both bounds and the active units of a trained model."""
    with torch.no_grad():
        mean, _ = model.posterior(test)
    return {
        "importance weighted": nll(model, test, DRAWS),
        "one draw": nll(model, test, 1),
        "active units": int(generation.active_units(mean).sum()),
    }


def run(mnist: data.Dataset) -> dict[str, dict]:
    """Train with three seeds and measure on all test images."""
    rows, test = binary(mnist.x_train, DRAWN_WITH), binary(mnist.x_test, DRAWN_WITH + 1)
    found, seconds = [], []
    for seed in SEEDS:
        start = time.process_time()
        model = train(rows, seed)
        seconds.append(time.process_time() - start)
        found.append(measure(model, test))
        print(f"  seed {seed}: {found[-1]}, {seconds[-1]:.0f} CPU-s", flush=True)
    table = {str(seed): of for seed, of in zip(SEEDS, found, strict=True)}
    details = {"draws": DRAWS, "of each seed": table} | {
        what: round(statistics.median(of[what] for of in found), 3) for what in found[0]
    }
    values = [of["importance weighted"] for of in found]
    return {
        "vae-nll": entry("vae-nll", values, "seeds", seeds=SEEDS, threads=1, details=details),
        "vae-nll-time": entry("vae-nll-time", seconds, "seeds", seeds=SEEDS, threads=1, details={}),
    }
