"""Elective D: answers to the masks, right and wrong ones."""

from __future__ import annotations

from collections.abc import Mapping

RIGHT = {
    "ranks; comparisons with the edges": """
        def random_mask(n, n_patches, n_hidden, generator):
            order = torch.rand(n, n_patches, generator=generator).argsort(dim=1)
            return order.argsort(dim=1) < n_hidden

        def block_mask(n, grid, block, generator):
            (rows, columns), (height, width) = grid, block
            top = torch.randint(rows - height + 1, (n, 1), generator=generator)
            left = torch.randint(columns - width + 1, (n, 1), generator=generator)
            row, column = torch.arange(rows), torch.arange(columns)
            in_row = (row >= top) & (row < top + height)
            in_column = (column >= left) & (column < left + width)
            return (in_row[:, :, None] & in_column[:, None, :]).flatten(1)
    """,
    "topk and scatter; a random share, rounded down": """
        def random_mask(n, n_patches, n_hidden, generator):
            chosen = torch.rand(n, n_patches, generator=generator).topk(n_hidden, dim=1).indices
            return torch.zeros(n, n_patches, dtype=torch.bool).scatter(1, chosen, True)

        def block_mask(n, grid, block, generator):
            covered = []
            for length, side in zip(grid, block):
                start = (torch.rand(n, generator=generator) * (length - side + 1)).floor()
                after = torch.arange(length) - start[:, None]
                covered.append(torch.logical_and(after >= 0, after < side))
            in_row, in_column = covered
            return torch.logical_and(in_row.unsqueeze(2), in_column.unsqueeze(1)).flatten(1)
    """,
    "row by row": """
        def random_mask(n, n_patches, n_hidden, generator):
            masks = torch.zeros(n, n_patches, dtype=torch.bool)
            for mask in masks:
                mask[torch.randperm(n_patches, generator=generator)[:n_hidden]] = True
            return masks

        def block_mask(n, grid, block, generator):
            masks = torch.zeros(n, *grid, dtype=torch.bool)
            for mask in masks:
                top = torch.randint(grid[0] - block[0] + 1, (), generator=generator)
                left = torch.randint(grid[1] - block[1] + 1, (), generator=generator)
                mask[top : top + block[0], left : left + block[1]] = True
            return masks.reshape(n, -1)
    """,
    "a random order; one of all places": """
        def random_mask(n, n_patches, n_hidden, generator):
            return torch.randn(n, n_patches, generator=generator).argsort(dim=1) < n_hidden

        def block_mask(n, grid, block, generator):
            every = []
            for top in range(grid[0] - block[0] + 1):
                for left in range(grid[1] - block[1] + 1):
                    one = torch.zeros(grid, dtype=torch.bool)
                    one[top : top + block[0], left : left + block[1]] = True
                    every.append(one.flatten())
            return torch.stack(every)[torch.randint(len(every), (n,), generator=generator)]
    """,
    "multinomial; a corner spread out": """
        def random_mask(n, n_patches, n_hidden, generator):
            masks = torch.zeros(n, n_patches, dtype=torch.bool)
            if n_hidden:
                even = torch.ones(n, n_patches)
                chosen = torch.multinomial(even, n_hidden, generator=generator)
                masks[torch.arange(n)[:, None], chosen] = True
            return masks

        def block_mask(n, grid, block, generator):
            tops, lefts = grid[0] - block[0] + 1, grid[1] - block[1] + 1
            place = torch.randint(tops * lefts, (n,), generator=generator)
            corner = F.one_hot(place, tops * lefts).float().reshape(n, 1, tops, lefts)
            return F.conv_transpose2d(corner, torch.ones(1, 1, *block)).flatten(1).bool()
    """,
    "the smallest numbers; numpy": """
        def random_mask(n, n_patches, n_hidden, generator):
            numbers = torch.rand(n, n_patches, generator=generator, dtype=torch.float64)
            if n_hidden == 0:
                return torch.zeros_like(numbers).bool()
            return numbers <= numbers.kthvalue(n_hidden, dim=1, keepdim=True).values

        def block_mask(n, grid, block, generator):
            rng = np.random.default_rng(int(torch.empty(1).random_(generator=generator)))
            masks = np.zeros((n, *grid), dtype=bool)
            for i in range(n):
                y = rng.integers(0, grid[0] - block[0], endpoint=True)
                x = rng.integers(0, grid[1] - block[1], endpoint=True)
                masks[i, y : y + block[0], x : x + block[1]] = True
            return masks.reshape(n, grid[0] * grid[1])
    """,
}

WRONG: dict[str, str | Mapping[str, str]] = {
    "visible-instead": {"argsort(dim=1) < n_hidden": "argsort(dim=1) >= n_hidden"},
    "probability": {
        "order.argsort(dim=1) < n_hidden": (
            "torch.rand(n, n_patches, generator=generator) < n_hidden / n_patches"
        )
    },
    "one-more": {"argsort(dim=1) < n_hidden": "argsort(dim=1) <= n_hidden"},
    "too-few": {
        "return order.argsort(dim=1) < n_hidden": (
            "chosen = torch.randint(n_patches, (n, n_hidden), generator=generator)\n"
            "    return torch.zeros(n, n_patches, dtype=torch.bool).scatter(1, chosen, True)"
        )
    },
    "same-for-all": {"order.argsort(dim=1) <": "order[:1].expand(n, -1) <"},
    "always-the-first": {
        "order.argsort(dim=1) <": "torch.arange(n_patches).expand(n, -1) <",
    },
    "contiguous": {
        "return order.argsort(dim=1) < n_hidden": (
            "first = torch.randint(n_patches, (n, 1), generator=generator)\n"
            "    return (torch.arange(n_patches) - first) % n_patches < n_hidden"
        )
    },
    "never-hidden": {
        "return order.argsort(dim=1) < n_hidden": (
            "order = torch.rand(n, n_patches - 1, generator=generator).argsort(dim=1)\n"
            "    return F.pad(order.argsort(dim=1) < n_hidden, (0, 1))"
        )
    },
    "indices": {"order.argsort(dim=1) < n_hidden": "order[:, :n_hidden]"},
    "not-booleans": {
        "order.argsort(dim=1) < n_hidden": "torch.where(order.argsort(dim=1) < n_hidden, 1., 0)"
    },
    "n-hidden-ignored": {"dim=1) < n_hidden": "dim=1) < round(0.66 * n_patches)"},
    "none-hidden": {
        "return order.argsort(dim=1) < n_hidden": (
            "numbers = order.argsort(dim=1)\n"
            "    return numbers <= numbers.kthvalue(n_hidden, dim=1, keepdim=True).values"
        )
    },
    "rows-depend": {
        "return order.argsort(dim=1) < n_hidden": (
            "order = order[:1].argsort(dim=1) < n_hidden\n"
            "    return torch.cat([order.roll(i, 1) for i in range(n)])"
        )
    },
    "one-alone": {
        "generator=generator).argsort(dim=1)\n    return order": (
            "generator=generator).argsort(dim=0)\n    return order"
        )
    },
    "generator-ignored": {
        "torch.rand(n, n_patches, generator=generator)": "torch.rand(n, n_patches)"
    },
    "same-every-time": {"order = torch": "generator.manual_seed(0); order = torch"},
    "grid-left": {".flatten(1)": ""},
    "columns-first": {
        "in_row[:, :, None] & in_column[:, None, :]": "in_row[:, None] & in_column[:, :, None]"
    },
    "sides-swapped": {"(height, width) = grid, block": "(width, height) = grid, block"},
    "past-the-edge": {"rows - height + 1": "rows", "columns - width + 1": "columns"},
    "wrapped": {
        "rows - height + 1": "rows",
        "columns - width + 1": "columns",
        "(row >= top) & (row < top + height)": "(row - top) % rows < height",
        "(column >= left) & (column < left + width)": "(column - left) % columns < width",
    },
    "cross": {"[:, :, None] &": "[:, :, None] |"},
    "last-place-missing": {"rows - height + 1": "rows - height"},
    "ends-too-rare": {
        "torch.randint(columns - width + 1, (n, 1), generator=generator)": (
            "(torch.rand(n, 1, generator=generator) * (columns - width)).round()"
        )
    },
    "always-the-corner": {
        "in_row = ": "top, left = 0 * top, 0 * left\n    in_row = ",
    },
    "one-draw-for-both": {
        "left = torch.randint(columns - width + 1, (n, 1), generator=generator)": (
            "left = top % (columns - width + 1)"
        )
    },
    "block-too-large": {"(row < top + height)": "(row <= top + height)"},
    "block-too-small": {"(row >= top)": "(row > top)"},
    "visible-block": {"return (in_row": "return ~(in_row"},
    "one-side-for-both": {
        "(height, width) = grid, block": "(height, _), width = grid, block, block[0]"
    },
    "no-rectangle": {
        "return (in_row[:, :, None] & in_column[:, None, :]).flatten(1)": (
            "return random_mask(n, rows * columns, height * width, generator)"
        )
    },
    "dealt-evenly": {
        "top = torch.randint(rows - height + 1, (n, 1), generator=generator)": (
            "places = torch.randperm(n, generator=generator)[:, None]\n"
            "    top = places // (columns - width + 1) % (rows - height + 1)"
        ),
        "left = torch.randint(columns - width + 1, (n, 1), generator=generator)": (
            "left = places % (columns - width + 1)"
        ),
    },
}
