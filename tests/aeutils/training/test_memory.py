"""Training again and again in one process, as a student does, must not fill the memory."""

import gc

import psutil
import torch

from aeutils import training
from aeutils.models import Autoencoder

MEGABYTE = 2**20


def memory() -> int:
    gc.collect()
    return psutil.Process().memory_info().rss


def test_fifty_training_runs_leave_no_memory_behind():
    x = torch.rand(2000, 784)

    def run() -> None:
        training.fit(Autoencoder([784, 64, 8]), x, epochs=1, batch_size=200, progress=False)

    for _ in range(10):  # torch and the allocator keep what they will use again
        run()
    before = memory()
    for _ in range(50):
        run()
    # One kept model with its optimizer is 1.2 MB, one kept graph more; fifty would be 60 MB.
    assert memory() - before < 15 * MEGABYTE
