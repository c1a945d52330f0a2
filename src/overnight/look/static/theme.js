// Keeps the choice of colours; without scripts it holds until the next page.
"use strict";
(() => {
  const kept = (() => {
    try { return localStorage.getItem("theme"); } catch { return null; }
  })();
  const show = (choice) => {
    if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
    else delete document.documentElement.dataset.theme;
  };
  show(kept);
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.getElementById(`theme-${kept}`);
    if (box) box.checked = true;
    document.querySelector(".theme")?.addEventListener("change", (event) => {
      show(event.target.value);
      try { localStorage.setItem("theme", event.target.value); } catch { /* it holds for this page */ }
    });
  });
})();
