"""The embedded word counts: they unpack to what was counted, and damage is named."""

import gzip
import json

import numpy as np
import pytest
import torch

from aeutils.data import DataUnavailableError, load_documents, load_words, loading, texts
from aeutils.data.embedded import make_texts


def test_documents_are_counts_of_words_with_groups():
    docs = load_documents()
    assert docs.x_train.shape == (10463, 2000)
    assert docs.x_test.shape == (6900, 2000)
    assert docs.x_train.dtype == torch.float32
    assert len(docs.words) == len(set(docs.words)) == 2000
    assert len(docs.groups) == 20
    assert set(docs.y_train.tolist()) == set(docs.y_test.tolist()) == set(range(20))
    everything = torch.cat([docs.x_train, docs.x_test])
    assert (everything == everything.round()).all()
    assert (everything >= 0).all()
    assert ((everything > 0).sum(dim=1) >= make_texts.LEAST_WORDS).all()
    hockey = docs.words.index("hockey")
    assert docs.groups[docs.y_train[docs.x_train[:, hockey].argmax()]] == "rec.sport.hockey"
    df = (docs.x_train > 0).sum(dim=0)
    assert (df[:-1] >= df[1:] - 60).all()  # the most widespread first, but for messages left out


def test_pairs_are_symmetric_and_frequent_words_have_more():
    words = load_words()
    square = words.pairs[:2000]
    torch.testing.assert_close(square, square.T)
    assert words.contexts == words.words[:2000]
    assert words.pairs[0].sum() == words.pairs.sum(dim=1).max()
    hot, water, hockey = map(words.row, ("hot", "water", "hockey"))
    assert words.pairs[hot, water] > words.pairs[hot, hockey]
    assert len(words.judged) == len(words.scores) == 150
    assert len(words.analogies) == len(words.kinds) == 1456
    assert "family" in words.kinds


def test_a_word_that_is_not_there_is_named():
    with pytest.raises(KeyError, match="'blicket' is not among the 4,000"):
        load_words().row("blicket")


def test_what_is_packed_unpacks(tmp_path, monkeypatch):
    posts = [
        make_texts.Post(i % 5 != 0, f"group {i % 2}", line.split())
        for i, line in enumerate(
            ["ship sail sea wind wave sea", "sail wind storm sea gale gale gale", "car road wheel"]
            * 4
        )
    ]
    monkeypatch.setattr(make_texts, "LEAST_WORDS", 3)
    arrays = make_texts.documents(posts)
    monkeypatch.setattr(texts, "_read", lambda: arrays)
    table = texts._table("document", len(arrays["document_words"]))
    words = arrays["document_words"].tolist()
    assert table[0, words.index("sea")] == 2
    assert table[1, words.index("gale")] == 3
    assert table.sum() == sum(len(p.words) for p in posts)
    pairs = make_texts.neighbours(posts)
    order = pairs["pair_words"].tolist()
    monkeypatch.setattr(texts, "_read", lambda: pairs)
    near = texts._table("pair", 2000)
    assert near[order.index("gale"), order.index("gale")] == 4 * 6  # three in a row, both ways
    assert near[order.index("ship"), order.index("car")] == 0  # no pair across messages


def test_counts_of_255_and_more_are_kept():
    pairs = make_texts.sparse("pair", [[0, 3], [1]], np.array([254, 255, 70_000]))
    assert pairs["pair_counts"].tolist() == [254, 255, 255]
    assert pairs["pair_more"].tolist() == [255, 70_000]


def test_a_damaged_file_names_the_expected_hash(tmp_path, monkeypatch):
    (tmp_path / texts.FILE).write_bytes(b"no archive")
    monkeypatch.setattr(loading, "EMBEDDED_FOLDER", tmp_path)
    with pytest.raises(DataUnavailableError, match=texts.SHA256):
        texts._read.__wrapped__()
    (tmp_path / texts.FILE).unlink()
    with pytest.raises(DataUnavailableError, match="reinstall aeutils"):
        texts._read.__wrapped__()


def test_messages_lose_headers_quotations_and_signatures(tmp_path):
    head, quoted = "From: a@b.c\nSubject: Sails\n\n", "In article x writes:\n> old words\n"
    text = f"{head}{quoted}New words don't age\n--\nA. B.\n"
    file = tmp_path / "posts.jsonl.gz"
    entry = {"split": "train", "label": "rec.sail", "text": text}
    with gzip.open(file, "wt", encoding="utf-8") as opened:
        opened.write(json.dumps(entry) + "\n")
    (post,) = make_texts.read_posts(file)
    assert post.group == "rec.sail"
    assert post.words[:4] == ["new", "words", "don't", "age"]
    assert "old" not in post.words
    assert "sails" not in post.words
