// Slides: light or dark, and the count-down of a prediction.
"use strict";

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

const asked = new URLSearchParams(location.search).get("theme");
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
setTheme(asked || (dark ? "dark" : "light"));

function stop(button) {
  clearInterval(Number(button.dataset.timer));
  delete button.dataset.timer;
}

function show(button, left) {
  const seconds = Number(button.dataset.seconds);
  button.textContent = left > 0 ? left : "Now!";
  button.style.setProperty("--left", `${(100 * left) / seconds}%`);
  button.classList.toggle("over", left <= 0);
}

function start(button) {
  stop(button);
  const end = Date.now() + 1000 * Number(button.dataset.seconds);
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    show(button, left);
    if (left === 0) stop(button);
  };
  button.dataset.timer = setInterval(tick, 250);
  tick();
}

// The template forbids to zoom with two fingers; whoever needs larger letters may.
addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("meta[content*='user-scalable=no']").forEach((meta) => {
    meta.content = "width=device-width, initial-scale=1.0";
  });
});

addEventListener("load", () => {
  document.querySelectorAll(".countdown").forEach((button) => {
    button.addEventListener("click", () => {
      if (button.dataset.timer) {
        stop(button);
        show(button, Number(button.dataset.seconds));
      } else {
        start(button);
      }
    });
  });
  if (!window.Reveal) return;
  Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Light or dark" }, () => {
    setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  });
});
