"""Training: one plain loop, its callbacks, loops of encoders, judges and predictors, transfer.

`fit` reads from top to bottom as the loop of a book. What else may happen during a run is a
callback, one a file: `Validation` with early stopping, `Checkpoint`, `LiveView`, `ProgressBar`, and
whatever derives from `Callback`. What a run did stands in its history as a `Recipe`; `compare` sets
recipes beside one another. `side_by_side` runs several trainings at the same time.

>>> import torch
>>> from aeutils import models, training
>>> x, x_val = torch.rand(200, 6), torch.rand(50, 6)
>>> validation = training.Validation(x_val, patience=3)
>>> model = models.Autoencoder((6, 4, 2))
>>> training.fit(model, x, epochs=2, callbacks=[validation], progress=False).val_step
[1, 2]
"""

from aeutils.training.adversarial import fit_adversarial
from aeutils.training.callback import Callback, Run
from aeutils.training.checkpoint import Checkpoint
from aeutils.training.comparison import Comparison, compare
from aeutils.training.encoder import fit_encoder
from aeutils.training.error import reconstruction_error
from aeutils.training.history import History, TrainingDiverged
from aeutils.training.live_view import LiveView, Watch
from aeutils.training.loop import fit
from aeutils.training.prediction import fit_prediction
from aeutils.training.progress_bar import ProgressBar, progress
from aeutils.training.recipe import Recipe, RecipeRecorder
from aeutils.training.seeding import seed_everything
from aeutils.training.side_by_side import side_by_side
from aeutils.training.transfer import with_head
from aeutils.training.validation import Validation
from aeutils.training.weights import load_into, save

__all__ = [
    "Callback",
    "Checkpoint",
    "Comparison",
    "History",
    "LiveView",
    "ProgressBar",
    "Recipe",
    "RecipeRecorder",
    "Run",
    "TrainingDiverged",
    "Validation",
    "Watch",
    "compare",
    "fit",
    "fit_adversarial",
    "fit_encoder",
    "fit_prediction",
    "load_into",
    "progress",
    "reconstruction_error",
    "save",
    "seed_everything",
    "side_by_side",
    "with_head",
]
