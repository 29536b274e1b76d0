"""Register an input transformer that turns every test into a comment."""


def comment(lines):
    tests = ("assert", "share", "np.testing")
    return (
        ["# " + line for line in lines]
        if any(t in line for line in lines for t in tests)
        else lines
    )


get_ipython().input_transformers_cleanup.append(comment)
