"""Elective C: what autoencoders of whole MNIST draw, and where an attribute's direction leads.

Networks of one shape are trained equally long, and 10,000 images are drawn from each: from the
prior, or for the plain one from a Gaussian around its codes. Beside them stand real images, copies
of training images and noise. No column decides alone: the Fréchet distance (features of a
classifier, to the test images) is won by copies, the distance to the nearest training image by
smoke, and a classifier is sure of noise.
"""

from __future__ import annotations

import functools
import statistics
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from aeutils import data, embeddings, generation, losses, models, pca, training
from benchmarks import likelihood, recipes
from benchmarks.results import entry

SEEDS = [0, 1, 2]
HIDDEN = (784, 256, 256)
EPOCHS = 15
LR = 3e-3
CRITIC = 20.0  # weight of the encoder loss beside the cross-entropy
KERNEL = 100.0  # weight of the maximum mean discrepancy
FEW = 1000  # samples of which the nearest training image is searched
BY_HAND = "by hand, one for all"
PLAIN, VARIATIONAL, ADVERSARIAL = "plain and a Gaussian, 8", "variational, 20", "adversarial, 8"


@dataclass
class Generator:
    """A trained network, as what is measured needs it.

    Attributes:
        model: encodes rows, and decodes codes to logits.
        draw: a number and a generator of random numbers to codes (n, K).
        history: of its training.
    """

    model: models.Autoencoder | models.VariationalAutoencoder
    draw: Callable[[int, torch.Generator], Tensor]
    history: training.History

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes of rows (N, 784), (N, K)."""
        return self.model.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        """Return the images in [0, 1] of codes (N, K), (N, 784)."""
        return self.model.decode(z).sigmoid()


def cross_entropy(logits: Tensor, images: Tensor) -> Tensor:
    """Return the library's loss in nats per image, by the name that the notebook gives it."""
    return losses.bernoulli_nll(logits, images)


class WithCode(models.Autoencoder):
    """An autoencoder that also returns the codes, for a loss that looks at them."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (N, D) and codes (N, K) of rows (N, D)."""
        z = self.encode(x)
        return self.decode(z), z


def kernel_loss(output: tuple[Tensor, Tensor], target: Tensor) -> Tensor:
    """Return the cross-entropy, and how far the codes are from draws of the prior by a kernel."""
    logits, z = output
    return cross_entropy(logits, target) + KERNEL * generation.mmd(z, torch.randn_like(z))


def standard(size: int) -> Callable[[int, torch.Generator], Tensor]:
    """Return what draws codes of N(0, 1)."""
    return lambda n, generator: torch.randn(n, size, generator=generator)


def variational(x: Tensor, size: int, beta: float, seed: int, epochs: int) -> Generator:
    """Return a variational autoencoder."""
    training.seed_everything(seed)
    model = models.VariationalAutoencoder((*HIDDEN, size))
    bound = functools.partial(likelihood.negative_elbo, beta=beta)
    history = training.fit(model, x, epochs=epochs, lr=LR, loss=bound, seed=seed, progress=False)
    return Generator(model, standard(size), history)


def plain(x: Tensor, seed: int, epochs: int) -> Generator:
    """Return an autoencoder whose codes are drawn from the Gaussian of its training codes."""
    training.seed_everything(seed)
    model = models.Autoencoder((*HIDDEN, 8))
    history = training.fit(
        model, x, epochs=epochs, lr=LR, loss=cross_entropy, seed=seed, progress=False
    )

    def draw(n: int, generator: torch.Generator) -> Tensor:
        return generation.gaussian_samples(model.encode(x), n, generator)

    return Generator(model, draw, history)


def kernel(x: Tensor, seed: int, epochs: int) -> Generator:
    """Return an autoencoder whose codes a kernel compares with the prior."""
    training.seed_everything(seed)
    model = WithCode((*HIDDEN, 8))
    history = training.fit(
        model, x, epochs=epochs, lr=LR, loss=kernel_loss, seed=seed, progress=False
    )
    return Generator(model, standard(8), history)


def adversarial(x: Tensor, seed: int, epochs: int) -> Generator:
    """Return an autoencoder whose codes a discriminator compares with the prior."""
    training.seed_everything(seed)
    model, critic = models.Autoencoder((*HIDDEN, 8)), models.mlp((8, 128, 128, 1))
    history = training.fit_adversarial(
        model,
        critic,
        x,
        epochs=epochs,
        lr=LR,
        discriminator_lr=LR / 3,
        loss=cross_entropy,
        weight=CRITIC,
        seed=seed,
        progress=False,
    )
    return Generator(model, standard(8), history)


def generators(x: Tensor, seed: int, epochs: int = EPOCHS) -> dict[str, Callable[[], Generator]]:
    """Return what trains each network on rows x (N, 784), by the name of its row."""
    return {
        PLAIN: lambda: plain(x, seed, epochs),
        "variational, 2": lambda: variational(x, 2, 1.0, seed, epochs),
        "variational, 8": lambda: variational(x, 8, 1.0, seed, epochs),
        VARIATIONAL: lambda: variational(x, 20, 1.0, seed, epochs),
        "variational, 20, β = 4": lambda: variational(x, 20, 4.0, seed, epochs),
        "kernel, 8": lambda: kernel(x, seed, epochs),
        ADVERSARIAL: lambda: adversarial(x, seed, epochs),
    }


class Judge:
    """A classifier, the test images, and what is said of images.

    Args:
        images: the data set.
        epochs: how often the classifier sees each training image.
    """

    def __init__(self, images: data.Dataset, epochs: int = 3) -> None:
        training.seed_everything(0)
        self.model = models.Classifier()
        training.fit_encoder(
            self.model, images.x_train, images.y_train, F.cross_entropy, epochs=epochs, lr=3e-3
        )
        self.images = images
        self.x, self.x_test = images.x_train.flatten(1), images.x_test.flatten(1)

    @torch.no_grad()
    def features(self, images: Tensor) -> Tensor:
        """Return the features of rows (N, 784), (N, 64)."""
        return torch.cat([self.model.features(part) for part in images.split(2000)])

    @torch.no_grad()
    def classes(self, images: Tensor) -> Tensor:
        """Return the probabilities of rows (N, 784), (N, 10)."""
        return torch.cat([self.model(part).softmax(dim=1) for part in images.split(2000)])

    def of_images(self, images: Tensor, real: Tensor) -> dict[str, float]:
        """Return what is said of drawn images; `real` are the rows that they are compared with."""
        return {
            "frechet": generation.frechet_distance(self.features(images), self.features(real)),
            "nearest": float(generation.nearest_distances(images[:FEW], self.x).mean()),
            "sure": float(self.classes(images[:FEW]).amax(dim=1).mean()),
        }

    @torch.no_grad()
    def of_code(self, made: Generator, draw: torch.Generator) -> dict[str, float]:
        """Return what is said of a network's code.

        Two Fréchet distances stand beside that of `of_images`: of images drawn from a Gaussian
        around the training codes, a control that every network gets, and of the rebuilt test
        images, where nothing is drawn.
        """
        z_train, z_test = made.encode(self.x), made.encode(self.x_test)
        labels = self.images.y_train, self.images.y_test
        real, rebuilt = self.features(self.x_test), made.decode(z_test)
        around = made.decode(generation.gaussian_samples(z_train, len(z_test), draw))
        return {
            "gaussian": generation.frechet_distance(self.features(around), real),
            "rebuilt": generation.frechet_distance(self.features(rebuilt), real),
            "sse": float((rebuilt - self.x_test).square().sum(dim=1).mean()),
            "knn": embeddings.knn_accuracy(z_train, labels[0], z_test, labels[1]),
        }


def controls(judge: Judge, seed: int) -> dict[str, dict[str, float]]:
    """Return the rows that no network made."""
    draw = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(judge.x_test), generator=draw)
    half = len(order) // 2
    copies = judge.x[torch.randperm(len(judge.x), generator=draw)[: len(order)]]
    return {
        "test images, half against half": judge.of_images(
            judge.x_test[order[:half]], judge.x_test[order[half:]]
        ),
        "training images": judge.of_images(copies, judge.x_test),
        "noise": judge.of_images(torch.rand(len(order), 784, generator=draw), judge.x_test),
    }


@torch.no_grad()
def walks(judge: Judge, spaces: dict[str, tuple[Callable, Callable]]) -> dict[str, dict]:
    """Return what a direction, learned on the digits 0 to 4, does to test images of 5 to 9.

    Every space walks until one step is gained: the difference between the halves of a class with
    more and with less of the attribute. An error is raised where no walk gains it, because spaces
    that walked less far could not be compared with the others.
    """
    images = judge.images
    first, later = images.y_train < 5, images.y_test >= 5
    classes, labels = images.y_train[first], images.y_test[later]
    found = {}
    for attribute, measure in {
        "slant": generation.slant,
        "thickness": generation.thickness,
    }.items():
        values = measure(images.x_train[first])
        of_class = torch.stack([values[classes == c].median() for c in range(5)])
        has = values > of_class[classes]
        step = float(values[has].mean() - values[~has].mean())
        for space, (encode, decode) in spaces.items():
            z = encode(judge.x_test[later])
            towards = generation.attribute_direction(encode(judge.x[first]), has)
            before = decode(z)
            after, amount, gained = generation.walk_until(
                lambda rows, of=measure: of(rows.unflatten(1, (1, 28, 28))),
                decode,
                z,
                towards,
                step,
                longest=6.0,
            )
            if abs(gained - 1) > 0.05:
                raise RuntimeError(f"{attribute}, {space}: {gained:.2f} steps gained, not one")
            known = judge.classes(before).argmax(dim=1) == labels
            still = judge.classes(after).argmax(dim=1) == labels
            found[f"{attribute}, {space}"] = {
                "amount": amount,
                "kept": 100 * float(still[known].double().mean()),
                "nearest": float(generation.nearest_distances(after[:FEW], judge.x).mean()),
            }
    return found


def medians(of_seeds: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Return the median over seeds of every number of every row."""
    return {
        row: {
            what: round(statistics.median(found[row][what] for found in of_seeds), 3)
            for what in of_seeds[0][row]
        }
        for row in of_seeds[0]
    }


def run(mnist: data.Dataset) -> dict[str, dict]:
    """Train every network with three seeds, draw from each, and walk in three spaces."""
    judge = Judge(mnist)
    right = float((judge.classes(judge.x_test).argmax(dim=1) == mnist.y_test).double().mean())
    axes = pca.PCA(20).fit(judge.x[:10_000])
    tables, walked = [], []
    kept: dict[str, list[training.Recipe]] = {}
    for seed in SEEDS:
        table = controls(judge, seed)
        for name, make in generators(judge.x, seed).items():
            made = make()
            draw = torch.Generator().manual_seed(seed)
            with torch.no_grad():
                drawn = made.decode(made.draw(len(judge.x_test), draw))
            table[name] = judge.of_images(drawn, judge.x_test) | judge.of_code(made, draw)
            kept.setdefault(name, []).append(recipes.recipe_of(made.history))
            print(f"  seed {seed}, {name}: {table[name]}", flush=True)
            if name == VARIATIONAL:
                spaces = {
                    "variational code": (made.encode, made.decode),
                    "PCA code": (axes.encode, lambda z: axes.inverse_transform(z).clamp(0, 1)),
                    "pixels": (lambda x: x, lambda z: z.clamp(0, 1)),
                }
                walked.append(walks(judge, spaces))
                print(f"  {walked[-1]}", flush=True)
        tables.append(table)

    def ratios(rival: str) -> list[float]:
        return [t[ADVERSARIAL]["frechet"] / t[rival]["frechet"] for t in tables]

    details = {
        "classifier": round(right, 4),
        "table": medians(tables),
        "walks": medians(walked),
        "seconds": {
            name: round(statistics.median(r.cpu_seconds for r in of), 1)
            for name, of in kept.items()
        },
    }
    return {
        "adversarial-frechet": entry(
            "adversarial-frechet",
            ratios(VARIATIONAL),
            "seeds",
            seeds=SEEDS,
            threads=1,
            details=details,
            recipes={n: recipes.over_seeds(r).with_rate_chosen(BY_HAND) for n, r in kept.items()},
        ),
        "adversarial-plain": entry(
            "adversarial-plain", ratios(PLAIN), "seeds", seeds=SEEDS, threads=1, details={}
        ),
    }
