"""Rebuild the embedded word counts from the texts of 20 Newsgroups, and check the shipped file.

Texts come from scikit-learn's fetcher (a download of 14 MB), or from a file of JSON lines with the
keys split, label, id and text::

    python -m aeutils.data.embedded.make_texts --words FOLDER               # check
    python -m aeutils.data.embedded.make_texts --words FOLDER --texts FILE --out DIR

FOLDER holds `wordsim353.tsv` and `questions-words.txt`, which the datasheet names. What is counted:
words of letters, in lower case, without headers, quotations and signatures. The texts themselves,
names, addresses and the order of words are in no file of ours.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from aeutils.data.loading import EMBEDDED_FOLDER

FILE = "newsgroups_counts.npz"
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
DOCUMENT_WORDS, LEAST_WORDS = 2000, 5  # columns of the documents; different words in each of them
ROWS, CONTEXTS, WINDOW = 4000, 2000, 5  # of the table of neighbours


class Post(NamedTuple):
    """One message: which half it belongs to, its group, and its words in order."""

    train: bool
    group: str
    words: list[str]


def read_posts(texts: Path | None) -> list[Post]:
    """Return all messages, training half first, each without headers, quotations and signature.

    Args:
        texts: a file of JSON lines, gzipped or not; None for scikit-learn's fetcher.
    """
    from sklearn.datasets import _twenty_newsgroups as news

    if texts is None:
        found = []
        for split in ("train", "test"):
            part = news.fetch_20newsgroups(subset=split, shuffle=False)
            names = [part.target_names[i] for i in part.target]
            found += [(split, n, text) for n, text in zip(names, part.data, strict=True)]
    else:
        opened = gzip.open if texts.suffix == ".gz" else open
        with opened(texts, "rt", encoding="utf-8") as file:
            entries = map(json.loads, file)
            found = [(e["split"], e["label"], e["text"]) for e in entries]
    posts = []
    for split, group, text in sorted(found, key=lambda e: e[0] != "train"):
        body = news.strip_newsgroup_quoting(news.strip_newsgroup_header(text))
        words = WORD.findall(news.strip_newsgroup_footer(body).lower())
        posts.append(Post(split == "train", group, words))
    return posts


def documents(posts: Sequence[Post]) -> dict[str, Any]:
    """Return how often each of the commonest words of content occurs in each message.

    Args:
        posts: all messages.

    Returns:
        The arrays of the datasheet that begin with "document".
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    seen = Counter(w for p in posts if p.train for w in set(p.words))
    content = [
        w for w in by_count(seen) if len(w) > 2 and w.isalpha() and w not in ENGLISH_STOP_WORDS
    ]
    words = content[:DOCUMENT_WORDS]
    number = {w: i for i, w in enumerate(words)}
    groups = sorted({p.group for p in posts})
    rows, kept = [], []
    for post in posts:
        row = Counter(number[w] for w in post.words if w in number)
        if len(row) >= LEAST_WORDS:
            rows.append(row)
            kept.append(post)
    columns = [sorted(row) for row in rows]
    counts = [min(row[j], 255) for row, at in zip(rows, columns, strict=True) for j in at]
    return {
        "document_words": np.array(words),
        "document_groups": np.array(groups),
        "document_train": np.array([p.train for p in kept]),
        "document_group": np.array([groups.index(p.group) for p in kept], dtype=np.uint8),
        **sparse("document", columns, np.array(counts, dtype=np.uint8)),
    }


def neighbours(posts: Sequence[Post]) -> dict[str, Any]:
    """Return how often the commonest words stand within WINDOW words of one another.

    Args:
        posts: all messages.

    Returns:
        The arrays of the datasheet that begin with "pair".
    """
    words = by_count(Counter(w for p in posts for w in set(p.words)))[:ROWS]
    number = {w: i for i, w in enumerate(words)}
    gap = [-1] * WINDOW  # no pair across two messages
    flat = np.array([i for p in posts for i in (*(number.get(w, -1) for w in p.words), *gap)])
    table = np.zeros((ROWS, CONTEXTS), dtype=np.int64)
    for distance in range(1, WINDOW + 1):
        a, b = flat[:-distance], flat[distance:]
        for word, context in ((a, b), (b, a)):
            good = (word >= 0) & (context >= 0) & (context < CONTEXTS)
            pairs = word[good] * CONTEXTS + context[good]
            table += np.bincount(pairs, minlength=table.size).reshape(table.shape)
    columns = [np.flatnonzero(row).tolist() for row in table]
    counts = table[table > 0]
    return {"pair_words": np.array(words), **sparse("pair", columns, counts.astype(np.uint32))}


def judgements(words: Sequence[str], folder: Path) -> dict[str, np.ndarray]:
    """Return what people said of pairs, and the analogies, as far as all words are in the table.

    Args:
        words: of the table of neighbours.
        folder: where the two lists lie.
    """
    number = {w: i for i, w in enumerate(words)}
    pairs, scores, questions, kinds = [], [], [], []
    for line in (folder / "wordsim353.tsv").read_text(encoding="utf-8").splitlines():
        a, b, score = line.lower().split("\t") if line[:1] != "#" else ("", "", "")
        if a in number and b in number:
            pairs.append((number[a], number[b]))
            scores.append(float(score))
    names: list[str] = []
    for line in (folder / "questions-words.txt").read_text(encoding="utf-8").splitlines():
        given = line.lower().split()
        if given[0] == ":":
            names.append(given[1])
        elif all(w in number for w in given):
            questions.append([number[w] for w in given])
            kinds.append(len(names) - 1)
    return {
        "judged_pairs": np.array(pairs, dtype=np.uint16),
        "judged_scores": np.array(scores, dtype=np.float32),
        "analogies": np.array(questions, dtype=np.uint16),
        "analogy_kind": np.array(kinds, dtype=np.uint8),
        "analogy_kinds": np.array(names),
    }


def by_count(counts: Counter[str]) -> list[str]:
    """Return the counted words, the commonest first, equally common ones in alphabetical order.

    Args:
        counts: of each word.
    """
    return sorted(counts, key=lambda word: (-counts[word], word))


def sparse(name: str, columns: Iterable[Sequence[int]], counts: np.ndarray) -> dict[str, Any]:
    """Return a table of counts in few bytes: for each row its length, steps to the right, counts.

    Args:
        name: first part of the arrays' names.
        columns: of the counts of each row that are not 0, ascending.
        counts: all of them, row by row.
    """
    steps = [np.diff(np.array(c, dtype=np.int64), prepend=0) for c in columns]
    small = np.minimum(counts, 255).astype(np.uint8)
    return {
        f"{name}_lengths": np.array([len(s) for s in steps], dtype=np.uint16),
        f"{name}_steps": np.concatenate(steps).astype(np.uint16),
        f"{name}_counts": small,
        f"{name}_more": (counts[counts >= 255] if name == "pair" else counts[:0]).astype(np.uint32),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the arrays and compare them with the shipped ones; return 1 if they differ.

    Args:
        arguments: of the command line; None for those of this process.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--texts", type=Path, help="file of JSON lines; default: scikit-learn's")
    parser.add_argument("--words", type=Path, required=True, help="folder of the two word lists")
    parser.add_argument("--out", type=Path, help="folder to write the file to")
    options = parser.parse_args(arguments)
    posts = read_posts(options.texts)
    arrays = {**documents(posts), **neighbours(posts)}
    arrays |= judgements(arrays["pair_words"].tolist(), options.words)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(options.out / FILE, **arrays)
        print(f"wrote {options.out / FILE}")
    shipped = EMBEDDED_FOLDER / FILE
    if not shipped.exists():
        print(f"{shipped} is not there")
        return 1
    with np.load(shipped, allow_pickle=False) as file:
        different = [name for name in arrays if not np.array_equal(file[name], arrays[name])]
    print(f"different: {', '.join(different)}" if different else "every array is as shipped")
    return int(bool(different))


if __name__ == "__main__":
    sys.exit(main())
