"""Word counts of 20 Newsgroups: documents as rows, and which words stand near which.

Two tables that are part of the package, made from 18,846 messages of 1993 (no text is in them, only
counts; the datasheet in `aeutils/data/embedded/README.md` says how they were made and from what):

- :func:`load_documents`: how often each of 2,000 words occurs in each of 17,363 messages, in the
  usual split by date, with the group that each message was sent to;
- :func:`load_words`: how often each of 4,000 words stood within five words of each of the 2,000
  commonest, with what people said of pairs of words, and analogies.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aeutils.data.loading import read_embedded

FILE = "newsgroups_counts.npz"
SHA256 = "07a20f33fd018a8d701482ff39654ef52399eea8ea052560505c742fd15413d4"


@dataclass(frozen=True, eq=False, repr=False)
class Documents:
    """Messages as rows of word counts.

    Attributes:
        x_train, x_test: how often each word occurs in each message, float32 (N, V).
        y_train, y_test: number of the message's group, int64 (N,).
        words: the V words; column j counts ``words[j]``. The most widespread come first.
        groups: names of the groups; label i belongs to ``groups[i]``.
    """

    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor
    words: tuple[str, ...]
    groups: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"Documents of 20 Newsgroups, split by date\n"
            f"  x_train {tuple(self.x_train.shape)} counts, y_train ({len(self.y_train)},) groups\n"
            f"  x_test  {tuple(self.x_test.shape)} counts, y_test  ({len(self.y_test)},) groups\n"
            f"  {len(self.words):,} words: {', '.join(self.words[:8])}, …\n"
            f"  {len(self.groups)} groups: {', '.join(self.groups[:4])}, …"
        )


@dataclass(frozen=True, eq=False, repr=False)
class Words:
    """Words and their neighbours.

    Attributes:
        pairs: how often context c (column) stood within five words of word w (row), float32 (V, C).
        words: the V words; row i belongs to ``words[i]``. The most widespread come first.
        contexts: the C words of the columns, the first C of `words`.
        judged: row numbers of pairs that people judged, int64 (P, 2).
        scores: mean judgement of each pair, from 0 (unrelated) to 10, float32 (P,).
        analogies: row numbers of "a is to b as c is to d", int64 (Q, 4).
        kinds: what kind of analogy each is, one name for each, such as "family".
    """

    pairs: Tensor
    words: tuple[str, ...]
    contexts: tuple[str, ...]
    judged: Tensor
    scores: Tensor
    analogies: Tensor
    kinds: tuple[str, ...]

    def row(self, word: str) -> int:
        """Return the row of a word.

        Args:
            word: in lower case.

        Raises:
            KeyError: it is not among the words.
        """
        try:
            return _rows(self.words)[word]
        except KeyError:
            raise KeyError(
                f"{word!r} is not among the {len(self.words):,} most widespread words of the "
                "messages; try another, in lower case"
            ) from None

    def __repr__(self) -> str:
        return (
            f"Words of 20 Newsgroups\n"
            f"  pairs {tuple(self.pairs.shape)} counts of neighbours within five words\n"
            f"  {len(self.words):,} words: {', '.join(self.words[:8])}, …\n"
            f"  {len(self.scores)} pairs judged by people, {len(self.kinds):,} analogies"
        )


@functools.cache
def _rows(words: tuple[str, ...]) -> dict[str, int]:
    return {word: row for row, word in enumerate(words)}


def load_documents() -> Documents:
    """Return the messages as word counts.

    Raises:
        DataUnavailableError: the file of the package is missing or damaged.

    >>> load_documents().x_train.shape
    torch.Size([10463, 2000])
    """
    file = _read()
    counts = _table("document", len(file["document_words"]))
    train, group = (torch.from_numpy(file[f"document_{n}"].copy()) for n in ("train", "group"))
    group = group.long()
    return Documents(
        x_train=counts[train],
        y_train=group[train],
        x_test=counts[~train],
        y_test=group[~train],
        words=tuple(file["document_words"].tolist()),
        groups=tuple(file["document_groups"].tolist()),
    )


def load_words() -> Words:
    """Return the words, their neighbours, and what people say of them.

    Raises:
        DataUnavailableError: the file of the package is missing or damaged.

    >>> words = load_words()
    >>> words.pairs.shape, words.words[words.row("king")]
    (torch.Size([4000, 2000]), 'king')
    """
    file = _read()
    words, names = tuple(file["pair_words"].tolist()), file["analogy_kinds"].tolist()
    pairs = _table("pair", 2000)
    return Words(
        pairs=pairs,
        words=words,
        contexts=words[: pairs.shape[1]],
        judged=torch.from_numpy(file["judged_pairs"].astype(np.int64)),
        scores=torch.from_numpy(file["judged_scores"].copy()),
        analogies=torch.from_numpy(file["analogies"].astype(np.int64)),
        kinds=tuple(names[i] for i in file["analogy_kind"]),
    )


def _table(name: str, columns: int) -> Tensor:
    """Return a table of counts, float32: `make_texts.sparse` undone."""
    file = _read()
    lengths = file[f"{name}_lengths"].astype(np.int64)
    steps = file[f"{name}_steps"].astype(np.int64)
    counts = file[f"{name}_counts"].astype(np.float32)
    counts[counts == 255] = file[f"{name}_more"] if len(file[f"{name}_more"]) else 255
    row = np.repeat(np.arange(len(lengths)), lengths)
    # Steps start anew in every row: take off what the rows before have added up to.
    reached = np.cumsum(steps)
    before = np.concatenate([[0], reached])[np.cumsum(lengths) - lengths]
    table = torch.zeros(len(lengths), columns)
    table.numpy()[row, reached - before[row]] = counts
    return table


@functools.cache
def _read() -> dict[str, np.ndarray]:
    """Read the file once; its arrays cannot be written to."""
    arrays = read_embedded(FILE, SHA256)
    for array in arrays.values():
        array.flags.writeable = False
    return arrays
