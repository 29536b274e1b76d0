"""Small pieces of HTML for live pictures: images, bars and curves, each with its words.

No matplotlib: a picture that follows a slider has a few milliseconds. Text takes the colour of the
page, so it is legible in a light and in a dark theme; images lie on white paper in both.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from aeutils.plots.style import COLOURS, number

FRAME = "image-rendering:pixelated;background:white;border:1px solid #888;display:block"


def png(image: Tensor, signed: bool = False) -> str:
    """Return an image (C, H, W) as a data address: 0 is paper, 1 is ink, one PNG pixel a pixel.

    Args:
        image: (C, H, W), C = 1 or 3, values in [0, 1] unless `signed`.
        signed: whether 0 is white, positive blue and negative red (the mean over channels).
    """
    from PIL import Image

    values = image.detach().cpu().float().numpy()
    if signed:
        limit = float(np.abs(values).max()) or 1.0
        share = np.clip(values.mean(axis=0) / limit, -1, 1)[..., None]
        ends = np.array([[33.0, 102, 172], [178, 24, 43]])  # blue, red
        colour = np.where(share > 0, ends[0], ends[1])
        shades = np.round(255 + np.abs(share) * (colour - 255)).astype(np.uint8)
    elif len(values) == 1:
        shades = np.round(255 * (1 - np.clip(values[0], 0, 1))).astype(np.uint8)
    else:
        shades = np.round(255 * np.clip(values.transpose(1, 2, 0), 0, 1)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(shades).save(file, format="png")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def tile(image: Tensor, caption: str, alt: str = "", size: int = 112, signed: bool = False) -> str:
    """Return one image (C, H, W) with a caption below; `alt` describes it, else the caption.

    Args:
        image: (C, H, W).
        caption: text below.
        alt: what the image shows.
        size: pixels of the screen.
        signed: whether 0 is white, positive blue and negative red.
    """
    return (
        f'<figure style="margin:0;line-height:1.25;width:{size + 2}px">'
        f'<img src="{png(image, signed)}" width="{size}" height="{size}" '
        f'alt="{html.escape(alt or caption)}" style="{FRAME}">'
        f'<figcaption style="font-size:13px;margin-top:3px">'
        f"{html.escape(caption)}</figcaption></figure>"
    )


def row(pieces: Sequence[str], heading: str = "") -> str:
    """Return pieces side by side, in more lines where the window is narrow.

    Args:
        pieces: pieces of HTML.
        heading: text above.
    """
    head = f'<div style="font-size:13px;font-weight:600;margin:4px 0 2px">{heading}</div>'
    return (
        f"{head if heading else ''}"
        f'<div style="display:flex;flex-wrap:wrap;gap:8px 10px">{"".join(pieces)}</div>'
    )


def sentence(text: str) -> str:
    """Return the sentence that says what the picture shows; screen readers read it out.

    Args:
        text: plain text.
    """
    style = "margin:4px 0;font-size:14px;line-height:1.4"
    return f'<p role="status" style="{style}">{html.escape(text)}</p>'


def bars(values: Tensor, caption: str, marked: int | None = None, width: int = 230) -> str:
    """Return numbers as bars from a zero line, positive upwards; `marked` is drawn in orange.

    Args:
        values: numbers, shape (K,).
        caption: text below.
        marked: which one is orange.
        width: pixels of the screen.
    """
    heights = values.detach().cpu().double().flatten().numpy()
    limit = float(np.abs(heights).max()) or 1.0
    low = 0.0 if heights.min() >= 0 else 1.0  # room below the line only where it is needed
    zero = 76 / (1 + low)
    pitch = (width - 4) / len(heights)
    drawn = []
    for i, value in enumerate(heights / limit * zero):
        y, tall = (zero - value, value) if value >= 0 else (zero, -value)
        colour = COLOURS[1] if i == marked else COLOURS[0]
        drawn.append(
            f'<rect x="{2 + i * pitch:.1f}" y="{2 + y:.1f}" width="{max(pitch - 1, 0.6):.1f}" '
            f'height="{max(tall, 0.5):.1f}" fill="{colour}"/>'
        )
    words = f"{caption}: {len(heights)} numbers from {number(float(heights.min()))} to "
    words += number(float(heights.max()))
    return (
        f'<figure style="margin:0"><svg viewBox="0 0 {width} 80" width="{width}" height="80" '
        f'role="img" aria-label="{html.escape(words)}" style="background:white;'
        f'border:1px solid #888;display:block">{"".join(drawn)}'
        f'<line x1="0" x2="{width}" y1="{2 + zero:.1f}" y2="{2 + zero:.1f}" stroke="#555"/></svg>'
        f'<figcaption style="font-size:13px;margin-top:3px">{html.escape(caption)}</figcaption>'
        "</figure>"
    )


def curve(
    x: Sequence[float],
    y: Sequence[float],
    caption: str,
    marked: float | None = None,
    log_x: bool = False,
    size: tuple[int, int] = (300, 120),
) -> str:
    """Return a curve with its ends written at the axes, and one x marked by a dot.

    Args:
        x: M numbers.
        y: M numbers.
        caption: text below.
        marked: the x that has a dot.
        log_x: whether the x axis is logarithmic.
        size: width and height in pixels of the screen.
    """
    width, height = size
    left, right, top, bottom = 46, width - 12, 10, height - 20
    xs, ys = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    across = np.log(xs) if log_x else xs
    start, end = float(across[0]), float(across[-1])
    low, high = min(0.0, float(ys.min())), float(ys.max())
    wide, tall = max(end - start, 1e-12), max(high - low, 1e-12)
    px = left + (across - start) / wide * (right - left)
    py = bottom - (ys - low) / tall * (bottom - top)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(px, py, strict=True))
    dots = ""
    words = f"{caption}: from {number(float(ys[0]))} to {number(float(ys[-1]))}"
    if marked is not None:
        i = int(np.abs(xs - marked).argmin())
        dots = (
            f'<line x1="{px[i]:.1f}" x2="{px[i]:.1f}" y1="{py[i]:.1f}" y2="{bottom}" '
            f'stroke="{COLOURS[1]}" stroke-dasharray="3 3"/>'
            f'<circle cx="{px[i]:.1f}" cy="{py[i]:.1f}" r="5" fill="{COLOURS[1]}"/>'
        )
        words += f"; {number(float(ys[i]))} at {number(float(xs[i]))}"
    text = 'font-family="sans-serif" font-size="11" fill="#333"'
    return (
        f'<figure style="margin:0"><svg viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{html.escape(words)}" style="background:white;'
        f'border:1px solid #888;display:block;max-width:100%"><path d="M{left} {top}V{bottom}'
        f'H{right}" fill="none" stroke="#555"/><text x="{left - 4}" y="{top + 8}" '
        f'text-anchor="end" {text}>{number(high)}</text><text x="{left - 4}" y="{bottom}" '
        f'text-anchor="end" {text}>{number(low)}</text><text x="{left}" y="{height - 5}" {text}>'
        f'{number(float(xs[0]))}</text><text x="{right}" y="{height - 5}" text-anchor="end" {text}>'
        f'{number(float(xs[-1]))}</text><polyline points="{points}" fill="none" '
        f'stroke="{COLOURS[0]}" stroke-width="2"/>{dots}</svg>'
        f'<figcaption style="font-size:13px;margin-top:3px">{html.escape(caption)}</figcaption>'
        "</figure>"
    )
