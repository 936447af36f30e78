/* What the frame does in the browser: links without a reload, menus that close, titles, the list's search. */
(function () {
  "use strict";
  const root = document.documentElement;

  function isPlainClick(event, link) {
    const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0;
    return !modified && !event.defaultPrevented && !link.target && !link.hasAttribute("download");
  }

  function closeMenus(except) {
    document.querySelectorAll("details.sb-menu[open]").forEach(function (menu) {
      if (!except || !menu.contains(except)) menu.open = false;
    });
  }

  /* Links inside the app change the address without a reload; without this script they are links all the same. */
  document.addEventListener("click", function (event) {
    closeMenus(event.target);
    const link = event.target.closest ? event.target.closest("a[href^='/']") : null;
    if (!link || !isPlainClick(event, link)) return;
    event.preventDefault();
    closeMenus();
    if (link.href === window.location.href) return;
    window.history.pushState({}, "", link.href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.sb-menu[open]");
    closeMenus();
    if (open) open.querySelector("summary").focus();
  });

  let firstTitle = true;

  function setTitle(title) {
    if (!title) return window.dash_clientside.no_update;
    document.title = title + " · Energy DashBoard";
    if (!firstTitle) document.getElementById("shell-content").focus({ preventScroll: true });
    firstTitle = false;
    return window.dash_clientside.no_update;
  }

  function filterRows(search, show, _rows, words) {
    const wanted = (search || "").trim().toLowerCase().split(/\s+/).filter(Boolean);
    let apply = function () {
      let seen = 0;
      const rows = document.querySelectorAll("tr.sb-row");
      rows.forEach(function (row) {
        const named = wanted.every((word) => row.dataset.text.includes(word));
        const flagged = show === "all" || row.dataset.flags.split(" ").includes(show);
        row.hidden = !(named && flagged);
        seen += row.hidden ? 0 : 1;
      });
      return rows.length && !seen ? words : "";
    };
    window.requestAnimationFrame(apply);
    return apply();
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    energy: { set_title: setTitle, filter_rows: filterRows },
  });
  root.classList.add("sb-script");
})();
