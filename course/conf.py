"""Sphinx's configuration of the site and of the slides. `python -m course.book site` runs it.

The sources are not here but in dist/source-*, where course/book/source_tree.py puts them together.
Nothing is fetched: theme, search, MathJax and reveal.js come with installed packages.
"""

import importlib.util
import os
from pathlib import Path

project = "Autoencoders & Embeddings"
author = "the authors of the course"
copyright = "text and figures CC BY 4.0, code MIT"
language = "en"
html_show_sphinx = False

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",
    "course.book.extension",
]
# The button that copies code asks for a script that only pages of the site have.
extensions += ["sphinx_revealjs"] if tags.has("slides") else ["sphinx_copybutton"]  # noqa: F821

# --- Markdown ---------------------------------------------------------------------------------
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
nb_execution_mode = "off"  # outputs are those the builder stored; see course/book/notebooks.py
nb_merge_streams = True
myst_dmath_double_inline = True
suppress_warnings = [
    "mystnb.unknown_mime_type",
    "myst.header",  # notebooks may go from ## to #### in an exercise
]

# --- the reference pages ----------------------------------------------------------------------
default_role = "literal"  # docstrings write `name` for code
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the signature has them
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
napoleon_use_rtype = False

# --- HTML -------------------------------------------------------------------------------------
html_theme = "pydata_sphinx_theme"
html_title = "Autoencoders & Embeddings"
html_static_path = [str(Path(__file__).parent / "static")]
html_css_files = ["book.css", "cards.css"]
html_js_files = ["book.js"]
html_show_sourcelink = False
html_copy_source = False
html_use_index = True
html_domain_indices = False  # the reference has a list of its modules that says what they are for
html_theme_options = {
    "logo": {"text": "Autoencoders & Embeddings"},
    "use_edit_page_button": False,
    "show_prev_next": True,
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "back_to_top_button": False,
}
mathjax3_config = {
    "tex": {"macros": {"E": r"\mathrm{E}"}},
    "chtml": {"displayAlign": "center"},
    "options": {"enableMenu": True},
}

# --- slides -----------------------------------------------------------------------------------
revealjs_static_path = html_static_path
revealjs_css_files = ["slides.css"]
revealjs_js_files = ["slides.js"]
revealjs_style_theme = "white"
revealjs_script_conf = {
    "hash": True,
    "slideNumber": "c/t",
    "transition": "none",
    "width": 1280,
    "height": 720,
    "margin": 0.05,
    "pdfSeparateFragments": False,
}
revealjs_script_plugins = [{"name": "RevealNotes", "src": "revealjs/plugin/notes/notes.js"}]

os.environ.setdefault("MPLBACKEND", "Agg")
if importlib.util.find_spec("aeutils") is None:
    raise RuntimeError("install the course first: make setup")
