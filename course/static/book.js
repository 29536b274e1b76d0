// Formulas, tables, pictures and outputs that are wider than the column scroll by themselves, also
// with the keyboard, and fade at the side where they go on (book.css).
const FORMULAS = "mjx-container[display='true'], mjx-container.wide";
const WIDE = `.bd-article :is(${FORMULAS}, .pst-scrollable-table-container, .picture, .output, pre)`;

function markEdges(box) {
  const rest = box.scrollWidth - box.clientWidth;
  box.classList.toggle("more-left", rest > 1 && box.scrollLeft > 1);
  box.classList.toggle("more-right", rest > 1 && box.scrollLeft < rest - 1);
  if (rest > 1 && !box.hasAttribute("tabindex")) {
    box.tabIndex = 0;
    box.addEventListener("scroll", () => markEdges(box), {passive: true});
  }
}

// A formula in the text cannot break over lines. The column may have become wider since last time,
// so each is measured anew, as if it did fit.
function scrollWideThings() {
  const inText = document.querySelectorAll(".bd-article mjx-container:not([display='true'])");
  inText.forEach((formula) => formula.classList.remove("wide", "more-left", "more-right"));
  const wide = [...inText].filter((formula) => {
    const column = formula.closest("p, li, td, dd, summary, div");
    return column && formula.offsetWidth > column.clientWidth;
  });
  wide.forEach((formula) => formula.classList.add("wide"));
  document.querySelectorAll(WIDE).forEach(markEdges);
}

// The caption of a figure stays where it is while its picture is moved.
function wrapPictures() {
  document.querySelectorAll(".bd-article figure > :is(svg, img, a)").forEach((picture) => {
    const box = document.createElement("div");
    box.className = "picture";
    picture.before(box);
    box.append(picture);
  });
}

// On a phone a cell with a sentence gets room for it: rows of two words a line are endless.
function widenLongCells() {
  document.querySelectorAll(".bd-article td").forEach((cell) => {
    cell.classList.toggle("long", cell.textContent.trim().length > 60);
  });
}

// A picture that is shown smaller than it is can be opened by itself.
function linkShrunkPictures() {
  document.querySelectorAll(".bd-article :is(p, figure) img").forEach((image) => {
    const shrunk = image.naturalWidth > 1.3 * image.clientWidth && image.clientWidth > 0;
    if (!shrunk || image.closest("a") || image.src.startsWith("data:")) return;
    const link = document.createElement("a");
    link.href = image.src;
    link.className = "larger";
    image.before(link);
    link.append(image);
  });
}

document.addEventListener("DOMContentLoaded", wrapPictures);
document.addEventListener("DOMContentLoaded", widenLongCells);
addEventListener("load", () => {
  linkShrunkPictures();
  scrollWideThings();
  if (window.MathJax && MathJax.startup) {
    MathJax.startup.promise.then(scrollWideThings);
  }
});
addEventListener("resize", scrollWideThings);
document.addEventListener("toggle", scrollWideThings, true); // a folded part was opened

// A site opened as files: the browser refuses to fetch the pages that a search found, so what is
// shown below a hit comes from a script that has the texts of all pages.
if (location.protocol === "file:" && location.pathname.endsWith("/search.html")) {
  const texts = new Promise((done) => {
    const script = document.createElement("script");
    script.src = "_static/search-texts.js";
    script.onload = () => done(window.SEARCH_TEXTS);
    document.head.append(script);
  });
  window.fetch = async (address) => {
    const page = String(address).replace(/^\.\//, "").replace(/[#?].*$/, "");
    return new Response(`<div role="main">${(await texts)[page] || ""}</div>`);
  };
}
