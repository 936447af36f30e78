/* Paper is light and narrow: before printing the theme turns light, charts get the width of the sheet, and the head of
   the sheet says what, of whom and when; afterwards everything is as it was. */
(function () {
  "use strict";
  const root = document.documentElement;
  const SHEET = 186 / 25.4 * 96;    // px between the margins of an A4 sheet
  const CARD = 2 * 15;              // padding and border of a card on paper
  let theme = null;

  const textOf = (selector) => (document.querySelector(selector) || {}).textContent || "";

  function charts(change) {
    if (!window.Plotly) return;
    document.querySelectorAll(".js-plotly-plot").forEach((plot) => {
      if (plot._fullLayout && plot.offsetParent) window.Plotly.relayout(plot, change(plot));
    });
  }

  function head() {
    const place = document.querySelector(".sb-print-head");
    if (!place) return;
    const now = new Date().toLocaleString(root.lang === "en" ? "en-GB" : root.lang, { dateStyle: "medium", timeStyle: "short" });
    const name = document.createElement("strong");
    name.textContent = textOf(".sb-switch-name") || textOf(".sb-brand");
    const about = document.createElement("span");
    about.append(name, " ", textOf(".sb-switch-about"));
    const when = document.createElement("span");
    when.textContent = `${place.dataset.printed} ${now}`;
    place.replaceChildren(about, when);
  }

  window.addEventListener("beforeprint", () => {
    head();
    theme = root.dataset.bsTheme;
    root.dataset.bsTheme = "light";
    queueMicrotask(() => charts((plot) => ({ width: Math.floor(SHEET - CARD), height: plot._fullLayout.height })));
  });

  window.addEventListener("afterprint", () => {
    root.dataset.bsTheme = theme;
    queueMicrotask(() => charts(() => ({ width: null, autosize: true })));
  });
})();
