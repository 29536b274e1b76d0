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

// A formula in the text cannot break over lines.
function scrollWideThings() {
  document.querySelectorAll(".bd-article mjx-container:not([display='true'])").forEach((formula) => {
    const column = formula.closest("p, li, td, dd, summary, div");
    if (column && formula.offsetWidth > column.clientWidth) {
      formula.classList.add("wide");
    }
  });
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

document.addEventListener("DOMContentLoaded", wrapPictures);
addEventListener("load", () => {
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
