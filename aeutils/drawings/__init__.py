"""Diagrams of the course, drawn by code: one function per diagram, a `Drawing` out.

A drawing is SVG text with a description in words. A notebook shows it where it is the last value of
a cell; lessons and slides show it as an image (``![](images/drawing-hourglass.svg)``); lines and
letters follow the theme of the page. Digits in a drawing are digits of the shipped MNIST subset.

>>> from aeutils import drawings
>>> drawings.hourglass(sizes=(784, 64, 2)).width
720
"""

from aeutils.drawings.canvas import Canvas
from aeutils.drawings.codes import bottleneck, quantised_code
from aeutils.drawings.convolutions import convolution, residual
from aeutils.drawings.corruption import corruption_arrows, denoiser, kinds_of_noise
from aeutils.drawings.course_map import course_map
from aeutils.drawings.drawing import Drawing
from aeutils.drawings.evaluation import centring, ranked_list, roc, similarity_table
from aeutils.drawings.generation import adversarial_game, clouds, reparameterisation
from aeutils.drawings.linear import explained_variance, linear_map, two_rotations
from aeutils.drawings.networks import hourglass, tied_weights, training_step
from aeutils.drawings.pairs import batch_of_pairs, label_flow, siamese_pair, triplet
from aeutils.drawings.prediction import collapse, jepa, patches_and_masks, transfer_ways
from aeutils.drawings.sensitivity import contractive_against_denoising, jacobian_ellipse, saturation
from aeutils.drawings.series import window_slices
from aeutils.drawings.texts import bag_of_words, hamming_cube

__all__ = [
    "Canvas",
    "Drawing",
    "adversarial_game",
    "bag_of_words",
    "batch_of_pairs",
    "bottleneck",
    "centring",
    "clouds",
    "collapse",
    "contractive_against_denoising",
    "convolution",
    "corruption_arrows",
    "course_map",
    "denoiser",
    "explained_variance",
    "hamming_cube",
    "hourglass",
    "jacobian_ellipse",
    "jepa",
    "kinds_of_noise",
    "label_flow",
    "linear_map",
    "patches_and_masks",
    "quantised_code",
    "ranked_list",
    "reparameterisation",
    "residual",
    "roc",
    "saturation",
    "siamese_pair",
    "similarity_table",
    "tied_weights",
    "training_step",
    "transfer_ways",
    "triplet",
    "two_rotations",
    "window_slices",
]

# The functions that return a drawing.
NAMES = tuple(name for name in __all__ if name not in ("Canvas", "Drawing"))
