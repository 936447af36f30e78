/* The project map in the browser: drawn where WebGL is, its pins kept in place, rows and pins that point at each other. */
(function () {
  "use strict";
  const SETTLE_TRIES = 200;
  const APART_PX = 30;             // what two pins keep between their middles, so that each can be hit
  const NOTE_PX = 240, NOTE_OUT_PX = 12, NOTE_IN_PX = 8;   // its width, how far left of its pin, how far from the edge
  let chosen = null;               // the project that a row or a pin last pointed at
  let view = null;                 // {seen, center, zoom}: where a person has moved the map to, while it has these pins
  let shown = null;                // the figure's own map, as charts.draw keeps it for a change of theme

  const rootOf = (graphId) => document.querySelector(`.sb-map[data-map="${graphId.replace(/-graph$/, "")}"]`);
  const mapOf = (root) => {
    const plot = root.querySelector(".js-plotly-plot");
    const part = plot && plot._fullLayout && plot._fullLayout.map;
    return part && part._subplot ? part._subplot.map : null;
  };

  function canDraw() {
    try {
      const canvas = document.createElement("canvas");
      return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
    } catch (error) {
      return false;
    }
  }

  function draw(drawn, themes, graphId) {
    const root = rootOf(graphId);
    if (!drawn || !root) return window.dash_clientside.no_update;
    if (!canDraw()) {
      root.classList.add("sb-map-none");
      return window.dash_clientside.no_update;
    }
    root.classList.toggle("sb-map-offline", typeof drawn.figure.layout.map.style === "object");
    window.setTimeout(() => { settle(root); point(chosen); window.setTimeout(fadeAgain, 200); }, 0);
    return window.dash_clientside.charts.draw(withView(drawn), themes, graphId);
  }

  /* A refresh and a change of theme draw the map anew: both start from where the person has moved it. */
  function withView(drawn) {
    const layout = drawn.figure.layout;
    const moved = view && view.seen === layout.uirevision ? { center: view.center, zoom: view.zoom } : {};
    shown = { ...layout.map, ...moved };
    return { ...drawn, figure: { ...drawn.figure, layout: { ...layout, map: shown } } };
  }

  function rememberView(map, event) {
    if (!event.originalEvent || !shown) return;
    const { lng: lon, lat } = map.getCenter();
    view = { seen: shown.uirevision, center: { lon, lat }, zoom: map.getZoom() };
    Object.assign(shown, { center: view.center, zoom: view.zoom });
  }

  /* The map comes some frames after its figure: wait for it, then follow its every move. */
  function settle(root, tries = 0) {
    const map = root.isConnected ? mapOf(root) : null;
    if (!map) {
      if (tries < SETTLE_TRIES && root.isConnected) window.setTimeout(() => settle(root, tries + 1), 50);
      return;
    }
    if (map.sbFollowed !== root) {
      map.sbFollowed = root;
      map.on("move", () => place(root, map));
      map.on("moveend", (event) => rememberView(map, event));
      map.on("resize", () => place(root, map));
      map.on("load", () => { place(root, map); root.classList.add("sb-map-ready"); });
      if (map.loaded()) root.classList.add("sb-map-ready");
    }
    place(root, map);
  }

  function place(root, map) {
    const { clientWidth: width, clientHeight: height } = map.getContainer();
    const taken = [];                // a pin that lies on another one is reached from the list, or after zooming in
    root.querySelectorAll(".sb-pin-place").forEach((pin) => {
      const turns = Math.round((map.getCenter().lng - Number(pin.dataset.lon)) / 360);
      const at = map.project([Number(pin.dataset.lon) + 360 * turns, Number(pin.dataset.lat)]);
      pin.style.transform = `translate(${at.x.toFixed(1)}px, ${at.y.toFixed(1)}px)`;
      const covered = taken.some((one) => Math.hypot(one.x - at.x, one.y - at.y) < APART_PX);
      if (!covered) taken.push(at);
      pin.classList.toggle("sb-pin-away", covered || at.x < 0 || at.y < 0 || at.x > width || at.y > height);
      const free = Math.min(-NOTE_OUT_PX, width - NOTE_IN_PX - NOTE_PX - at.x);
      pin.style.setProperty("--sb-note-x", `${Math.max(free, NOTE_IN_PX - at.x).toFixed(1)}px`);
      pin.classList.toggle("sb-note-up", at.y > height / 2);
    });
  }

  /* What is pointed at: its row, its pin and its card. */
  function point(projectId) {
    const rows = [...document.querySelectorAll("tr.sb-row")];
    if (!rows.length) return;
    if (!rows.some((row) => row.dataset.project === projectId)) projectId = rows[0].dataset.project;
    chosen = projectId;
    rows.forEach((row) => row.classList.toggle("sb-row-on", row.dataset.project === projectId));
    document.querySelectorAll(".sb-pin-place").forEach((pin) => {
      pin.classList.toggle("sb-pin-on", JSON.parse(pin.dataset.projects).includes(projectId));
    });
    document.querySelectorAll("[data-details]").forEach((card) => { card.hidden = card.dataset.details !== projectId; });
  }

  function pointed(event) {
    const row = event.target.closest && event.target.closest("tr.sb-row");
    if (row) return point(row.dataset.project);
    const pin = event.target.closest && event.target.closest(".sb-pin-place");
    if (!pin) return undefined;
    pin.classList.remove("sb-note-shut");
    const ids = JSON.parse(pin.dataset.projects);
    return ids.includes(chosen) ? undefined : point(ids[0]);
  }

  document.addEventListener("mouseover", pointed);
  document.addEventListener("focusin", pointed);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll(".sb-pin-place:is(:hover, :focus-within)").forEach((pin) => pin.classList.add("sb-note-shut"));
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("button[data-map-zoom]");
    if (!button) return;
    const root = button.closest(".sb-map");
    const map = mapOf(root);
    if (!map) return;
    const step = Number(button.dataset.mapZoom);
    const pin = root.querySelector(".sb-pin-on");
    const next = { zoom: Math.min(Math.max(map.getZoom() + step, -1), 10) };
    if (step > 0 && pin) next.center = [Number(pin.dataset.lon), Number(pin.dataset.lat)];
    map.jumpTo(next, { originalEvent: event });
  });

  /* A pin goes with its last row: who searches sees the same projects on the map. */
  function filterRows(search, show, rows, words) {
    const said = window.dash_clientside.energy.filter_rows(search, show, rows, words);
    window.requestAnimationFrame(() => {
      const hidden = new Set([...document.querySelectorAll("tr.sb-row[hidden]")].map((row) => row.dataset.project));
      document.querySelectorAll(".sb-pin-place").forEach((pin) => {
        pin.classList.toggle("sb-pin-filtered", JSON.parse(pin.dataset.projects).every((id) => hidden.has(id)));
      });
      document.querySelectorAll(".sb-map-ready").forEach(fade);
    });
    return said;
  }

  function fade(root) {
    const plot = root.querySelector(".js-plotly-plot");
    if (!plot || !plot.data || !mapOf(root)) return;
    const key = (lat, lon) => `${Number(lat).toFixed(3)} ${Number(lon).toFixed(3)}`;
    const gone = [...root.querySelectorAll(".sb-pin-filtered")].map((pin) => key(pin.dataset.lat, pin.dataset.lon));
    const state = gone.join();
    if ((plot.sbFaded || "") === state) return;
    plot.sbFaded = state;
    const opacity = plot.data.map((trace) => trace.lat.map((lat, i) => (gone.includes(key(lat, trace.lon[i])) ? 0 : 1)));
    window.Plotly.restyle(plot, { "marker.opacity": opacity });
  }

  function fadeAgain() {
    document.querySelectorAll(".sb-map-ready").forEach((root) => {
      const plot = root.querySelector(".js-plotly-plot");
      if (plot) plot.sbFaded = "";
      fade(root);
    });
  }

  window.addEventListener("energy-theme", () => window.setTimeout(fadeAgain, 200));

  window.dash_clientside = Object.assign({}, window.dash_clientside, { map: { draw, filter_rows: filterRows } });
})();
