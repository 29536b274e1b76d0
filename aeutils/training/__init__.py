"""Training: one plain loop, its history, checkpoints, a live view, and encoders from pairs."""

from aeutils.training.checkpoint import load_into, save
from aeutils.training.encoder import fit_encoder
from aeutils.training.history import History, TrainingDiverged
from aeutils.training.loop import fit, reconstruction_error, seed_everything
from aeutils.training.progress_bar import progress

__all__ = [
    "History",
    "TrainingDiverged",
    "fit",
    "fit_encoder",
    "load_into",
    "progress",
    "reconstruction_error",
    "save",
    "seed_everything",
]
