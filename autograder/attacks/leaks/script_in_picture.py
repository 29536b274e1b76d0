"""Break out of the page's picture addresses with picture data that is none."""

from IPython.display import display

CODE = 'x"><script>vaultscript()</script><img alt="'
for mime in ("image/png", "image/jpeg", "image/gif", "image/svg+xml", 'image/png"><script>'):
    display({mime: CODE, "text/plain": "x"}, raw=True, metadata={mime: {"width": CODE}})
display({"image/png": ["x", CODE]}, raw=True)
display({"image/png": "iVBORw0KGgo="}, raw=True, metadata={"image/png": {"alt": CODE, "id": CODE}})
