"""The attribute sliders: the sum that they decode, what they say, and what they refuse."""

import base64
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from aeutils import widgets

CODE = torch.zeros(16)
CODE[0] = 0.25
# One lights pixel 1, the other pixel 2, so that each image can be computed by hand.
WAYS = {"one": torch.eye(16)[1] * 0.4, "other": torch.eye(16)[2] * 0.2}


def same(z):
    return z


def sliders(decode=same, code=CODE, directions=WAYS, **options):
    return widgets.attribute_sliders(decode, code, directions, **options)


def shown(live):
    """Return the images as (alt text, ink of the pixels as seen, from 0 to 1)."""
    found = []
    for tag in re.findall(r"<img[^>]*>", live.picture):
        alt = re.search(r'alt="([^"]*)"', tag)[1]
        data = re.search(r"base64,([^\"]+)", tag)[1]
        grey = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
        found.append((alt, torch.from_numpy(1 - grey / 255).flatten().float()))
    return found


def test_the_decoder_gets_the_code_plus_so_much_of_each_direction():
    seen = []

    def decode(z):
        seen.append(z.clone())
        return z

    live = sliders(decode).set(one=1.5, other=-2.0)
    wanted = CODE + 1.5 * WAYS["one"] - 2 * WAYS["other"]
    torch.testing.assert_close(seen[-1], wanted[None])
    assert torch.equal(seen[0], CODE[None])
    assert live.text.startswith("The code + 1.5 × one − 2 × other: a step of length ")


def test_it_shows_the_image_the_code_and_the_sum():
    image = torch.full((1, 4, 4), 0.5)
    live = sliders(image=image).set(one=1.0, other=2.0)
    (_, given), (_, still), (alt, moved) = shown(live)
    torch.testing.assert_close(given, torch.full((16,), 0.5), atol=1 / 255, rtol=0)
    torch.testing.assert_close(still, CODE, atol=1 / 255, rtol=0)
    wanted = CODE + WAYS["one"] + 2 * WAYS["other"]
    torch.testing.assert_close(moved, wanted, atol=1 / 255, rtol=0)
    assert alt == "decoded from the code + 1 × one + 2 × other"
    for form in (image[0], image.flatten()):
        assert sliders(image=form).set(one=1.0, other=2.0).picture == live.picture
    assert len(shown(sliders())) == 2


def test_it_says_how_long_the_step_is():
    live = sliders().set(one=1.0, other=0.0)
    words = "The code + 1 × one: a step of length 0.4, from a code of length 0.25."
    assert live.text == words
    live.set(one=0.0)
    assert live.text == "All sliders stand at 0: the code itself, of length 0.25."
    still, moved = (pixels for _, pixels in shown(live))
    assert torch.equal(still, moved)


def test_the_first_slider_starts_away_from_0_and_the_others_at_0():
    assert sliders().state == {"one": 1.0, "other": 0.0}
    assert sliders(start=-2).state == {"one": -2.0, "other": 0.0}
    for control in sliders().controls.values():
        assert (control.low, control.high) == (-2, 2)
        assert control.check(0.05) == 0.05
        assert control.label.endswith("(×)")
    assert "× the difference of the means" in sliders().title


def test_other_spaces_show_the_same_sum():
    half = {name: d[:4].repeat(4) for name, d in WAYS.items()}
    also = {
        "in pixels": (same, CODE, WAYS),
        "in <others>": (lambda z: z / 2, CODE + 0.5, half),
    }
    live = sliders(also=also).set(one=1.0, other=-1.0)
    images = shown(live)
    assert len(images) == 2 + 2 * 2
    assert torch.equal(images[2][1], images[0][1])
    assert torch.equal(images[3][1], images[1][1])
    torch.testing.assert_close(images[4][1], (CODE + 0.5) / 2, atol=1 / 255, rtol=0)
    wanted = (CODE + 0.5 + half["one"] - half["other"]) / 2
    torch.testing.assert_close(images[5][1], wanted, atol=1 / 255, rtol=0)
    assert images[3][0] == "in pixels: decoded from the code + 1 × one − 1 × other"
    assert "<others>" not in live.picture
    turned = {"one": WAYS["one"], "other": WAYS["other"]}
    order = {"turned": (same, CODE, dict(reversed(turned.items())))}
    again = sliders(also=order).set(one=1.0, other=-1.0)
    assert torch.equal(shown(again)[3][1], images[1][1])  # by name, whatever their order


def test_networks_in_any_dtype_keep_no_gradient():
    net = torch.nn.Linear(16, 16).double()
    code = CODE.double().requires_grad_()
    live = sliders(net, code, {"one": WAYS["one"]})
    assert "✘" not in live.set(one=0.5).text
    assert all(p.grad is None for p in [*net.parameters(), code])


def test_a_decoder_of_colour_images():
    live = sliders(lambda z: z[:, None].expand(-1, 3, -1).reshape(-1, 3, 4, 4))
    assert len(shown(live)) == 2


def test_it_works_in_the_notebook_whose_exercises_are_closed(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "elective_c_generating")
    assert "1.5 × one" in sliders().set(one=1.5).text


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: sliders(directions={}), ValueError, "directions is empty"),
        (lambda: sliders(code=CODE.int()), TypeError, "the code must hold floats"),
        (lambda: sliders(code=CODE[None]), ValueError, r"the code must have shape \(K,\).*\(1, 16"),
        (lambda: sliders(code=CODE[:0]), ValueError, r"shape \(K,\)"),
        (
            lambda: sliders(directions={"one": CODE[:3]}),
            ValueError,
            r"direction 'one' must have the shape of its code, \(16,\), got.*\(3,\)",
        ),
        (lambda: sliders(directions={"one": CODE / 0}), ValueError, "'one' holds"),
        (lambda: sliders(start=2.5), ValueError, "from -2 to 2, got 2.5"),
        (lambda: sliders(lambda z: z[:, :5]), ValueError, "the decoder's images must be images"),
        (lambda: sliders(image=torch.ones(4, 4).int()), TypeError, "image must hold floats"),
        (
            lambda: sliders(also={"p": (same, CODE, {"one": CODE})}),
            ValueError,
            r"also\['p'\] has the attributes \['one'\], but directions has \['one', 'other'\]",
        ),
        (
            lambda: sliders(also={"p": (same, CODE[:4], WAYS)}),
            ValueError,
            r"direction 'one' of also\['p'\] must have the shape of its code, \(4,\)",
        ),
        (lambda: sliders().set(one=2.2), ValueError, "from -2 to 2, got 2.2"),
        (lambda: sliders().set(two=1.0), ValueError, "no control is called 'two'"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
