"""On CUDA: the gradients of a batch, recorded once as a graph and replayed for every later batch.

A small network keeps a GPU busy for less time than Python takes to ask for its many kernels. A
CUDA graph is asked for once: forward pass, loss and backward pass of a full batch are recorded with
the memory that they use, and later batches are copied into that memory and replayed. The values are
those of the ordinary step, up to rounding.

What a graph does not see is Python: a loss whose weight grows from step to step would stay as it
was when it was recorded. So only what is known to do the same for every batch is recorded: modules
of torch and of `aeutils.models`, losses of torch and of `aeutils.losses`, and what says so itself
by an attribute ``replayable = True``. Everything else, short last batches, and whatever waits for
the device in the middle of a step, takes the ordinary step. So do corruption, callbacks, AdamW and
its schedule in any case: one cycle moves AdamW's momentum, which a graph would keep as it was.

References:
    * PyTorch's notes on CUDA semantics, "CUDA Graphs" (warm-up on a stream of its own, memory that
      stays where it is).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn

from aeutils.training.seeding import random_states, restore_random_states

WARM_UP = 3  # ordinary passes before recording, in which libraries choose and load their kernels
KNOWN = ("torch.nn.", "torch._C._nn", "aeutils.models", "aeutils.losses")


def is_replayable(model: nn.Module, loss: Callable[..., Tensor]) -> bool:
    """Tell whether model and loss are known to do the same operations for every batch.

    Args:
        model: every module in it must be torch's or of `aeutils.models`, or say so itself.
        loss: a function of torch or of `aeutils.losses`, also by `functools.partial`, or one with
            an attribute ``replayable = True``.
    """
    function = loss.func if isinstance(loss, functools.partial) else loss
    places: list[tuple[object, str]] = [
        (function, getattr(function, "__module__", None) or ""),
        *((part, type(part).__module__) for part in model.modules()),
    ]
    return all(
        getattr(part, "replayable", False) or f"{place}.".startswith(KNOWN)
        for part, place in places
    )


class GraphStep:
    """The gradients of full batches by a recorded graph; made anew for each run of `fit`.

    Args:
        model: the model in training, in train mode.
        loss: function (output, target) -> scalar.
        device: of the model and its images.
        batch_size: images of a full batch.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[..., Tensor],
        device: torch.device,
        batch_size: int,
    ) -> None:
        self._model, self._loss, self._batch_size = model, loss, batch_size
        self._possible = device.type == "cuda" and is_replayable(model, loss)
        self._replay: Callable[[], object] | None = None

    def takes(self, batch: Tensor, target: Tensor) -> bool:
        """Tell whether `gradients` may be asked for this batch; the first full one is recorded.

        Args:
            batch: what the model is shown, (B, ...).
            target: what it is asked for, (B, ...).
        """
        if not self._possible or len(batch) != self._batch_size:
            return False
        if self._replay is None:
            self._record(batch, target)
        return self._possible

    def gradients(self, batch: Tensor, target: Tensor) -> Tensor:
        """Put the gradients of a batch into the model's parameters; return its loss, a scalar.

        Args:
            batch: what the model is shown, like the batch that was recorded.
            target: what it is asked for.

        Returns:
            The loss of the batch, a scalar of its own.
        """
        assert self._replay is not None, "ask `takes` first"
        self._batch.copy_(batch)
        self._target.copy_(target)
        self._replay()
        for parameter, gradient in self._gradients:  # an ordinary step has put others there
            parameter.grad = gradient
        return self._value.clone()  # the next replay writes over it

    def _record(self, batch: Tensor, target: Tensor) -> None:
        """Record the pass of a batch, or find that it cannot be; the model stays as it was."""
        self._batch, self._target = batch.detach().clone(), target.detach().clone()
        numbers = random_states(batch.device)
        buffers = [(buffer, buffer.clone()) for buffer in self._model.buffers()]
        try:
            self._replay, self._value = record(self._ordinary)
        except RuntimeError:  # the ordinary step gives the same losses, in more time
            self._possible = False
        finally:
            with torch.no_grad():
                for buffer, before in buffers:
                    buffer.copy_(before)
            restore_random_states(numbers, batch.device)
        self._gradients = [(p, p.grad) for p in self._model.parameters() if p.grad is not None]

    def _ordinary(self) -> Tensor:
        """Return the loss of what is in the recorded memory, with new gradients."""
        self._model.zero_grad()  # the backward pass then writes gradients and adds nothing up
        value = self._loss(self._model(self._batch), self._target)
        if value.ndim > 0:
            raise RuntimeError("the loss is no scalar")  # of which the ordinary step tells more
        value.backward()
        return value.detach()


def record(step: Callable[[], Tensor]) -> tuple[Callable[[], object], Tensor]:
    """Record what `step` asks of the current CUDA device.

    Args:
        step: without arguments; its tensors stay where they are.

    Returns:
        What replays it, and the tensor that holds the result of `step` after each replay.

    Raises:
        RuntimeError: `step` waits for the device, or does something else that cannot be recorded.
    """
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    before = torch.cuda.get_sync_debug_mode()
    with torch.cuda.stream(side):
        step()
        # Found now rather than while recording, where an error would leave things half done.
        torch.cuda.set_sync_debug_mode("error")
        try:
            for _ in range(WARM_UP - 1):
                step()
        finally:
            torch.cuda.set_sync_debug_mode(before)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        value = step()
    return graph.replay, value
