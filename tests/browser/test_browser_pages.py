"""Every page of the site in a browser: phone, laptop and projector, light and dark.

One visit a page and a colour scheme notes all there is to note, at the three sizes; the tests then
say which kind of fault nobody may find. The instructors' edition has every page of the students'.
"""

import re
import time
from collections import defaultdict

import built_site
import lab
import pytest

from course.book import checks

pytestmark = [
    pytest.mark.skipif(bool(lab.why_not()), reason=lab.why_not() or "a browser is here"),
    pytest.mark.filterwarnings("ignore"),  # Playwright's event loop ends when it ends
]
SIZES = {"phone": (390, 844), "laptop": (1366, 768), "projector": (1920, 1080)}
SCHEMES = ("light", "dark")

# What a reader can unfold is unfolded, and what is loaded late is loaded now.
READY = """async (unfold) => {
  if (unfold) document.querySelectorAll("details").forEach((d) => { d.open = true; });
  document.querySelectorAll("img").forEach((i) => { i.loading = "eager"; });
  if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
  await Promise.all([...document.images].map((i) => i.decode().catch(() => 0)));
}"""

# A thing is cut off where a parent hides what sticks out of it, where it reaches over the edge of
# the screen, and where it sticks out of its column; a parent that scrolls saves what is inside.
CUT_OFF = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const found = [], root = document.documentElement;
  const short = (e) => (e.getAttribute("alt") || e.getAttribute("aria-label")
    || e.textContent || e.outerHTML).trim().replace(/\\s+/g, " ").slice(0, 60);
  const say = (e, why) => found.push(`${e.localName} “${short(e)}” ${why}`);
  if (root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth} px wide`);
  const kinds = "mjx-container, math, table, pre, img, svg, canvas";
  for (const thing of document.querySelectorAll(kinds)) {
    const shown = thing.checkVisibility({visibilityProperty: true, opacityProperty: true});
    const inside = thing.parentElement.closest("svg, mjx-container, [hidden], .hidden, nav");
    if (!shown || inside) continue;
    const own = thing.getBoundingClientRect();
    if (own.width < 2 || own.height < 2) continue;
    let box = own, scrolls = ["auto", "scroll"].includes(getComputedStyle(thing).overflowX);
    for (let p = thing.parentElement; p && p !== document.body; p = p.parentElement) {
      const style = getComputedStyle(p), edge = p.getBoundingClientRect();
      if (style.position === "fixed" || style.display === "contents") break;
      if (["auto", "scroll"].includes(style.overflowX)) { box = edge; scrolls = true; continue; }
      if (style.display.startsWith("inline") || style.display.startsWith("table")) continue;
      const over = Math.max(box.right - edge.right, edge.left - box.left);
      if (over > 2) {
        say(thing, `sticks out of ${p.localName}.${p.className} by ${Math.round(over)} px`);
        break;
      }
    }
    if (box.right > innerWidth + 1 || box.left < -1) say(thing, "reaches over the screen's edge");
    if (thing.localName !== "mjx-container") continue;
    const column = thing.closest("p, li, td, dd, summary, div, main").clientWidth;
    if (getComputedStyle(thing).maskImage !== "none" && own.width < 0.9 * column)
      say(thing, "fades although it fits");
    if (getComputedStyle(thing).overflowY === "hidden"
        && thing.scrollHeight > thing.clientHeight + 2) say(thing, "is cut off above or below");
  }
  for (const text of document.querySelectorAll("svg text")) {
    const inner = text.getBoundingClientRect();
    const outer = text.ownerSVGElement.getBoundingClientRect();
    if (!inner.width || !outer.width) continue;
    if (inner.right > outer.right + 2 || inner.left < outer.left - 2
        || inner.bottom > outer.bottom + 2 || inner.top < outer.top - 2)
      say(text, "is outside of its drawing");
  }
  return found;
}"""

# Each picture's alternative text; null for one that is marked as decoration.
PICTURES = """() => [...document.querySelectorAll("img, svg, canvas")].filter((e) => {
  const inside = e.parentElement.closest("svg, mjx-container, button, a.headerlink, nav");
  if (inside || e.closest("[aria-hidden='true'], template, mjx-container")) return false;
  const size = e.getBoundingClientRect();
  return e.localName === "img" || e.getAttribute("role") === "img" || size.width > 60;
}).map((e) => {
  const named = (e.getAttribute("aria-labelledby") || "").split(/\\s+/)
    .map((id) => document.getElementById(id)?.textContent || "").join(" ").trim();
  const title = e.localName === "svg" ? e.querySelector(":scope > title")?.textContent : "";
  const text = e.getAttribute("alt") || e.getAttribute("aria-label") || named || title || "";
  return [e.outerHTML.slice(0, 100), text.trim()];
})"""

# A page whose ground nobody has set is white.
GROUND = """() => [document.body, document.documentElement]
  .map((e) => getComputedStyle(e).backgroundColor).find((c) => c !== "rgba(0, 0, 0, 0)")
  || "rgb(255, 255, 255)" """

# What differs between light and dark is the contrast. Axe needs most of its time for code, whose
# colours are the same everywhere; tests/book/test_site.py looks at code with all rules.
AXE = """async (only) => (await axe.run({exclude: [["div.highlight"], [".sig"]]}, {
  resultTypes: ["violations"], ...only,
})).violations.map((v) => `${v.id} (${v.help}), ${v.nodes.length} places, `
  + v.nodes[0].html.slice(0, 160))"""
RULES = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}
# A deck is in reveal.js's frame, which is an application with a landmark for its arrows.
IN_REVEAL = ("landmark-main-is-top-level", "landmark-complementary-is-top-level")
# These are long and all made by one program each: of every kind axe looks at the first.
ALIKE = ("notebooks/", "reference/")
# Five megabytes of code in folded parts, and lists of nothing but links: no axe, and left folded.
LONG = ("misconceptions.html", "mistakes.html", "genindex.html")
LEAST_WORDS = 3
# Stored in notebooks that were executed before this alternative text was made longer.
STORED = re.compile(r"image \d")

CUT, UNSAID, ASKED, BROKEN, INACCESSIBLE = "cut off", "unsaid", "asked", "broken", "inaccessible"


def says_little(text):
    """Return whether an alternative text is missing, a file's name, or hardly a word."""
    is_file = re.search(r"\.(png|svg|jpe?g|webp|gif)\b", text)
    return bool(is_file or len(text.split()) < LEAST_WORDS) and not STORED.fullmatch(text)


def is_dark(ground):
    """Return whether a colour, as `rgb(…)`, is nearer to black than to white."""
    return sum(map(int, re.findall(r"\d+", ground)[:3])) < 384


def visit(chrome, site, pages):
    """Open the pages, once each; return a dictionary from a kind of fault to lines."""
    found = defaultdict(list)
    script = checks.find_axe()
    first = {kind: min((p for p in pages if p.startswith(kind)), default="") for kind in ALIKE}
    context = chrome.new_context(reduced_motion="reduce")
    for name in pages:
        page, asked = context.new_page(), []
        page.set_default_timeout(120 * lab.SECONDS)
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("pageerror", lambda error, name=name: found[BROKEN].append(f"{name}: {error}"))
        page.emulate_media(color_scheme="light")
        page.goto((site / name).as_uri())
        alike = any(name.startswith(kind) and name != first[kind] for kind in ALIKE)
        axe = script is not None and name not in LONG and not alike
        if axe:
            page.evaluate(script.read_text(encoding="utf-8"))
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.evaluate(READY, name not in LONG)
            page.evaluate("(scheme) => window.setTheme && setTheme(scheme)", scheme)  # a deck
            for size, (width, height) in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                lines = page.evaluate(CUT_OFF)
                found[CUT] += [f"{name}, {size}, {scheme}: {line}" for line in lines]
            ground = page.evaluate(GROUND)
            end = time.monotonic() + 5  # seconds: a script may be about to change it
            while is_dark(ground) != (scheme == "dark") and time.monotonic() < end:
                page.wait_for_timeout(100)
                ground = page.evaluate(GROUND)
            if is_dark(ground) != (scheme == "dark"):
                found[BROKEN].append(f"{name} is not {scheme}: {ground}")
            for line in page.evaluate(AXE, RULES[scheme]) if axe else []:
                if not (name.startswith("slides/") and line.startswith(IN_REVEAL)):
                    found[INACCESSIBLE].append(f"{name}, {scheme}: {line}")
        for html, text in page.evaluate(PICTURES):
            if says_little(text):
                found[UNSAID].append(f"{name}: “{text}” for {html}")
        others = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
        found[ASKED] += [f"{name}: {url[:160]}" for url in others]
        page.close()
    context.close()
    return found


@pytest.fixture(scope="module")
def chrome():
    with lab.browser() as running:
        yield running


@pytest.fixture(scope="module")
def found(chrome, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages") / "site"
    site = built_site.build("site", folder, "--edition", "instructors")
    files = [path.relative_to(site) for path in sorted(site.rglob("*.html"))]
    pages = [path.as_posix() for path in files if "_static" not in path.parts]
    assert {"index.html", "week01.html", "guide/report.html", "slides/week07.html"} <= {*pages}
    return visit(chrome, site, pages)


def test_nothing_is_cut_off_and_no_page_scrolls_sideways(found):
    assert found[CUT] == []


def test_every_picture_says_what_it_shows(found):
    assert found[UNSAID] == []


def test_no_page_asks_another_host(found):
    assert found[ASKED] == []


def test_no_script_fails_and_each_page_is_light_and_dark(found):
    assert found[BROKEN] == []


def test_axe_finds_nothing(found):
    if checks.find_axe() is None:
        pytest.skip("needs axe-core")
    assert found[INACCESSIBLE] == []


WIDE = "<td>a&nbsp;cell&nbsp;that&nbsp;cannot&nbsp;break&nbsp;anywhere&nbsp;at&nbsp;all</td>"
PLANTED = f"""<!DOCTYPE html><html lang="en"><head><title>Planted faults</title><style>
  body {{ margin: 0 }} main > div {{ width: 300px; overflow: hidden }} #moves {{ overflow-x: auto }}
  mjx-container {{ display: block; height: 5px; overflow-y: hidden }} .pale {{ color: #aaa }}
  #faded {{ mask-image: linear-gradient(#000, transparent); width: 2em }}
</style></head><body><main><h1>Planted</h1>
<div><table aria-label="lost"><tr>{WIDE * 2}</tr></table></div>
<div id="moves" tabindex="0"><table aria-label="kept"><tr>{WIDE * 2}</tr></table></div>
<mjx-container>x<br>y</mjx-container>
<p><mjx-container id="faded">f</mjx-container></p>
<svg role="img" width="200" height="20" aria-label="A label that leaves its drawing">
  <text x="150" y="15">far too long for it</text></svg>
<img src="a.png"> <img src="b.png" alt="week01-axes.png of week 1"> <img src="c.png" alt="A plot">
<img src="d.png" alt="The average digit, a grey blur"> <p class="pale">pale</p>
<img src="https://example.invalid/e.png" alt="An image from another host">
<script>missing()</script></main></body></html>"""


def test_planted_faults_are_found(chrome, tmp_path):
    (tmp_path / "planted.html").write_text(PLANTED, encoding="utf-8")
    found = visit(chrome, tmp_path, ["planted.html"])
    cut = "\n".join(found[CUT])
    assert cut.count("table “lost” sticks out") == len(SIZES) * len(SCHEMES)
    assert "kept" not in cut
    assert "mjx-container “xy” is cut off above or below" in cut
    assert "mjx-container “f” fades although it fits" in cut
    assert "“far too long for it” is outside of its drawing" in cut
    assert [line.split("“")[1].split("”")[0] for line in found[UNSAID]] == [
        "",
        "week01-axes.png of week 1",
        "A plot",
    ]
    assert found[ASKED] == ["planted.html: https://example.invalid/e.png"]
    assert [line for line in found[BROKEN] if "missing is not defined" in line]
    assert [line for line in found[BROKEN] if "is not dark" in line]
    if checks.find_axe() is not None:
        rules = {line.split(": ")[1].split(" ")[0] for line in found[INACCESSIBLE]}
        assert {"image-alt", "color-contrast"} <= rules


def test_a_page_that_scrolls_sideways_is_found(chrome, tmp_path):
    wide = PLANTED.replace("overflow: hidden }", "}").replace("width: 300px;", "")
    (tmp_path / "wide.html").write_text(wide, encoding="utf-8")
    lines = visit(chrome, tmp_path, ["wide.html"])[CUT]
    assert [line for line in lines if "phone" in line and "the page is" in line]
    assert not [line for line in lines if "projector" in line and "the page is" in line]
