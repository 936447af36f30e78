/* The theme is set before anything is drawn, so that a dark page never flashes light. Loaded in <head>. */
(function () {
  "use strict";
  const KEY = "energy-theme";
  const root = document.documentElement;

  function wanted() {
    let saved = null;
    try { saved = window.localStorage.getItem(KEY); } catch (error) { saved = null; }
    if (saved === "light" || saved === "dark") return saved;
    return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }

  function show(theme) {
    root.setAttribute("data-bs-theme", theme);
    root.dataset.agThemeMode = theme;
    window.dispatchEvent(new CustomEvent("energy-theme", { detail: theme }));
  }

  document.addEventListener("click", function (event) {
    if (!event.target.closest || !event.target.closest("[data-theme-toggle]")) return;
    const theme = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    try { window.localStorage.setItem(KEY, theme); } catch (error) { /* private mode: this page only */ }
    show(theme);
  });

  show(wanted());
})();
