/* A select that is one parameter of the address: what is chosen goes there, and the page follows. */
(function () {
  "use strict";

  document.addEventListener("change", (event) => {
    const label = event.target.closest("[data-option-select]");
    if (!label || event.target.tagName !== "SELECT") return;
    const parts = new URLSearchParams(window.location.search);
    parts.delete(label.dataset.optionSelect);
    if (event.target.value !== label.dataset.default) parts.set(label.dataset.optionSelect, event.target.value);
    const text = parts.toString().replace(/%2C/g, ",");
    window.dash_clientside.set_props(label.dataset.address, { search: text ? `?${text}` : "" });
  });
})();
