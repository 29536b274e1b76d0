"""Settings of the whole process that a notebook leaves switched: the tests run without them."""

from handed_in.kind import kind, read, write

SWITCHED = {  # kind: what it is, what its first cell says, the name on the page
    "numpy_raises": (
        '`np.seterr(all="raise")`',
        "import numpy as np\nnp.seterr(all='raise')",
        "numpy.seterr",
    ),
    "numpy_prints": (
        "`np.set_printoptions(precision=2)`",
        "import numpy as np\nnp.set_printoptions(precision=2)",
        "numpy.set_printoptions",
    ),
    "warnings_raise": (
        '`warnings.simplefilter("error")`',
        "import warnings\nwarnings.simplefilter('error')",
        "warnings.simplefilter",
    ),
    "recursion_limit": (
        "`sys.setrecursionlimit(150)`",
        "import sys\nsys.setrecursionlimit(150)",
        "sys.setrecursionlimit",
    ),
    "random_states": (
        "random generators seeded anew",
        "import random, numpy as np\nrandom.seed(7)\nnp.random.seed(7)",
        "",
    ),
    "torch_switches": (
        "torch's default dtype and device, gradients, determinism and print options",
        "import torch\n"
        "torch.set_default_dtype(torch.float64)\n"
        "torch.set_default_device('meta')\n"
        "torch.set_grad_enabled(False)\n"
        "torch.use_deterministic_algorithms(True)\n"
        "torch.set_printoptions(precision=2)",
        "torch.set_default_dtype",
    ),
}


def switched(what, source):
    """Return what puts a code cell before everything else."""

    def make(course, folder):
        nb = read(folder)
        nb["cells"].insert(0, {"cell_type": "code", "metadata": {}, "source": source})
        write(folder, nb)

    make.__doc__ = what
    return make


for _kind, (_what, _source, _page) in SWITCHED.items():
    kind(7, _page, name=_kind)(switched(_what, _source))
