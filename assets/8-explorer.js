/* The choice of measurands: what is ticked goes into the address, the search hides what does not fit. */
(function () {
  "use strict";

  function choose(address, ids) {
    const kept = window.location.search.replace(/^\?/, "").split("&").filter((part) => part && !/^m=/.test(part));
    kept.push("m=" + (ids.length ? ids.map(encodeURIComponent).join(",") : "none"));
    window.dash_clientside.set_props(address, { search: "?" + kept.join("&") });
  }

  document.addEventListener("change", (event) => {
    const chooser = event.target.closest("[data-chooser]");
    if (!chooser || event.target.type !== "checkbox") return;
    const ticked = [...chooser.querySelectorAll("input[type=checkbox]:checked")];
    choose(chooser.dataset.chooser, ticked.map((box) => box.value));
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-choose-none]");
    if (button) choose(button.dataset.chooseNone, []);
  });

  document.addEventListener("input", (event) => {
    const search = event.target.closest(".sb-choose-search");
    if (!search) return;
    const wanted = search.value.trim().toLowerCase().split(/\s+/);
    const chooser = search.closest("[data-chooser]");
    let seen = 0;
    chooser.querySelectorAll("fieldset").forEach((group) => {
      let here = 0;
      group.querySelectorAll(".form-check").forEach((row) => {
        const text = row.textContent.toLowerCase() + " " + group.querySelector("legend").textContent.toLowerCase();
        row.hidden = !wanted.every((word) => text.includes(word));
        here += row.hidden ? 0 : 1;
      });
      group.hidden = !here;
      seen += here;
    });
    chooser.querySelector(".sb-choose-none").hidden = seen > 0;
  });

  /* On a phone the list is folded away: the charts come first. */
  document.addEventListener("click", (event) => {
    const fold = event.target.closest("[data-choose-fold]");
    if (!fold) return;
    const open = fold.getAttribute("aria-expanded") !== "true";
    fold.setAttribute("aria-expanded", String(open));
  });
})();
