"""What students look at and play with: predictions, and one line for every live picture.

=====================  ====================================================================
`predict`, `reveal`    commit a guess before a result is shown; `calibration` keeps score
`share_predictions`    hand your guesses in with the notebook, if you like
`latent_explorer`      drag a point through the latent space, see the decoder's image
`bottleneck_slider`    reconstructions and error as the code grows
`noise_painter`        kind and strength of damage; before, corrupted, repaired
`draw_digit`           draw one: its code, reconstruction, neighbours, anomaly score
`jacobian_viewer`      which pixels move which number of the code
`compare_models`       one image, every model
`embedding_map`        a map of images that shows each image and its nearest codes
`threshold_slider`     what a threshold catches, and its false alarms
`attribute_sliders`    add attributes to a code, see the decoder's image
`checklist`            which exercises pass, and the minutes left
=====================  ====================================================================

Each is a module of its own, imported at its first use.
"""

from __future__ import annotations

import importlib
from typing import Any

PLACES = {  # name -> its module, and its name there
    "predict": ("predictions", "predict"),
    "reveal": ("predictions", "reveal"),
    "calibration": ("predictions", "calibration"),
    "share_predictions": ("sharing", "share_predictions"),
    "latent_explorer": ("explorer", "latent_explorer"),
    "bottleneck_slider": ("bottleneck", "bottleneck_slider"),
    "noise_painter": ("painter", "noise_painter"),
    "draw_digit": ("drawing_board", "draw_digit"),
    "jacobian_viewer": ("jacobian_view", "jacobian_viewer"),
    "compare_models": ("comparison", "compare_models"),
    "embedding_map": ("hover_map", "hover_map"),
    "threshold_slider": ("threshold_view", "threshold_slider"),
    "attribute_sliders": ("attribute_view", "attribute_sliders"),
    "checklist": ("progress_panel", "checklist"),
}

__all__ = [*PLACES]


def __getattr__(name: str) -> Any:
    if name in PLACES:
        module, there = PLACES[name]
        return getattr(importlib.import_module(f"aeutils.widgets.{module}"), there)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {sorted(PLACES)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *PLACES])
