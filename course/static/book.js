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
