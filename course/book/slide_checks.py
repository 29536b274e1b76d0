"""Can a deck be read from the last row? Measured in Chromium, for a screen of 1280 × 720 pixels.

A window of Chromium that was asked for 720 pixels may have fewer inside, and how many depends on
its version. So sizes and places are converted to what they are on a screen of exactly that size.
"""

from __future__ import annotations

from pathlib import Path

from course.book.browser import ask

SIZE = (1280, 720)
SMALLEST = 20  # pixels, of any text
MEASURE = """
await MathJax.startup.promise;
const found = [];
const many = Reveal.getTotalSlides();
for (let i = 0; i < many; i++) {
  Reveal.slide(i);
  const slide = Reveal.getCurrentSlide();
  slide.querySelectorAll(".fragment").forEach((f) => f.classList.add("visible"));
  await new Promise((done) => setTimeout(done, 30));
  const title = (slide.querySelector("h1, h2, h3") || slide).textContent.trim().slice(0, 60);
  const wanted = 1 - Reveal.getConfig().margin;  // the scale on a screen of 1280 × 720
  const onScreen = (place, inside, screen) =>
    ((place - inside / 2) / Reveal.getScale()) * wanted + screen / 2;
  const walker = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
  let smallest = 1000, text = "";
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    if (!node.textContent.trim() || element.closest("aside, mjx-container, svg")) continue;
    const size = parseFloat(getComputedStyle(element).fontSize) * wanted;
    if (size < smallest) {
      smallest = size;
      text = node.textContent.trim().slice(0, 40);
    }
  }
  let bottom = 0, right = 0;
  slide.querySelectorAll("*").forEach((element) => {
    const within = element.parentElement.closest("svg");
    if (within || element.closest("aside, mjx-assistive-mml")) return;
    const box = element.getBoundingClientRect();
    if (box.width && box.height) {
      bottom = Math.max(bottom, onScreen(box.bottom, innerHeight, 720));
      right = Math.max(right, onScreen(box.right, innerWidth, 1280));
    }
  });
  found.push([title, smallest, text, bottom, right]);
}
return found;
"""


def unreadable(deck: Path) -> list[str]:
    """Return one line for each slide of a built deck with small text, or more than fits on it."""
    problems = []
    for number, (title, size, text, bottom, right) in enumerate(
        ask(deck, MEASURE, size=SIZE, query="?theme=light"), start=1
    ):
        where = f"{deck.stem}, slide {number} ({title})"
        if size < SMALLEST:
            problems.append(f"{where}: “{text}” is {size:.0f} pixels high, {SMALLEST} are needed")
        if bottom > SIZE[1] or right > SIZE[0]:
            problems.append(
                f"{where}: reaches {bottom:.0f} pixels down and {right:.0f} across, "
                f"the slide has {SIZE[1]} and {SIZE[0]}"
            )
    return problems
