"""A map of images to look into: point at a dot and see its image, without any program in the page.

The map is an SVG drawing. Each dot carries its image as a small PNG that a style rule shows while
the pointer is on the dot (or while the dot has the keyboard's focus). So it works in a notebook,
on a web page made of it, and without a kernel; printed, it is an ordinary scatter plot.
"""

from __future__ import annotations

import base64
import html
import io
import itertools
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from aeutils._internal.validate import check_labels, check_matrix, describe
from aeutils.plots.image_grids import as_images
from aeutils.plots.style import COLOURS

SIDE = 680  # size of the map in SVG units
MARGIN = 105  # room at the edges, so that no image is cut off
SHOWN = 84  # size of an image that is pointed at
MOST = 500  # images in one map: each needs about half a kilobyte of the notebook
_serial = itertools.count(1)  # every map on a page has style rules of its own


class HoverMap:
    """What `hover_map` returns: a notebook shows the drawing, everything else its description.

    Args:
        markup: the drawing, HTML.
        alt_text: what it shows, in words.

    Attributes:
        markup: the drawing, HTML.
        alt_text: what it shows, in words.
    """

    def __init__(self, markup: str, alt_text: str) -> None:
        self.markup = markup
        self.alt_text = alt_text

    def _repr_html_(self) -> str:
        return self.markup

    def __repr__(self) -> str:
        return f"Map: {self.alt_text}"


def hover_map(
    places: Tensor,
    images: Tensor,
    labels: Tensor,
    title: str,
    classes: Sequence[str] | None = None,
    codes: Tensor | None = None,
    neighbours: int = 5,
) -> HoverMap:
    """Return a map whose dots show their image when pointed at.

    With `codes`, a dot is also joined to the images whose codes are nearest, shown below the map:
    what lies far away on the map may be near in the code, and the other way round.

    Args:
        places: where each image lies, shape (N, 2), N at most 500.
        images: (N, C, H, W), or rows (N, D) of square images, in [0, 1].
        labels: classes, shape (N,); they colour the dots and are named beside the image.
        title: headline.
        classes: name of each class; its number if None.
        codes: the codes that the map was made of, shape (N, K), to link each image with its
            neighbours there.
        neighbours: how many.

    Raises:
        ValueError: places, images and labels do not fit together, or are too many.
    """
    places = check_matrix(places, "places").detach().cpu().double()
    pictures = as_images(images, "images")
    check_labels(labels, len(places))
    if places.shape[1] != 2 or len(places) != len(pictures):
        raise ValueError(
            f"places must have shape (N, 2) with a row for each of the N images, got "
            f"{describe(places)} for {len(pictures)} images"
        )
    if len(places) > MOST:
        raise ValueError(f"a map holds at most {MOST} images, got {len(places)}; take a part")
    low, high = places.min(dim=0).values, places.max(dim=0).values
    scale = (SIDE - 2 * MARGIN) / max(float((high - low).max()), 1e-12)
    spots = (places - (low + high) / 2) * scale
    points = np.stack([SIDE / 2 + spots[:, 0].numpy(), SIDE / 2 - spots[:, 1].numpy()], axis=1)
    kinds = labels.unique().tolist()
    name = f"hovermap{next(_serial)}"
    nearest = _nearest(codes, len(places), neighbours)  # (N, neighbours)
    dots, looks = [], []  # all dots first: none may lie on top of an image
    for i, picture in enumerate(pictures):
        (x, y), label = points[i], int(labels[i])
        colour = COLOURS[kinds.index(label) % len(COLOURS)]
        called = html.escape(str(label if classes is None else classes[label]))
        circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}" fill-opacity='
        dots.append(f'{circle}".75"/>')
        looks.append(
            f'<g tabindex="0">{circle}"0"/><g class="big">'
            f'{_links(name, i, nearest[i], points)}<rect x="{x - SHOWN / 2 - 3:.1f}" '
            f'y="{y - SHOWN - 12:.1f}" width="{SHOWN + 6}" height="{SHOWN + 6}" fill="white" '
            f'stroke="{colour}" stroke-width="3"/><image x="{x - SHOWN / 2:.1f}" '
            f'y="{y - SHOWN - 9:.1f}" width="{SHOWN}" height="{SHOWN}" '
            f'id="{name}i{i}" href="{_png(picture)}"/>'
            f"</g><title>{called}{_names(nearest[i], labels, classes)}</title></g>"
        )
    rules = (
        f"#{name} .big{{display:none;pointer-events:none}}"
        f"#{name} g:hover>.big,#{name} g:focus>.big{{display:inline}}"
        f"#{name} image{{image-rendering:pixelated}}#{name} g:focus{{outline:none}}"
    )
    alt = (
        f"{title}. {len(places)} images of {len(kinds)} classes as dots; point at a dot to see its "
        f"image{'' if codes is None else f' and its {neighbours} nearest codes'}."
    )
    markup = (
        f'<svg id="{name}" viewBox="0 0 {SIDE} {SIDE}" width="{SIDE}" role="img" '
        f'aria-label="{html.escape(alt)}" style="max-width:100%;background:white">'
        f'<style>{rules}</style><text x="8" y="20" font-family="sans-serif" font-size="15" '
        f'font-weight="bold">{html.escape(title)}</text>{"".join(dots + looks)}</svg>'
    )
    return HoverMap(markup, alt)


def _nearest(codes: Tensor | None, n: int, neighbours: int) -> list[list[int]]:
    """Return the rows of the nearest codes of every code, itself left out; none without codes."""
    if codes is None:
        return [[] for _ in range(n)]
    z = check_matrix(codes, "codes").detach().cpu().double()
    if len(z) != n:
        raise ValueError(f"there are {len(z)} codes for {n} places")
    if not 1 <= neighbours < n:
        raise ValueError(f"neighbours must be from 1 to {n - 1}, got {neighbours}")
    distance = torch.cdist(z, z).fill_diagonal_(float("inf"))
    return distance.topk(neighbours, largest=False).indices.tolist()


def _links(name: str, i: int, nearest: list[int], points: np.ndarray) -> str:
    """Return lines from dot i to its neighbours, a ring at each, and their images at the bottom."""
    drawn = []
    (x, y), small = points[i], 0.62
    for place, j in enumerate(nearest):
        u, v = points[j]
        drawn.append(
            f'<path d="M{x:.1f} {y:.1f}L{u:.1f} {v:.1f}" stroke="#333" stroke-width="1"/>'
            f'<circle cx="{u:.1f}" cy="{v:.1f}" r="8" fill="none" stroke="#333"/>'
        )
        # The neighbour's own image, moved to its place in the strip.
        left, top = 190 + place * (SHOWN * small + 10), SIDE - SHOWN * small - 6
        across = left - small * (u - SHOWN / 2)
        down = top - small * (v - SHOWN - 9)
        drawn.append(
            f'<use href="#{name}i{j}" '
            f'transform="translate({across:.1f} {down:.1f}) scale({small})"/>'
        )
    if nearest:
        words = f'<text x="20" y="{SIDE - 28}" font-family="sans-serif" font-size="14">'
        drawn.append(f"{words}nearest codes:</text>")
    return "".join(drawn)


def _names(nearest: list[int], labels: Tensor, classes: Sequence[str] | None) -> str:
    """Return the classes of the neighbours in words, for the dot's title."""
    if not nearest:
        return ""
    found = [int(labels[j]) for j in nearest]
    called = [str(c if classes is None else classes[c]) for c in found]
    return html.escape(f"; nearest codes: {', '.join(called)}")


def _png(picture: Tensor) -> str:
    """Return one image (C, H, W) as a data address: grey ones ink on paper, in 16 shades."""
    from PIL import Image

    pixels = picture.clamp(0, 1).numpy()
    if len(pixels) == 1:
        shades = np.round(15 * (1 - pixels[0])).astype(np.uint8) * 17
        made = Image.fromarray(shades).quantize(16)
    else:
        made = Image.fromarray(np.round(255 * pixels.transpose(1, 2, 0)).astype(np.uint8))
    file = io.BytesIO()
    made.save(file, format="png", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
