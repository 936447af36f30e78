/* The range bar: a chosen value changes the address here and now; what the server draws for the head of a page is put
   into its place when nobody holds a control of it, and the keyboard stays where it was. */
(function () {
  "use strict";
  const NAMES = ["resolution", "range", "recent", "compare", "from", "to"];
  const DEFAULTS = { resolution: "auto", range: "48h", compare: "none" };
  const OF_ONE_RANGE = ["resolution", "at", "from", "to"];
  const HELD = ".sb-range-head";
  const LONGEST_MS = 10000;
  let held = null;                 // the control on which the pointer is down, or whose list is open
  let heldSince = 0;

  function change(...given) {
    const values = given.slice(0, NAMES.length);
    const [rendered, search] = given.slice(NAMES.length);
    const after = searchAfter(search || "", rendered || {}, values);
    return after === null ? window.dash_clientside.no_update : after;
  }

  /* The address after a person changed a control, or null when nothing differs from what was rendered. */
  function searchAfter(search, rendered, values) {
    const chosen = Object.fromEntries(NAMES.map((name, place) => [name, values[place]]));
    const changed = NAMES.filter((name) => chosen[name] && chosen[name] !== rendered[name]);
    if (!changed.length) return null;
    const parts = new URLSearchParams(search);
    const kind = changed.includes("recent") ? chosen.recent : changed.includes("range") ? chosen.range : null;
    if (kind) {
      OF_ONE_RANGE.forEach((name) => parts.delete(name));
      parts.set("range", kind);
    }
    if (changed.includes("from") || changed.includes("to")) {
      ["from", "to"].forEach((name) => { if (chosen[name]) parts.set(name, chosen[name]); });
    }
    ["resolution", "compare"].forEach((name) => { if (changed.includes(name)) parts.set(name, chosen[name]); });
    Object.entries(DEFAULTS).forEach(([name, value]) => { if (parts.get(name) === value) parts.delete(name); });
    return asSearch(parts);
  }

  function asSearch(parts) {
    const text = parts.toString().replace(/%2C/g, ",");
    return text ? `?${text}` : "";
  }

  /* The address behind a link of the bar, with what was chosen since it was drawn. */
  function searchBehind(linked, search, keeps) {
    const parts = new URLSearchParams(linked);
    const now = new URLSearchParams(search);
    keeps.forEach((name) => { if (now.has(name)) parts.set(name, now.get(name)); else parts.delete(name); });
    return asSearch(parts);
  }

  function follow(event) {
    const link = event.target.closest && event.target.closest("a[data-address]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    const keeps = link.matches(".sb-stepper *") ? ["compare", "resolution"] : ["compare"];
    const [linked, now] = [new URL(link.href).search, window.location.search];
    const option = link.dataset.option;    // such a link changes this one parameter of the address as it is now
    const search = option ? searchBehind(now, linked, [option])
      : searchBehind(linked, now, link.matches(`${HELD} *`) ? keeps : []);
    window.dash_clientside.set_props(link.dataset.address, { search });
  }

  function hold(event) {
    const within = event.target.closest && event.target.closest(HELD);
    held = within ? event.target.closest("select, input, a, button") : null;
    heldSince = Date.now();
  }

  /* A list stays open after the pointer is up: it is let go by a choice, by Escape, or by leaving it. */
  function letGo(event) {
    const stays = event.type === "pointerup" ? held && held.matches("select, input")
      : event.type === "keydown" ? event.key !== "Escape" : event.target !== held;
    if (!stays) window.setTimeout(() => { held = null; }, 0);
  }

  const isHeld = (head) => held !== null && head.contains(held) && Date.now() - heldSince < LONGEST_MS;

  async function show(drawn, headId) {
    if (!drawn) return window.dash_clientside.no_update;
    const head = document.getElementById(headId);
    while (head && head.isConnected && isHeld(head)) await new Promise((next) => window.setTimeout(next, 50));
    keepFocus(head);
    return drawn;
  }

  /* The control that had the keyboard has it again: by its id, or a link by its words. */
  function keepFocus(head) {
    const before = document.activeElement;
    if (!head || !before || !head.contains(before)) return;
    const find = () => (before.id
      ? document.getElementById(before.id)
      : [...head.querySelectorAll("a, button")].find((one) => one.textContent === before.textContent));
    const watch = new MutationObserver(() => {
      if (before.isConnected) return;
      const again = find();
      if (!again) return;
      watch.disconnect();
      if (document.activeElement === document.body) again.focus({ preventScroll: true });
    });
    watch.observe(head, { childList: true, subtree: true });
    window.setTimeout(() => watch.disconnect(), LONGEST_MS);
  }

  document.addEventListener("click", follow);
  document.addEventListener("pointerdown", hold, true);
  ["pointerup", "pointercancel", "change", "focusout", "keydown"].forEach((name) => {
    document.addEventListener(name, letGo, true);
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, { range: { change, show, searchAfter } });
})();
