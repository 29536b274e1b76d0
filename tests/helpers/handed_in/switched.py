"""Settings of the whole process that a notebook leaves switched: the tests run without them."""

from handed_in.kind import kind, read, write

SAYS = "the tests ran with the usual settings"


def first_cell(folder, source):
    """Put a code cell before everything else."""
    nb = read(folder)
    nb["cells"].insert(0, {"cell_type": "code", "metadata": {}, "source": source})
    write(folder, nb)


@kind(7, "numpy.seterr")
def numpy_raises(course, folder):
    """`np.seterr(all="raise")`"""
    first_cell(folder, "import numpy as np\nnp.seterr(all='raise')")


@kind(7, "numpy.set_printoptions")
def numpy_prints(course, folder):
    """`np.set_printoptions(precision=2)`"""
    first_cell(folder, "import numpy as np\nnp.set_printoptions(precision=2)")


@kind(7, "warnings.simplefilter")
def warnings_raise(course, folder):
    """`warnings.simplefilter("error")`"""
    first_cell(folder, "import warnings\nwarnings.simplefilter('error')")


@kind(7, "sys.setrecursionlimit")
def recursion_limit(course, folder):
    """`sys.setrecursionlimit(150)`"""
    first_cell(folder, "import sys\nsys.setrecursionlimit(150)")


@kind(7)
def random_states(course, folder):
    """random generators seeded anew"""
    first_cell(folder, "import random, numpy as np\nrandom.seed(7)\nnp.random.seed(7)")


@kind(7, "torch.set_default_dtype")
def torch_switches(course, folder):
    """torch's default dtype and device, gradients, determinism and print options"""
    first_cell(
        folder,
        "import torch\n"
        "torch.set_default_dtype(torch.float64)\n"
        "torch.set_default_device('meta')\n"
        "torch.set_grad_enabled(False)\n"
        "torch.use_deterministic_algorithms(True)\n"
        "torch.set_printoptions(precision=2)",
    )
