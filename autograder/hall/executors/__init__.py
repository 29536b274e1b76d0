"""Where grading jobs run: on this machine, or on the workers of a dask cluster."""
