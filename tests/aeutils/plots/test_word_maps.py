"""A map of words: every word is written, and none on another."""

import matplotlib.pyplot as plt
import pytest
import torch

from aeutils import plots


def test_words_do_not_cover_each_other():
    groups = {"a": [f"word{i}" for i in range(8)], "b": [f"other{i}" for i in range(8)]}
    figure = plots.word_map(torch.rand(16, 2) * 0.02, groups, title="Close together")
    figure.draw_without_rendering()
    texts = figure.axes[0].texts
    assert {t.get_text().strip() for t in texts} == {w for words in groups.values() for w in words}
    boxes = [t.get_window_extent() for t in texts]
    middles = [((b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2) for b in boxes]
    near = [
        (i, j)
        for i in range(16)
        for j in range(i)
        if abs(middles[i][0] - middles[j][0]) < 20 and abs(middles[i][1] - middles[j][1]) < 5
    ]
    assert near == []
    assert "word3" in figure.alt_text
    plt.close(figure)


def test_a_row_for_each_word():
    with pytest.raises(ValueError, match=r"shape \(2, 2\)"):
        plots.word_map(torch.rand(3, 2), {"a": ["x", "y"]})
