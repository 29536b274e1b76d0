"""What a student reads about a broken line: what happened, and the cure."""

from __future__ import annotations

STATE = {
    "changed-its-argument": "it wrote into its argument `{what}`, and the caller's data are "
    "spoiled: make a new tensor, as in `x - mean`, or work on `x.clone()`",
    "marked-its-argument": "it left `requires_grad` or `.grad` on its argument `{what}`: work on "
    "`{what}.detach().clone().requires_grad_()`",
    "gradients-left-off": "it left gradients switched off, or on, for everything after it: "
    "`with torch.no_grad():` switches them back",
    "default-dtype-left": "it changed torch's default dtype for everything after it: say `dtype=` "
    "where a tensor is made, or `.double()`",
    "default-device-left": "it changed torch's default device for everything after it: say "
    "`device=` where a tensor is made",
    "mode-changed": "it left the `{what}` in another train or eval mode than it came in: put the "
    "mode back, it is the caller's",
    "model-changed": "it changed parameters or buffers of the `{what}`: only read them",
    "grads-left-behind": "it left `.grad` on the parameters of the `{what}`: torch.autograd.grad "
    "leaves them alone",
    "hooks-left": "it left a hook on the `{what}`: remove it with `handle.remove()`",
    "seeded": "it seeded a global random generator, so that everything drawn after it repeats "
    "itself: leave seeding to the caller",
    "drew-elsewhere": "it drew from a global random generator: pass `generator=generator` to every "
    "random function; where no generator is given, draw nothing",
    "generator-ignored": "two generators of one seed gave different results: pass "
    "`generator=generator` to every random function",
    "same-every-time": "two calls with one generator gave the same: do not seed inside it",
}

NUMBERS = {
    "another-draw": "for other numbers of the same shapes the result is wrong",
    "rounded": "the result is rounded to a few decimals: return it as it was computed",
    "remembered": "for other numbers of the same shapes it returned what it had returned before: "
    "keep nothing from one call to the next",
    "scalar-frozen": "the result goes with the {what} of an earlier call: use the argument of this "
    "one",
    "strided": "right for an ordinary tensor, wrong for a view whose numbers do not lie side by "
    "side, such as a column or a transpose: use `reshape`, not `view`, and no raw memory",
    "float64": "right for float32, wrong for float64: make new tensors with the dtype of the "
    "argument, as `torch.zeros_like(x)` does",
    "one-row": "right for a usual batch, wrong for the smallest one: nothing may be squeezed or "
    "divided by a number that is 0 there",
    "many-rows": "right for a few rows, wrong for {size}: no number of rows is special",
    "extreme": "wrong at an extreme that the docstring allows",
    "own-image": "what `{what}` makes of an image depends on the rest of its batch: each image by "
    "itself, in training mode as well",
    "no-gradient": "no gradient reaches {what}, so that nothing could be trained: use torch "
    "operations from end to end, without numpy, `.item()`, `float()` or `.detach()`",
    "wrong-gradient": "the value is right, but its gradient for `{what}` is not: a part of it was "
    "detached or rounded on the way",
}
