"""Every widget in one notebook, each in the one line a student would write."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

SETUP = """\
import torch
from aeutils import anomalies, data, models, pca, training, widgets
from aeutils.widgets import hover_map
torch.set_num_threads(1)
training.seed_everything(0)
digits = data.load("mnist")
x, x_test = digits.x_train.flatten(1), digits.x_test.flatten(1)
codes2 = pca.PCA(2).fit(x)
pca32 = pca.PCA(32).fit(x)
model = models.Autoencoder((784, 128, 32))
z = codes2.encode(x_test[:200])
taxi = data.load_series("taxi")
ink = x.sum(dim=1) > x.sum(dim=1).median()
def thick(z):
    return {"thick": z[ink].mean(dim=0) - z[~ink].mean(dim=0)}"""
WIDGETS = {
    "training": (
        "history = training.fit(model, x, epochs=12, lr=3e-3, "
        "callbacks=[training.LiveView(x_test)])"
    ),
    "explorer": (
        "widgets.latent_explorer(codes2.inverse_transform, codes2.encode(x), digits.y_train, x)"
    ),
    "bottleneck": (
        "widgets.bottleneck_slider("
        "{k: pca.PCA(k).fit(x).reconstruct for k in (1, 2, 4, 8, 16, 32, 64, 128)}, x_test)"
    ),
    "painter": (
        'widgets.noise_painter({"PCA-32": pca32.reconstruct, "autoencoder": model}, x_test)'
    ),
    "drawing": "widgets.draw_digit(model.encode, model.decode, x, digits.y_train)",
    "jacobian": "widgets.jacobian_viewer(model.encode, x_test)",
    "comparison": (
        'widgets.compare_models({"PCA-2": codes2.reconstruct, "PCA-32": pca32.reconstruct, '
        '"autoencoder": model}, x_test, digits.y_test)'
    ),
    "threshold": (
        "widgets.threshold_slider(anomalies.neighbour_difference(taxi.values), taxi.anomalous)"
    ),
    "attributes": (
        "widgets.attribute_sliders(model.decode, model.encode(x_test)[0], thick(model.encode(x)), "
        'x_test[0], also={"in pixels": (lambda z: z, x_test[0], thick(x))})'
    ),
    "map": (
        'widgets.embedding_map(z, x_test[:200], digits.y_test[:200], "Two principal axes", '
        "codes=x_test[:200])"
    ),
}


def write(path: Path) -> None:
    """Write the notebook."""
    cells = [new_markdown_cell("# Widgets"), new_code_cell(SETUP)]
    cells += [new_code_cell(source) for source in WIDGETS.values()]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
