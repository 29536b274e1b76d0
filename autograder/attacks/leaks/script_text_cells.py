"""Write scripts into Markdown and raw cells, and into the files attached to them."""

from nbformat.v4 import new_markdown_cell, new_raw_cell

TEXTS = [
    "<script>vaultscript()</script>",
    "<img src=x onerror=vaultscript()>",
    "[x](javascript:vaultscript()) [y](JaVaScRiPt&colon;vaultscript()) <javascript:vaultscript()>",
    "[x]: javascript:vaultscript()\n\n[x]",
    "![x](http://vault.invalid/x.png) ![x](javascript:vaultscript())",
    "<b title='\n\n<script>vaultscript()</script>\n\n'>x</b>",
    "`<b title='`<script>vaultscript()</script>'>",
    "```\n<b title='\n```\n<script>vaultscript()</script>\n```\n'>\n```",
    "$\\href{javascript:vaultscript()}{x}$ $<script>vaultscript()</script>$",
    "&lt;script&gt;vaultscript()&lt;/script&gt; &amp;lt;img src onerror=vaultscript()&amp;gt;",
    "<svg><style><img src=x onerror=vaultscript()></style></svg>",
    "<!-- <script>vaultscript()</script> --><!--><script>vaultscript()</script>-->",
    "<xmp><p title='</xmp><script>vaultscript()</script>'></xmp>",
    '[x](http://a"onmouseover="vaultscript()) ![a"onerror="vaultscript()](x "y"onerror="z")',
    "# x {onclick=vaultscript()}\n\n<div\n\nonclick=vaultscript()>",
]


def submission(nb, folder):
    for text in TEXTS:
        nb.cells += [new_markdown_cell(text), new_raw_cell(text)]
        nb.cells.append(new_raw_cell(text, metadata={"raw_mimetype": "text/html"}))
    picture = new_markdown_cell("![x](attachment:x.png) ![y](attachment:y.svg)")
    picture.attachments = {
        "x.png": {"image/png": 'x"><script>vaultscript()</script>'},
        "y.svg": {"image/svg+xml": "<svg onload=vaultscript()>"},
        'z" onerror="vaultscript()': {'image/png"><script>vaultscript()</script>': "x"},
    }
    nb.cells.append(picture)
    nb.cells[0].source += TEXTS[0]
