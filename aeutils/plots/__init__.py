"""Figures of the course: one function per figure, tensors in, a matplotlib Figure out.

A figure is a value: a notebook shows it where it is the last value of a cell, exactly once.
``figure = plots.lines(...)`` shows nothing until ``figure`` is evaluated or passed to ``display``;
``figure.savefig("name.png")`` writes it, and ``figure.alt_text`` says in words what it shows.
Figures of one panel are drawn into axes of yours with ``ax=``; `panels` makes some.

Colours tell classes apart for every common kind of colour blindness, and never alone: lines have
their name at the end, classes their digit. Tensors may live on any device and may require grad.
"""

from aeutils.plots.alarms import alarms
from aeutils.plots.code_clouds import code_clouds
from aeutils.plots.codes import code_gallery
from aeutils.plots.curves import learning_curves, lines, panels, scree, subspace_angles
from aeutils.plots.fields import value_table, vector_fields
from aeutils.plots.image_grids import eigen_digits, image_row, reconstruction_grid
from aeutils.plots.image_maps import image_map, map_panels
from aeutils.plots.manifolds import manifold
from aeutils.plots.neighbour_grids import neighbour_grid
from aeutils.plots.sample_walls import sample_wall
from aeutils.plots.scatter import error_histogram, latent_scatter
from aeutils.plots.score_maps import score_maps
from aeutils.plots.word_maps import word_map

__all__ = [
    "alarms",
    "code_clouds",
    "code_gallery",
    "eigen_digits",
    "error_histogram",
    "image_map",
    "image_row",
    "latent_scatter",
    "learning_curves",
    "lines",
    "manifold",
    "map_panels",
    "neighbour_grid",
    "panels",
    "reconstruction_grid",
    "sample_wall",
    "score_maps",
    "scree",
    "subspace_angles",
    "value_table",
    "vector_fields",
    "word_map",
]
