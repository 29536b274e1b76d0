"""A number line as inline SVG: a guess above it, the answer below it."""

from __future__ import annotations

import html
import math

from aeutils.plots.style import COLOURS, number

WIDTH, MARGIN, LINE = 640, 30, 46  # user units of the drawing; LINE: height of the number line


def number_line(
    span: tuple[float, float],
    guess: float,
    actual: float,
    names: tuple[str, str],
    logarithmic: bool,
    description: str,
) -> str:
    """Return the SVG text. The line is widened where `actual` lies outside `span`.

    It needs no script or style sheet, takes the text colour of the page (light or dark), and
    `description` is read out in its place.

    Args:
        span: both ends of the line.
        guess: where the guess stands.
        actual: where the answer stands.
        names: what guess and answer are called.
        logarithmic: whether equal factors are equally long.
        description: read out in place of the picture.
    """
    low, high = min(span[0], actual), max(span[1], actual)
    logarithmic = logarithmic and low > 0

    def place(value: float) -> float:
        if logarithmic:
            share = math.log(value / low) / math.log(high / low)
        else:
            share = (value - low) / (high - low)
        return MARGIN + share * (WIDTH - 2 * MARGIN)

    ends = f'x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{LINE}" y2="{LINE}"'
    parts = [f'<line {ends} stroke="currentColor" stroke-width="1.5"/>']
    for value in ticks(low, high, logarithmic):
        x = place(value)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{LINE}" y2="{LINE + 6}" stroke="currentColor"/>'
            f'<text x="{x:.1f}" y="{LINE + 19}" text-anchor="middle" font-size="11" '
            f'fill="currentColor">{number(value)}</text>'
        )
    g, a = place(guess), place(actual)
    parts += [
        f'<polygon points="{g:.1f},{LINE} {g - 8:.1f},{LINE - 15} {g + 8:.1f},{LINE - 15}" '
        f'fill="{COLOURS[4]}" stroke="currentColor"/>',
        _name(g, LINE - 22, names[0], ""),
        f'<line x1="{a:.1f}" x2="{a:.1f}" y1="{LINE}" y2="{LINE + 30}" stroke="currentColor" '
        'stroke-dasharray="2 2"/>',
        f'<circle cx="{a:.1f}" cy="{LINE}" r="7" fill="{COLOURS[0]}" stroke="currentColor"/>',
        _name(a, LINE + 42, names[1], ' font-weight="bold"'),
    ]
    return (
        f'<svg role="img" aria-label="{html.escape(description)}" viewBox="0 0 {WIDTH} 96" '
        f'style="width:100%;max-width:{WIDTH}px;height:auto;font-family:sans-serif">'
        f"<title>{html.escape(description)}</title>{''.join(parts)}</svg>"
    )


def _name(x: float, y: float, text: str, style: str) -> str:
    """Return text centred on x, or set against the edge where it would be cut off."""
    half = 3.7 * len(text)
    anchor = "middle"
    if x - half < 0:
        x, anchor = 2, "start"
    elif x + half > WIDTH:
        x, anchor = WIDTH - 2, "end"
    return (
        f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-size="13" fill="currentColor"'
        f"{style}>{html.escape(text)}</text>"
    )


def ticks(low: float, high: float, logarithmic: bool) -> list[float]:
    """Return round numbers within [low, high], about five, or the powers of ten.

    >>> ticks(50, 200, False), ticks(1, 784, True)
    ([50.0, 100.0, 150.0, 200.0], [1.0, 10.0, 100.0])

    Args:
        low: the left end.
        high: the right end.
        logarithmic: whether equal factors are equally long.
    """
    if logarithmic:
        exponents = range(
            math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1
        )
        every = max(1, math.ceil(len(exponents) / 7))
        return [float(f"1e{e}") for e in exponents[::every]]
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]
