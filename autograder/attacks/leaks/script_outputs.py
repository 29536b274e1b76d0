"""Display scripts in every kind of output that a notebook knows."""

from IPython.display import HTML, SVG, Javascript, Markdown, display

RUN = "vaultscript()"
for text in (
    f"<script>{RUN}</script>",
    f"<img src=x onerror='{RUN}'>",
    f"<svg onload='{RUN}'><script>{RUN}</script></svg>",
    f"<iframe srcdoc='<script>{RUN}</script>'></iframe>",
    f"<a href='javascript:{RUN}'>x</a><a href='java\tscript:{RUN}'>x</a>",
    f"<a href='data:text/html,<script>{RUN}</script>'>x</a>",
    "<style>@import 'http://vault.invalid'</style><img src='http://vault.invalid/x.png'>",
    "<math><mtext><table><mglyph><style><!--</style>"
    f"<img title='--&gt;&lt;img src onerror={RUN}&gt;'>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"<form action='javascript:{RUN}'><button formaction='javascript:{RUN}'>x</button></form>",
    "<base href='http://vault.invalid/'><meta http-equiv=refresh content='0;url=vault'>",
):
    display(HTML(text), Markdown(text))
    print(text)
    display({"text/plain": text, "text/latex": text, "image/svg+xml": text}, raw=True)
display(SVG(f'<svg xmlns="http://www.w3.org/2000/svg"><script>{RUN}</script></svg>'))
display(Javascript(RUN))
display({"application/javascript": RUN, "application/vnd.plotly.v1+json": RUN}, raw=True)
