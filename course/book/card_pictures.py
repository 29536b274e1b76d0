"""The pictures on the cards of the front page and of the list of lessons, one for each unit.

``python -m course.book front`` draws them from the embedded data and from networks of seconds. All
have the same dark ground, so that they look alike in the light and in the dark theme.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import normalize

from aeutils import corruption, data, models, pca, training
from course.book import COURSE
from course.book.two_numbers import TwoNumbers

FOLDER = COURSE / "static" / "front"
GROUND, WORDS, ACCENT, COOL = "#101c2e", "#dbe7f5", "#ffb454", "#5cc8ff"
INK = LinearSegmentedColormap.from_list("ink", [GROUND, "#2f7fb8", "#a8dcff", "#ffffff"])
SIGNED = LinearSegmentedColormap.from_list("signed", ["#5cc8ff", GROUND, "#ffb454"])
EACH = 13  # digits of a class in the graph
WIDE = 16  # numbers in the codes that are shown
WIDTH, HEIGHT, DPI = 4.0, 2.0, 160  # 640 by 320 pixels, shown at half that size


class Pictures:
    """Draws the cards' pictures; networks that several of them need are trained once.

    Args:
        two_numbers: the trained autoencoder of the front page.
    """

    def __init__(self, two_numbers: TwoNumbers) -> None:
        torch.set_num_threads(1)
        self.two_numbers = two_numbers
        digits = data.load("mnist", size="small").flat()
        self.train, self.x, self.y = digits.x_train, digits.x_test, digits.y_test

    def draw(self) -> dict[str, Callable[[Figure], None]]:
        """Return what draws the picture of each unit."""
        return {
            "week01": self._axes,
            "week02": self._straight_and_bent,
            "week03": self._short_code,
            "week04": self._repaired,
            "week05": self._directions,
            "week06": self._fooled,
            "week07": self._graph,
            "elective_a": self._words,
            "elective_b": self._blizzard,
            "elective_c": self._drawn,
            "elective_d": self._hidden,
        }

    @functools.cached_property
    @torch.enable_grad()
    def network(self) -> models.Autoencoder:
        """A plain autoencoder with `WIDE` numbers in the middle."""
        training.seed_everything(0)
        model = models.Autoencoder((784, 256, 64, WIDE))
        how = {"epochs": 25, "batch_size": 64, "lr": 2e-3, "seed": 0, "progress": False}
        training.fit(model, self.train, **how)
        return model.eval()

    @functools.cached_property
    def codes(self) -> Tensor:
        """The codes (1000, WIDE) of the test images."""
        with torch.no_grad():
            return self.network.encode(self.x)

    @functools.cached_property
    @torch.enable_grad()
    def denoiser(self) -> nn.Module:
        """The same network, trained to give the undamaged image for a damaged one."""
        training.seed_everything(0)
        model = models.Autoencoder((784, 256, 64, WIDE))
        optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
        for _ in range(25):
            for rows in torch.randperm(len(self.train)).split(64):
                clean = self.train[rows]
                loss = (model(_damage(clean)) - clean).square().sum(1).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        return model.eval()

    def _some(self, digits: str) -> Tensor:
        """Return one test image for each digit of a word."""
        return torch.stack([self.x[self.y == int(d)][5] for d in digits])

    def _axes(self, figure: Figure) -> None:
        x = self._some("3")
        sizes = (1, 4, 16, 64, 256)
        rebuilt = [pca.PCA(k).fit(self.train).reconstruct(x)[0] for k in sizes]
        for place, (size, image) in enumerate(zip(sizes, rebuilt, strict=True)):
            ax = _axes(figure, 0.025 + 0.192 * place, 0.24, 0.182, 0.6)
            ax.imshow(_square(image), cmap=INK, vmin=0, vmax=1)
            figure.text(0.116 + 0.192 * place, 0.1, str(size), color=WORDS, ha="center", size=11)

    def _straight_and_bent(self, figure: Figure) -> None:
        x = self._some("258406")
        with torch.no_grad():
            rows = [x, pca.PCA(WIDE).fit(self.train).reconstruct(x), self.network(x)]
        for row, (images, name) in enumerate(zip(rows, ("image", "straight", "bent"), strict=True)):
            y = 0.67 - 0.31 * row
            figure.text(0.2, y + 0.135, name, color=WORDS, ha="right", va="center", size=9.5)
            ax = _axes(figure, 0.23, y, 0.75, 0.29)
            ax.imshow(_wall(images, 6), cmap=INK, vmin=0, vmax=1, aspect="equal")

    def _short_code(self, figure: Figure) -> None:
        x = self._some("2")
        with torch.no_grad():
            code = self.network.encode(x)
            rebuilt = self.network(x)
        for left, image, name in ((0.03, x, "784 numbers"), (0.68, rebuilt, "784 again")):
            ax = _axes(figure, left, 0.22, 0.29, 0.62)
            ax.imshow(_square(image[0]), cmap=INK, vmin=0, vmax=1)
            figure.text(left + 0.145, 0.08, name, color=WORDS, ha="center", size=9.5)
        ax = _axes(figure, 0.41, 0.35, 0.18, 0.36)
        ax.imshow(code.reshape(4, 4).numpy(), cmap=SIGNED, aspect="auto", vmin=-3, vmax=3)
        figure.text(0.5, 0.08, f"{WIDE} numbers", color=ACCENT, ha="center", size=9.5)
        for left in (0.345, 0.605):
            figure.text(left + 0.025, 0.53, "→", color=WORDS, ha="center", va="center", size=15)

    def _repaired(self, figure: Figure) -> None:
        x = self._some("739508")
        torch.manual_seed(1)
        damaged = _damage(x)
        with torch.no_grad():
            repaired = self.denoiser(damaged)
        for y, images in ((0.53, damaged), (0.06, repaired)):
            ax = _axes(figure, 0.02, y, 0.96, 0.42)
            ax.imshow(_wall(images.clamp(0, 1), 6), cmap=INK, vmin=0, vmax=1)

    def _directions(self, figure: Figure) -> None:
        x = self._some("4")
        code = self.network.encode(x)[0].detach()
        jacobian = torch.func.jacfwd(lambda z: self.network.decode(z[None])[0])(code)
        left = torch.linalg.svd(jacobian.detach(), full_matrices=False)[0].T
        ax = _axes(figure, 0.02, 0.14, 0.36, 0.72)
        ax.imshow(_square(x[0]), cmap=INK, vmin=0, vmax=1)
        for place, direction in enumerate(left[:6]):
            row, column = divmod(place, 3)
            ax = _axes(figure, 0.4 + 0.2 * column, 0.52 - 0.46 * row, 0.19, 0.42)
            most = float(direction.abs().max())
            ax.imshow(_square(direction), cmap=SIGNED, vmin=-most, vmax=most)

    def _fooled(self, figure: Figure) -> None:
        centred = self.codes - self.codes.mean(0)
        offset = centred + 3 * centred.norm(dim=1).mean() / WIDE**0.5
        for left, codes, name in ((0.06, centred, "centred"), (0.54, offset, "one vector added")):
            unit = normalize(codes)
            same = torch.stack([unit[self.y == d].mean(0) for d in range(10)])
            ax = _axes(figure, left, 0.2, 0.4, 0.74)
            ax.imshow((same @ same.T).numpy(), cmap=INK, vmin=0, vmax=0.8)
            figure.text(left + 0.2, 0.06, name, color=WORDS, ha="center", size=9.5)

    def _graph(self, figure: Figure) -> None:
        kept = torch.cat([(self.y == d).nonzero()[:EACH, 0] for d in (0, 1, 4)])
        x, y = self.x[kept], self.y[kept]
        with torch.no_grad():
            places = self.two_numbers.encode(x)
            codes = self.network.encode(x)
        ax = _axes(figure, 0.02, 0.02, 0.96, 0.96)
        ax.set(xlim=(-0.06, 1.06), ylim=(1.08, -0.08))
        near = torch.cdist(codes, codes).topk(4, largest=False).indices[:, 1:]
        colours = {0: COOL, 1: ACCENT, 4: "#b8f28f"}
        for i, others in enumerate(near.tolist()):
            for j in others:
                (a, b), (c, d) = places[i].tolist(), places[j].tolist()
                ax.plot([a, c], [b, d], color="#3d5878", lw=0.6, zorder=1)
        for i, (a, b) in enumerate(places.tolist()):
            image = np.zeros((28, 28, 4))
            image[..., :3] = np.array(_rgb(colours[int(y[i])])) if i % EACH < 2 else 0.93
            image[..., 3] = _square(x[i])
            ax.imshow(image, extent=(a - 0.035, a + 0.035, b + 0.075, b - 0.075), zorder=2)
            if i % EACH < 2:
                ax.plot(a, b, "o", ms=17, mfc="none", mec=colours[int(y[i])], mew=1.3, zorder=3)
        ax.set(xlim=(-0.06, 1.06), ylim=(1.08, -0.08), aspect="auto")

    def _words(self, figure: Figure) -> None:
        words = data.load_words()
        table = words.pairs
        total = table.sum()
        expected = table.sum(1, keepdim=True) * table.sum(0, keepdim=True) / total
        ppmi = (table / expected.clamp(min=1e-9)).log().clamp(min=0)
        torch.manual_seed(0)
        u, s, _ = torch.svd_lowrank(ppmi, 100, niter=4)
        groups = {
            COOL: "orbit nasa moon shuttle",
            ACCENT: "hockey team players season",
            "#b8f28f": "church christ bible faith",
            "#ff9fb2": "engine car brake bike",
        }
        chosen = [word for text in groups.values() for word in text.split()]
        rows = normalize((u * s.sqrt())[[words.row(word) for word in chosen]])
        low = torch.pca_lowrank(rows, 3, niter=10)
        xy = ((rows - rows.mean(0)) @ low[2])[:, :2]
        ax = _axes(figure, 0.1, 0.09, 0.8, 0.82)
        colours = [colour for colour, text in groups.items() for _ in text.split()]
        for word, colour, (a, b) in zip(chosen, colours, _apart(xy).tolist(), strict=True):
            ax.text(a, b, word, color=colour, ha="center", va="center", size=9.5)
        ax.set(xlim=(0, 1), ylim=(0, 1))

    def _blizzard(self, figure: Figure) -> None:
        taxi = data.load_series("taxi")
        start, end = taxi.at("2015-01-15"), taxi.at("2015-01-31")
        values, wrong = taxi.values[start:end].numpy(), taxi.anomalous[start:end].numpy()
        ax = _axes(figure, 0.0, 0.08, 1.0, 0.84)
        time = np.arange(len(values))
        ax.fill_between(time, values, color=COOL, alpha=0.25, lw=0)
        ax.plot(time, values, color=COOL, lw=1.2)
        event = np.where(wrong, values, np.nan)
        ax.fill_between(time, np.nan_to_num(event), where=wrong, color=ACCENT, alpha=0.45, lw=0)
        ax.plot(time, event, color=ACCENT, lw=1.8)
        ax.set(xlim=(0, len(values) - 1), ylim=(0, values.max() * 1.06))

    def _drawn(self, figure: Figure) -> None:
        across, down = torch.linspace(0.04, 0.96, 16), torch.linspace(0.04, 0.96, 8)
        grid = torch.stack(torch.meshgrid(across, down, indexing="xy"), -1).reshape(-1, 2)
        with torch.no_grad():
            images = self.two_numbers.decode(grid)
        ax = _axes(figure, 0, 0, 1, 1)
        ax.imshow(_wall(images, 16, gap=0), cmap=INK, vmin=0, vmax=1, aspect="auto")

    def _hidden(self, figure: Figure) -> None:
        x = _square(self._some("5")[0])
        ax = _axes(figure, 0.03, 0.08, 0.42, 0.84)
        ax.imshow(x, cmap=INK, vmin=0, vmax=1)
        hidden = [(1, 2), (2, 1), (2, 2), (0, 1)]
        for row, column in hidden:
            box = {"fc": "#31455f", "ec": ACCENT, "lw": 1.2}
            corner = (column * 7 - 0.5, row * 7 - 0.5)
            ax.add_patch(_rectangle(corner, 7, **box))
            ax.text(*(v + 3.5 for v in corner), "?", color=ACCENT, ha="center", va="center", size=9)
        figure.text(0.5, 0.5, "→", color=WORDS, ha="center", va="center", size=18)
        patches = x.reshape(4, 7, 4, 7).transpose(0, 2, 1, 3).reshape(4, 4, 49)
        flat = patches.reshape(16, 49) - patches.reshape(16, 49).mean(0)
        axes = np.linalg.svd(flat, full_matrices=False)[2][:8]
        for place, (row, column) in enumerate(hidden):
            ax = _axes(figure, 0.56, 0.745 - 0.2 * place, 0.4, 0.14)
            features = (patches[row, column] - patches.mean((0, 1))) @ axes.T
            ax.imshow(features[None], cmap=SIGNED, vmin=-2.5, vmax=2.5, aspect="auto")
            ax.add_patch(_rectangle((-0.5, -0.5), 8, 1, fc="none", ec=ACCENT, lw=1.2))


def write(two_numbers: TwoNumbers) -> list[Path]:
    """Draw and write every picture; return the files."""
    made = []
    for unit, draw in Pictures(two_numbers).draw().items():
        figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor=GROUND)
        draw(figure)
        buffer = io.BytesIO()
        FigureCanvasAgg(figure).print_png(buffer)
        path = FOLDER / f"{unit}.webp"
        Image.open(buffer).convert("RGB").save(path, quality=82, method=6)
        made.append(path)
    return made


def _axes(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    ax = figure.add_axes((left, bottom, width, height))
    ax.set_axis_off()
    return ax


def _apart(places: Tensor) -> Tensor:
    """Return places (N, 2) in the unit square, pushed apart until words of that size fit."""
    low, high = places.amin(0), places.amax(0)
    places = (places - low) / (high - low)
    room = torch.tensor([0.2, 0.13])
    for _ in range(300):
        gap = (places[:, None] - places[None]) / room
        near = (gap.abs().amax(2) < 1).fill_diagonal_(False)
        push = (gap.sign() * (1 - gap.abs()).clamp(min=0) * near[..., None])[..., 1].sum(1)
        places = places + 0.05 * torch.stack([torch.zeros(len(push)), push], 1)
    low, high = places.amin(0), places.amax(0)
    return (places - low) / (high - low)


def _rectangle(corner: tuple[float, float], width: float, height: float = 7, **how: object):
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, **how)


def _rgb(colour: str) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    return to_rgb(colour)


def _damage(x: Tensor) -> Tensor:
    """Return images with a block of 12 by 12 pixels missing, and noise."""
    images = corruption.block(x.reshape(-1, 1, 28, 28), 12)
    return corruption.gaussian(images, 0.25).flatten(1)


def _square(row: Tensor) -> np.ndarray:
    return row.reshape(28, 28).detach().numpy()


def _wall(images: Tensor, columns: int, gap: int = 2) -> np.ndarray:
    """Return images (N, 784) side by side, as many columns as asked."""
    padded = nn.functional.pad(images.reshape(-1, columns, 28, 28), (gap,) * 4)
    rows, columns, height, width = padded.shape
    return padded.permute(0, 2, 1, 3).reshape(rows * height, columns * width).numpy()
