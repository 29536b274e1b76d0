"""A small model and small data, for the tests of the training loop and of its checkpoints."""

import torch
from torch import nn

from aeutils import models, training

X = torch.rand(50, 12, generator=torch.Generator().manual_seed(3))
X_VAL = torch.rand(30, 12, generator=torch.Generator().manual_seed(4))


def small(dropout=0.0):
    """Return the same small model every time, with batch norm and dropout on request."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        if dropout:
            return nn.Sequential(
                nn.Linear(12, 8), nn.BatchNorm1d(8), nn.Dropout(dropout), nn.Linear(8, 12)
            )
        return models.Autoencoder((12, 8, 3))


def fit(model, x=X, **options):
    options = {"batch_size": 16, "progress": False} | options
    return training.fit(model, x, **options)


def assert_same_weights(a, b):
    for name, value in a.state_dict().items():
        assert torch.equal(value, b.state_dict()[name]), name
