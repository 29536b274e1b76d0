// A formula in the text cannot break over lines. Where it is wider than the column, it scrolls by
// itself, also with the keyboard.
function scrollWideFormulas() {
  document.querySelectorAll(".bd-article mjx-container").forEach((formula) => {
    const column = formula.closest("p, li, td, dd, summary, div");
    if (formula.getAttribute("display") !== "true" && column && formula.offsetWidth > column.clientWidth) {
      formula.classList.add("wide");
    }
    if (formula.scrollWidth > formula.clientWidth + 1) {
      formula.tabIndex = 0;
    }
  });
}

addEventListener("load", () => {
  if (window.MathJax && MathJax.startup) {
    MathJax.startup.promise.then(scrollWideFormulas);
  }
});
document.addEventListener("toggle", scrollWideFormulas, true); // a folded part was opened

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
