"""Diagrams of the course, drawn by code: one function per diagram, a `Drawing` out.

A drawing is SVG text with a description in words. A notebook shows it where it is the last value of
a cell; lessons and slides show it as an image (``![](images/drawing-hourglass.svg)``); lines and
letters follow the theme of the page. Digits in a drawing are digits of the shipped MNIST subset.

>>> from aeutils import drawings
>>> drawings.hourglass(sizes=(784, 64, 2)).width
720
"""

from aeutils.drawings.canvas import Canvas
from aeutils.drawings.corruption import corruption_arrows
from aeutils.drawings.drawing import Drawing
from aeutils.drawings.networks import hourglass
from aeutils.drawings.pairs import siamese_pair

__all__ = [
    "Canvas",
    "Drawing",
    "corruption_arrows",
    "hourglass",
    "siamese_pair",
]

# The functions that return a drawing.
NAMES = tuple(name for name in __all__ if name not in ("Canvas", "Drawing"))
