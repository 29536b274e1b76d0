"""The number line of a prediction: where guess and answer stand, and its ticks."""

import xml.etree.ElementTree as ET

import pytest

from aeutils.widgets.number_line import number_line, ticks


def positions(markup):
    svg = ET.fromstring(markup)
    guess = float(svg.find("polygon").attrib["points"].split(",")[0])
    return guess, float(svg.find("circle").attrib["cx"])


def test_the_number_line_is_linear_or_logarithmic_and_widens():
    names = ("guess", "answer")
    line = number_line((0, 10), 5, 2.5, names, False, "")
    assert positions(line) == (320, 175)
    line = number_line((1, 10_000), 100, 10, names, True, "")
    assert positions(line) == (320, 175)
    guess, answer = positions(number_line((0, 10), 5, 20, names, False, ""))
    assert (guess, answer) == (175, 610)
    guess, answer = positions(number_line((1, 1000), 10, -5, names, True, ""))  # linear instead
    assert 30 == answer < guess < 610


def test_names_at_the_edge_are_not_cut_off():
    line = number_line((0, 10), 0, 10, ("a long name of the guess", "answer 10"), False, "")
    anchors = {t.text: t.attrib["text-anchor"] for t in ET.fromstring(line).iter("text")}
    assert anchors["a long name of the guess"] == "start"
    assert anchors["answer 10"] == "end"


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3, 7), (1, 60), (0.001, 0.0012), (0, 1e9)])
def test_ticks_are_few_and_inside(low, high):
    found = ticks(low, high, False)
    assert 3 <= len(found) <= 7
    assert low - 1e-9 <= found[0] < found[-1] <= high * (1 + 1e-9)


def test_logarithmic_ticks_are_powers_of_ten():
    assert ticks(1, 784, True) == [1, 10, 100]
    assert len(ticks(1e-12, 1e12, True)) <= 8
