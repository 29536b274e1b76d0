"""Print the source of every cell just before it runs."""

get_ipython().events.register("pre_run_cell", lambda info: print(info.raw_cell))
