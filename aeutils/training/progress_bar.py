"""A progress bar that keeps quiet where nobody watches: for `fit`, and for loops of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from aeutils._internal.environment import is_quiet
from aeutils.training.callback import Callback, Run
from aeutils.training.history import LOG_INTERVAL

T = TypeVar("T")


def progress(items: Iterable[T], label: str = "", unit: str = "it") -> Iterator[T]:
    """Yield the items of a loop and show a bar with the estimated end meanwhile.

    >>> for epoch in progress(range(20), "epochs"):
    ...     pass

    While a notebook is graded the bar is off: it would write to stderr, and stock nbgrader gives
    0 points to a graded cell that does.

    Args:
        items: what to loop over.
        label: a word before the bar.
        unit: what one item is called.

    Returns:
        An iterator over the items.
    """
    if is_quiet():
        return iter(items)
    from tqdm.auto import tqdm

    return iter(tqdm(items, desc=label, unit=unit))


class ProgressBar(Callback):
    """Show how far the run is, and the loss of the latest step that was looked at."""

    shows_progress = True

    def start(self, run: Run) -> None:
        """Show the bar; a continued run starts in the middle.

        Args:
            run: the run.
        """
        from tqdm.auto import tqdm  # not at the top: whoever needs no bar need not wait for it

        self._bar = tqdm(total=run.steps, initial=run.step, unit="step", disable=is_quiet())

    def after_step(self, run: Run) -> None:
        """Move on by one step.

        Args:
            run: the run.
        """
        self._bar.update(1)
        if run.step % LOG_INTERVAL == 0 or run.step == run.steps:
            self._bar.set_postfix_str(f"loss {run.history.losses()[-1]:.4g}", refresh=False)

    def close(self, run: Run) -> None:
        """Leave the bar as it is.

        Args:
            run: the run.
        """
        self._bar.close()
