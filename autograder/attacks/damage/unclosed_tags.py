"""Display text that a careless cleaner of HTML needs hours for: a tag begun many times."""

from IPython.display import HTML, display

display(HTML("<style " * 280_000))
display(HTML("<b><p>" * 300_000))
