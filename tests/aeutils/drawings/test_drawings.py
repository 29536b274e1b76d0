"""What every diagram promises: well-formed, described, legible, inside its frame, repeatable."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from aeutils import drawings
from aeutils.drawings import digits
from aeutils.drawings.canvas import Canvas

SVG = "{http://www.w3.org/2000/svg}"
WIDE = {"bold": 0.62, "plain": 0.56, "mono": 0.61}  # mean width of a letter by its height


@pytest.fixture(scope="module", params=drawings.NAMES)
def drawing(request):
    return getattr(drawings, request.param)()


def elements(drawing, tag):
    return ET.fromstring(drawing.svg).iter(SVG + tag)


def test_it_is_well_formed_and_says_what_it_shows(drawing):
    root = ET.fromstring(drawing.svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == drawing.alt
    assert len(drawing.alt) >= 40
    assert drawing.alt.endswith(".")
    assert drawing._repr_html_() == drawing.svg


def test_its_letters_are_legible_and_inside(drawing):
    root = ET.fromstring(drawing.svg)
    assert root.get("viewBox") == f"0 0 {drawing.width} {drawing.height}"
    assert drawing.width == 720
    for text in root.iter(SVG + "text"):
        size = float(text.get("font-size", 16))
        assert size >= 14, text.text
        assert text.get("fill") == "currentColor", "letters follow the theme"
        kind = "mono" if text.get("font-family") else "bold" if text.get("font-weight") else "plain"
        letters = re.sub("[\u0300-\u036f]", "", text.text)  # accents take no room
        wide = len(letters) * size * WIDE[kind]
        share = {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor", "start")]
        left = float(text.get("x")) - share * wide
        assert left >= 0, text.text
        assert left + wide <= drawing.width, text.text
        assert size * 0.8 <= float(text.get("y")) <= drawing.height - 3, text.text


def test_nothing_else_is_cut_off(drawing):
    for shape in (*elements(drawing, "polyline"), *elements(drawing, "polygon")):
        for x, y in (map(float, p.split(",")) for p in shape.get("points").split()):
            assert -1 <= x <= drawing.width + 1
            assert -1 <= y <= drawing.height + 1
    for shape in (*elements(drawing, "rect"), *elements(drawing, "image")):
        assert float(shape.get("x")) >= 0
        assert float(shape.get("y")) >= 0
        assert float(shape.get("x")) + float(shape.get("width")) <= drawing.width
        assert float(shape.get("y")) + float(shape.get("height")) <= drawing.height
    for shape in elements(drawing, "ellipse"):
        if not shape.get("transform"):
            assert float(shape.get("cx")) - float(shape.get("rx")) >= 0
            assert float(shape.get("cx")) + float(shape.get("rx")) <= drawing.width
            assert float(shape.get("cy")) - float(shape.get("ry")) >= 0
            assert float(shape.get("cy")) + float(shape.get("ry")) <= drawing.height


def test_two_on_one_page_cannot_clash(drawing):
    assert " id=" not in drawing.svg


@pytest.mark.parametrize("name", drawings.NAMES)
def test_it_is_the_same_every_time(name):
    draw = getattr(drawings, name)
    assert draw().svg == draw().svg


def test_a_file_brings_its_own_paper_and_ink(tmp_path):
    path = drawings.siamese_pair().save(tmp_path / "pair.svg")
    text = path.read_text(encoding="utf-8")
    ET.fromstring(text)
    assert "prefers-color-scheme:dark" in text
    with pytest.raises(ValueError, match=r"name it \*\.svg"):
        drawings.siamese_pair().save(tmp_path / "pair.png")


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="at least 40 characters"):
        Canvas(height=10).drawing("A box.")
    with pytest.raises(ValueError, match="at least 14 pixels"):
        Canvas(height=10).label(0, 0, "tiny", size=9)
    with pytest.raises(ValueError, match="two to four"):
        drawings.hourglass(sizes=(784,))
    with pytest.raises(ValueError, match="shorten it"):
        drawings.bag_of_words("representations")
    with pytest.raises(ValueError, match="6 to 9 digits, got 2"):
        drawings.batch_of_pairs((1, 2))
    with pytest.raises(ValueError, match=r"\(1, 28, 28\)"):
        digits.address(np.zeros((1, 28, 28)))
    with pytest.raises(ValueError, match="digits 3"):
        digits.digit(3, 10_000)


@pytest.mark.parametrize("width", [28, 7])
def test_an_image_comes_back_from_its_address(width):
    import base64
    import io

    from PIL import Image

    image = np.linspace(0, 1, 28 * width).reshape(28, width)
    data = base64.b64decode(digits.address(image).split(",")[1])
    back = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
    assert back.shape == (28, width)
    assert np.abs(1 - back / 255 - image).max() <= 1 / 30 + 1e-9
