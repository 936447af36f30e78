/* Charts in the browser: colours of the theme in use, phone sizes, legend buttons, linked hover and zoom, the menu.
   What the server sends (light colours) is kept for each chart, so that a change of theme needs no request. */
(function () {
  "use strict";
  const kept = new Map();          // graph id -> {figure, phone, themes}
  const shown = new Map();         // graph id -> Map(trace key -> boolean), as the person chose
  const zooms = new Map();         // graph id -> {revision, range, finer}, while a person has zoomed in
  let asking = 0;
  const phoneWidth = window.matchMedia("(max-width: 767.98px)");
  const root = document.documentElement;

  const dark = () => root.dataset.bsTheme === "dark";
  const plotOf = (name) => document.querySelector(`[data-chart="${name}"] .js-plotly-plot`);
  const nameOf = (graphId) => graphId.replace(/-graph$/, "");
  const zoomedTicks = (graphId) => document.querySelector(`.sb-chart[data-chart="${nameOf(graphId)}"]`).dataset.zoomed;

  function recolour(value, table) {
    if (typeof value === "string") {
      if (value[0] === "#") return table[value.toUpperCase()] || value;
      const parts = /^rgba\((\d+),(\d+),(\d+),([\d.]+)\)$/.exec(value);
      if (!parts) return value;
      const hex = "#" + parts.slice(1, 4).map((c) => (+c).toString(16).padStart(2, "0")).join("").toUpperCase();
      const other = table[hex];
      if (!other) return value;
      const channels = [1, 3, 5].map((i) => parseInt(other.slice(i, i + 2), 16));
      return `rgba(${channels.join(",")},${parts[4]})`;
    }
    if (Array.isArray(value)) {
      const long = value.length > 60 && !/^(#|rgba)/.test(value[0]);
      return long ? value : value.map((v) => recolour(v, table));
    }
    if (value && typeof value === "object") {
      if (value.bdata) return value;
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, recolour(v, table)]));
    }
    return value;
  }

  function themed(graphId) {
    const { figure, phone, themes } = kept.get(graphId);
    const name = dark() ? "dark" : "light";
    let data = figure.data.map((trace) => ({ ...trace }));
    let layout = { ...figure.layout };
    if (dark()) {
      data = data.map((trace) => recolour(trace, themes.dark));
      layout = recolour(layout, themes.dark);
    }
    layout.template = themes.templates[name];
    if (phoneWidth.matches) narrow(data, layout, phone);
    const zoomed = zooms.get(graphId);
    if (zoomed && zoomed.revision === layout.uirevision) {
      layout.xaxis = { ...layout.xaxis, range: zoomed.range, tickmode: "auto", tickformat: zoomedTicks(graphId) };
      if (zoomed.finer) finer(data, layout, zoomed.finer);
    }
    const chosen = shown.get(graphId);
    if (chosen) data.forEach((trace) => { if (chosen.has(trace.meta)) trace.visible = chosen.get(trace.meta); });
    return { data, layout };
  }

  /* Points and axis ends of what was zoomed into, in the place of the coarse ones of the same traces. */
  function finer(data, layout, refined) {
    const left = refined.traces.slice();
    data.forEach((trace) => {
      const place = left.findIndex((one) => one.meta === trace.meta && (one.name || "") === (trace.name || ""));
      if (place < 0) return;
      const [one] = left.splice(place, 1);
      trace.x = one.x;
      trace.y = one.y;
    });
    Object.entries(refined.axes).forEach(([key, axis]) => { layout[key] = { ...layout[key], ...axis }; });
  }

  /* Zoomed in, the server is asked for finer values of what is seen; until they come the coarse ones stay. */
  function ask(plots) {
    const store = plots.map(storeOf).find(Boolean);
    window.clearTimeout(asking);
    if (!store) return;
    asking = window.setTimeout(() => {
      const zoomed = plots.map(graphIdOf).filter((graphId) => zooms.has(graphId));
      if (!zoomed.length) return;
      const asked = { charts: zoomed.map(nameOf), range: zooms.get(zoomed[0]).range.map(String), at: Date.now() };
      window.dash_clientside.set_props(store, { data: asked });
    }, 200);
  }

  function storeOf(plot) {
    const drawn = kept.get(graphIdOf(plot));
    return drawn && drawn.figure.layout.meta && drawn.figure.layout.meta.refine;
  }

  function refine(refined) {
    if (!refined) return;
    Object.entries(refined.charts).forEach(([name, found]) => {
      const graphId = `${name}-graph`;
      const zoomed = zooms.get(graphId);
      const plot = plotOf(name);
      if (!zoomed || !plot || String(zoomed.range) !== String(refined.range)) return;
      zoomed.finer = found;
      window.dash_clientside.set_props(`${name}-meta`, { children: found.meta });
      const { data, layout } = themed(graphId);
      window.Plotly.react(plot, data, layout);
    });
  }

  function narrow(data, layout, phone) {
    layout.height = phone.height;
    layout.margin = { ...(layout.margin || {}), ...phone.margin };
    layout.annotations = (layout.annotations || []).filter((note) => note.name !== "wide-only");
    const ticks = layout.meta && layout.meta.phone_ticks;
    if (ticks) {
      Object.keys(layout).filter((key) => /^xaxis/.test(key)).forEach((key) => {
        layout[key] = { ...layout[key], ...ticks };
      });
    }
    const own = layout.meta && layout.meta.phone;    // a drawing made for phones, in the place of the wide one
    if (own) {
      data.splice(0, data.length, ...own.data.map((trace) => ({ ...trace })));
      layout.margin = own.margin;
    }
    data.forEach((trace) => {
      if (trace.line && trace.line.width === 2) trace.line = { ...trace.line, width: 1.5 };
    });
  }

  function draw(drawn, themes, graphId) {
    if (!drawn) return window.dash_clientside.no_update;
    kept.set(graphId, { ...drawn, themes });
    fit(graphId, drawn);
    window.setTimeout(() => { wire(graphId); mirror(graphId); stay(graphId); }, 0);
    return themed(graphId);
  }

  /* Drawn anew while somebody is zoomed in: the finer values may have changed as well. */
  function stay(graphId) {
    const plot = plotOf(nameOf(graphId));
    const zoomed = zooms.get(graphId);
    if (plot && zoomed && zoomed.finer && zoomed.revision === kept.get(graphId).figure.layout.uirevision) ask([plot]);
  }

  /* The frame is as high as what is drawn: some charts have a row for each thing that a person chose. */
  function fit(graphId, drawn) {
    const frame = document.querySelector(`.sb-chart[data-chart="${nameOf(graphId)}"]`);
    if (!frame) return;
    frame.style.setProperty("--sb-chart-height", `${drawn.figure.layout.height}px`);
    frame.style.setProperty("--sb-chart-phone-height", `${drawn.phone.height}px`);
  }

  function redrawAll() {
    kept.forEach((_, graphId) => {
      const plot = plotOf(nameOf(graphId));
      if (!plot || !window.Plotly) return;
      const { data, layout } = themed(graphId);
      window.Plotly.react(plot, data, layout);
    });
  }

  /* Buttons of the legend mirror what is shown, also after the server drew them anew. */
  function mirror(graphId) {
    const chosen = shown.get(graphId);
    if (!chosen) return;
    document.querySelectorAll(`#${nameOf(graphId)}-legend [data-trace]`).forEach((chip) => {
      if (chosen.has(chip.dataset.trace)) chip.setAttribute("aria-pressed", String(chosen.get(chip.dataset.trace)));
    });
  }

  /* Linked hover and zoom; zoomed in, the ticks are Plotly's own. */
  function wire(graphId, tries = 0) {
    const plot = plotOf(nameOf(graphId));
    if (!plot || !plot.on) {
      if (tries < 100) window.setTimeout(() => wire(graphId, tries + 1), 50);
      return;
    }
    if (plot.sbWired) return;
    plot.sbWired = true;
    plot.on("plotly_hover", (event) => others(plot).forEach((other) => hoverAt(other, event.xvals[0])));
    plot.on("plotly_unhover", () => others(plot).forEach((other) => window.Plotly.Fx.unhover(other)));
    plot.on("plotly_relayout", (change) => zoom(plot, change));
    plot.on("plotly_beforeplot", () => standStill(plot));
  }

  /* A Sankey would fade in and slide at every drawing: drawn anew, it stands where it belongs at once. */
  function standStill(plot) {
    plot.querySelectorAll(".sankey, .bgsankey, .infolayer .first-render").forEach((part) => part.remove());
  }

  function others(plot) {
    const link = plot.closest("[data-link]").dataset.link;
    if (!link) return [];
    return [...document.querySelectorAll(`[data-link="${link}"] .js-plotly-plot`)].filter((other) => other !== plot);
  }

  function hoverAt(plot, xval) {
    if (!plot.data || !plot.data.length) return;
    const place = typeof xval === "number" ? xval : plot._fullLayout.xaxis.d2c(xval);
    window.Plotly.Fx.hover(plot, { xval: place }, "xy");
  }

  function zoom(plot, change) {
    if (plot.sbFollowing) return;
    const start = change["xaxis.range[0]"];
    const reset = change["xaxis.autorange"] || change["xaxis.range"];
    if (start === undefined && !reset) return;
    [plot, ...others(plot)].forEach((each) => remember(each, reset ? null : [start, change["xaxis.range[1]"]]));
    if (!reset) ask([plot, ...others(plot)]);
    const update = reset ? wholeRange(plot) : {
      "xaxis.range[0]": start, "xaxis.range[1]": change["xaxis.range[1]"],
      "xaxis.tickmode": "auto", "xaxis.tickformat": zoomedTicks(graphIdOf(plot)),
    };
    if (!update) return;
    window.setTimeout(() => [plot, ...others(plot)].forEach((each) => {
      each.sbFollowing = true;
      window.Plotly.relayout(each, update).then(() => { each.sbFollowing = false; });
    }), 0);
  }

  function remember(plot, range) {
    const graphId = graphIdOf(plot);
    if (range && kept.has(graphId)) zooms.set(graphId, { revision: kept.get(graphId).figure.layout.uirevision, range });
    else leave(graphId);
  }

  function leave(graphId) {
    const zoomed = zooms.get(graphId);
    zooms.delete(graphId);
    if (!zoomed || !zoomed.finer) return;
    const name = nameOf(graphId);
    window.dash_clientside.set_props(`${name}-meta`, { children: kept.get(graphId).meta });
    const { data, layout } = themed(graphId);
    window.Plotly.react(plotOf(name), data, layout);
  }

  const graphIdOf = (plot) => plot.closest("[data-chart]").dataset.chart + "-graph";

  function wholeRange(plot) {
    const graphId = graphIdOf(plot);
    if (!kept.has(graphId)) return null;
    const axis = themed(graphId).layout.xaxis;
    if (!axis || !axis.range) return null;
    const whole = { "xaxis.autorange": false, "yaxis.autorange": false, "xaxis.range": axis.range.slice(), "xaxis.tickmode": "array", "xaxis.tickformat": "" };
    const layout = themed(graphId).layout;
    Object.keys(layout).filter((key) => /^yaxis/.test(key) && layout[key].range).forEach((key) => {
      whole[`${key}.autorange`] = false;
      whole[`${key}.range`] = layout[key].range.slice();
    });
    return whole;
  }

  /* Buttons: one listener for all charts of all pages. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.trace) toggleTrace(button);
    else if (button.dataset.legend) toggleLegend(button.dataset.legend);
    else if (button.dataset.chartAction) {
      actions[button.dataset.chartAction](button.dataset.chart, button);
      button.closest("details").open = false;
    }
  });

  function toggleTrace(chip) {
    const name = chip.closest(".sb-legend").id.replace(/-legend$/, "");
    const pressed = chip.getAttribute("aria-pressed") !== "true";
    chip.setAttribute("aria-pressed", String(pressed));
    const graphId = name + "-graph";
    if (!shown.has(graphId)) shown.set(graphId, new Map());
    shown.get(graphId).set(chip.dataset.trace, pressed);
    const plot = plotOf(name);
    const places = plot.data.map((trace, i) => (trace.meta === chip.dataset.trace ? i : -1)).filter((i) => i >= 0);
    window.Plotly.restyle(plot, { visible: pressed }, places);
  }

  function toggleLegend(legendId) {
    const legend = document.getElementById(legendId);
    legend.hidden = !legend.hidden;
    document.querySelectorAll(`[data-legend="${legendId}"]`).forEach((button) => {
      button.textContent = legend.hidden ? button.dataset.show : button.dataset.hide;
      if (button.hasAttribute("aria-expanded")) button.setAttribute("aria-expanded", String(!legend.hidden));
    });
  }

  /* The chart as rows: time, then one column for each series that is shown. */
  function rowsOf(name, timeWord) {
    const plot = plotOf(name);
    const given = plot.layout.meta && plot.layout.meta.rows;    // what has no time comes with its rows
    if (given && given.length) return given;
    const traces = plot._fullData.filter((trace) => trace.visible === true && trace.hoverinfo !== "skip" && trace.x && trace.x.length);
    const times = [...new Set(traces.flatMap((trace) => [...trace.x].map(stamp)))].sort();
    const columns = traces.map((trace) => new Map([...trace.x].map((x, i) => [stamp(x), trace.y[i]])));
    const cell = (value) => (value === undefined || value === null || Number.isNaN(value) ? "" : value.toFixed(3));
    const rows = times.map((time) => [time, ...columns.map((column) => cell(column.get(time)))]);
    return [[timeWord, ...traces.map((trace) => `${asWritten(trace.name)} [${unitOf(plot, trace)}]`)], ...rows];
  }

  /* A name without the entities that keep Plotly from reading it as markup (components/plot_text.py). */
  function asWritten(name) {
    const signs = { "&lt;": "<", "&gt;": ">", "&#36;": "$", "&amp;": "&" };
    return name.replace(/&(?:lt|gt|#36|amp);/g, (entity) => signs[entity]);
  }

  function unitOf(plot, trace) {
    const meta = plot.layout.meta || {};
    return (meta.units || {})[trace.meta] || meta.unit || "kW";
  }

  /* A number as the reader's language writes it; files keep the point. */
  function inWords(text) {
    const digits = (/\.(\d+)$/.exec(text) || ["", ""])[1].length;
    const look = { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false };
    return text === "" ? "" : Number(text).toLocaleString(root.lang, look);
  }

  const stamp = (x) => String(x).replace("T", " ").slice(0, 16);

  const actions = {
    table(name, button) {
      const frame = document.querySelector(`[data-chart-table="${name}"]`);
      frame.hidden = !frame.hidden;
      frame.replaceChildren();
      if (frame.hidden) return;
      const table = document.createElement("table");
      table.className = "sb-table";
      const rows = rowsOf(name, button.dataset.time);
      const numeric = rows[0].map((_, column) => rows.slice(1).every((row) => row[column] === "" || !Number.isNaN(+row[column])));
      rows.forEach((row, place) => {
        const line = (place ? table.tBodies[0] || table.createTBody() : table.createTHead()).insertRow();
        row.forEach((text, column) => {
          const cell = document.createElement(place ? "td" : "th");
          cell.textContent = place && numeric[column] ? inWords(text) : text;
          if (numeric[column]) cell.className = "sb-number";
          line.append(cell);
        });
      });
      frame.append(table);
    },
    csv(name, button) {
      if (button.dataset.export) {
        download(name, button.dataset.export, "csv");
        return;
      }
      const plain = (text) => (/^\s*[=+\-@]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text);
      const quote = (text) => (/[",\n]/.test(text) ? `"${plain(text).replaceAll('"', '""')}"` : plain(text));
      const text = rowsOf(name, button.dataset.time).map((row) => row.map(quote).join(",")).join("\r\n");
      save(new Blob([text], { type: "text/csv" }), `${name}.csv`);
    },
    xlsx(name, button) { download(name, button.dataset.export, "xlsx"); },
    png(name) { picture(name, "png"); },
    svg(name) { picture(name, "svg"); },
    reset(name) {
      const plot = plotOf(name);
      zoom(plot, { "xaxis.autorange": true });
    },
    link(name) {
      const copied = navigator.clipboard ? navigator.clipboard.writeText(window.location.href) : Promise.reject();
      copied.then(() => tell(name, "copied"), () => tell(name, "notCopied"));
    },
  };

  /* What became of it is said beside the menu; good news goes away by itself. */
  function tell(name, key, words) {
    const news = document.querySelector(`[data-menu-news="${name}"]`);
    if (!news) return;
    news.textContent = words || (key ? news.dataset[key] : "");
    window.clearTimeout(news.sbTimer);
    if (key === "copied") news.sbTimer = window.setTimeout(() => { news.textContent = ""; }, 5000);
  }

  function save(blob, filename) {
    const address = URL.createObjectURL(blob);
    Object.assign(document.createElement("a"), { href: address, download: filename }).click();
    window.setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  /* Files come from the server, at full resolution of what the address shows; an ended session leads to sign-in. */
  async function download(name, chart, kind) {
    const project = window.location.pathname.split("/").slice(0, 3).join("/");
    tell(name, "busy");
    try {
      const answer = await fetch(`${project}/export/${chart}.${kind}${window.location.search}`);
      if (answer.redirected || answer.status === 401) {
        window.location.reload();
        return;
      }
      if (!answer.ok) {
        const told = await answer.json().catch(() => ({}));
        tell(name, "failed", told.error);
        return;
      }
      const named = /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition") || "");
      save(await answer.blob(), named ? named[1] : `${name}.${kind}`);
      tell(name, "");
    } catch {
      tell(name, "failed");
    }
  }

  function picture(name, format) {
    const plot = plotOf(name);
    const height = Math.max(400, plot._fullLayout.height);
    window.Plotly.downloadImage(plot, { format, filename: name, scale: 2, width: 1200, height });
  }

  new MutationObserver(redrawAll).observe(root, { attributes: true, attributeFilter: ["data-bs-theme"] });
  phoneWidth.addEventListener("change", redrawAll);

  window.dash_clientside = Object.assign({}, window.dash_clientside, { charts: { draw, refine } });
})();
