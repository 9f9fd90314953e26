// The page: one map, one layer at a time, and everything a request can say.
import { Attribution, Graticule, Map, Overlay, ScaleLine, Stroke, TileLayer, View, XYZ, Zoom, fromLonLat, toLonLat, transformExtent } from "./ol.js";

const $ = (id) => document.getElementById(id);
const base = new URL(".", document.baseURI).href.replace(/\/$/, "");
const state = { layer: "", time: "", expr: "", low: "", high: "", ramp: "" };
const kept = { layers: [], dates: [], bands: [], indices: [] };
// The date last looked at, by collection.
const visited = {};
const narrow = matchMedia("(max-width: 700px)");
let tab = "QGIS";

// What the page has to say, where nobody asked.
function say(text) { $("notice").textContent = text; $("notice").hidden = !text; }

async function ask(path, parameters = {}) {
  const url = `${base}${path}?${new URLSearchParams(parameters)}`;
  const answer = await fetch(url);
  const body = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(body.detail || answer.statusText), { problem: body });
  return body;
}

// ---- the map -------------------------------------------------------------------------------------------------
// Dense screens get pictures of the same ground with twice the pixels.
const dense = devicePixelRatio > 1 ? "@2x" : "";
const source = new XYZ({ url: "", maxZoom: 18, transition: 120, tilePixelRatio: dense ? 2 : 1 });
const picture = new TileLayer({ source });
const view = new View({ center: [0, 0], zoom: 2, maxZoom: 19, minZoom: 1 });
// What still moves cannot be measured: a narrow screen shows the popup at once.
const pan = narrow.matches ? true : { animation: { duration: 150 } };
const popup = new Overlay({ element: $("popup"), positioning: "bottom-center", offset: [0, -10], autoPan: pan });
const map = new Map({
  target: "map",
  view,
  layers: [
    picture,
    new Graticule({ strokeStyle: new Stroke({ color: "rgba(40,60,55,.18)", width: 1 }), showLabels: true, wrapX: false, latLabelPosition: 0.985, lonLabelPosition: 0.015 }),
  ],
  overlays: [popup],
  controls: [new Zoom(), new ScaleLine(), new Attribution({ collapsible: true })],
});

function layer() { return kept.layers.find((known) => known.name === state.layer); }

function vendor() {
  const parameters = {};
  if (state.time) parameters.time = state.time;
  if (state.expr) parameters.expr = state.expr;
  if (state.low !== "" && !unusable(state.low, state.high)) parameters.range = `${state.low},${state.high}`;
  if (state.ramp) parameters.colormap = state.ramp;
  return parameters;
}

// ---- tiles that fail -------------------------------------------------------------------------------------------
let drawn = 0, failed = 0, ends = [];
// Those of the picture before may still be on their way.
const current = (address) => address.startsWith(ends[0]) && address.endsWith(ends[1]);
source.on("tileloadend", (event) => {
  if (!current(event.tile.key)) return;
  drawn += 1;
  if (failed) { failed = 0; say(""); }
});
source.on("tileloaderror", async (event) => {
  const address = event.tile.key;
  if (!current(address)) return;
  failed += 1;
  if (drawn || failed > 1) return;
  let reason = "the server cannot be reached";
  try {
    const answer = await fetch(address);
    reason = answer.ok ? "" : (await answer.json().catch(() => ({}))).detail || answer.statusText || `status ${answer.status}`;
  } catch { /* as said */ }
  if (reason && !drawn && current(address)) say(`No tile can be drawn: ${reason}`);
});

function query(parameters) { return new URLSearchParams(parameters).toString(); }

function redraw() {
  const text = query(vendor());
  source.setAttributions(layer().attribution || "");
  drawn = failed = 0;
  ends = [`${base}/xyz/${encodeURIComponent(state.layer)}/`, `${dense}.png${text ? `?${text}` : ""}`];
  source.setUrl(`${ends[0]}{z}/{x}/{y}${ends[1]}`);
  close();
  drawLegend();
  drawSnippet();
  remember();
}

function drawLegend() {
  const parameters = { service: "WMS", version: "1.3.0", request: "GetLegendGraphic", layer: state.layer, format: "image/png", transparent: "true", ...vendor() };
  delete parameters.time;
  const image = $("legend");
  image.alt = `Legend of ${layer().title}`;
  image.onload = () => { image.hidden = false; };
  image.onerror = () => { image.hidden = true; };
  image.src = `${base}/wms?${query(parameters)}`;
}

// ---- values under a click --------------------------------------------------------------------------------------
let clicks = 0;
map.on("singleclick", (event) => read(event.coordinate, event.pixel));

// By keyboard the values are those of the middle of the map.
$("map").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target !== $("map")) return;
  event.preventDefault();
  read(view.getCenter(), map.getSize().map((side) => side / 2), true);
});
addEventListener("keydown", (event) => { if (event.key === "Escape") dismiss(); });

async function read(coordinate, pixel, focus = false) {
  if (!layer().queryable) { say(`${layer().title} tells no values.`); return; }
  const click = ++clicks;
  const tell = (html) => { if (click === clicks) show(coordinate, html, focus); };
  const size = map.getSize();
  const box = view.calculateExtent(size);
  const [i, j] = pixel.map(Math.floor);
  const parameters = {
    service: "WMS", version: "1.3.0", request: "GetFeatureInfo", layers: state.layer, query_layers: state.layer, styles: "",
    crs: "EPSG:3857", bbox: box.join(","), width: size[0], height: size[1], i, j, info_format: "application/json",
    exceptions: "application/json", ...vendor(),
  };
  tell("<p>reading&hellip;</p>");
  try {
    const answer = await fetch(`${base}/wms?${query(parameters)}`);
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.detail || answer.statusText);
    tell(values(body, toLonLat(coordinate)));
  } catch (error) {
    tell(`<p>${escape(error.message)}</p>`);
  }
}

function close() { clicks += 1; popup.setPosition(undefined); $("popup").hidden = true; }

// Whoever was in the popup goes on in the map.
function dismiss() {
  const inside = $("popup").contains(document.activeElement);
  close();
  if (inside) $("map").focus();
}

function escape(text) { const p = document.createElement("p"); p.textContent = String(text); return p.innerHTML; }

function number(value) {
  if (typeof value !== "number") return escape(value);
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}

function values(body, [lon, lat]) {
  const found = body.features?.[0]?.properties;
  const place = `<p class="place">${lat.toFixed(5)}, ${lon.toFixed(5)}</p>`;
  if (!found) return `<p><strong>no data</strong></p>${place}`;
  const { time, item, cloud_cover: clouds, ...numbers } = found;
  const rows = Object.entries(numbers)
    .filter(([key, value]) => value !== null && typeof value !== "object" && !key.endsWith("_dn"))
    .map(([key, value], row) => `<tr class="${row === 0 ? "main" : ""}"><th scope="row">${escape(key)}</th><td>${number(value)}</td></tr>`);
  const scene = [time && escape(time.replace("T", " ")), item && escape(item), typeof clouds === "number" && `cloud cover ${number(clouds)} %`];
  return `<table>${rows.join("")}</table>${place}<p class="place">${scene.filter(Boolean).join("<br>")}</p>`;
}

function show(coordinate, html, focus) {
  const element = $("popup");
  $("values").innerHTML = html;
  element.hidden = false;
  popup.setPosition(coordinate);
  if (narrow.matches) uncover();
  if (focus) element.focus();
}
$("close").addEventListener("click", dismiss);

// The button of a narrow screen stands above the map.
function uncover() {
  map.renderSync();
  const under = $("toggle").getBoundingClientRect().bottom + 8 - $("popup").getBoundingClientRect().top;
  const [x, y] = view.getCenter();
  if (under > 0) view.setCenter([x, y + under * view.getResolution()]);
}

// ---- the panel -------------------------------------------------------------------------------------------------
function drawLayers() {
  const box = $("layers");
  box.replaceChildren(...kept.layers.map((known) => {
    const label = document.createElement("label");
    const radio = Object.assign(document.createElement("input"), { type: "radio", name: "layer", value: known.name });
    radio.addEventListener("change", () => choose(known.name));
    label.title = known.abstract;
    label.append(radio, known.title);
    return label;
  }));
}

const around = { padding: [30, 30, 30, 30] };
function whole(known) { return transformExtent(known.bbox, "EPSG:4326", "EPSG:3857"); }

// A layer that lies elsewhere is gone to: an empty map tells nothing.
function seek(known) {
  const [west, south, east, north] = whole(known), seen = view.calculateExtent(map.getSize());
  if (west > seen[2] || east < seen[0] || south > seen[3] || north < seen[1]) view.fit([west, south, east, north], { size: map.getSize(), ...around });
}

let choosing = 0;
async function choose(name, { keep = false, placed = false } = {}) {
  const turn = ++choosing;
  const before = layer()?.collection, typed = $("expr").value.trim();
  if (!keep && before) visited[before] = state.time;
  state.layer = name;
  const now = layer();
  // Colours without an expression are those of a layer; an expression goes on to the next one.
  if (!keep && !state.expr) Object.assign(state, { low: "", high: "", ramp: "" });
  if (!keep && before !== now.collection) state.time = visited[now.collection] || state.time;
  for (const radio of document.getElementsByName("layer")) radio.checked = radio.value === name;
  const [dates, bands, indices] = await Promise.all([
    ask(`/api/layers/${encodeURIComponent(name)}/dates`),
    ask(`/api/layers/${encodeURIComponent(name)}/bands`),
    ask("/api/indices", { layer: name }),
  ]);
  // Another layer was chosen while this one was asked about.
  if (turn !== choosing) return;
  if (!placed) seek(now);
  Object.assign(kept, { dates: dates.dates.map((entry) => entry.date), bands: bands.bands, indices: indices.indices });
  const lost = keep && state.time && !kept.dates.includes(state.time) ? state.time : "";
  if (!kept.dates.includes(state.time)) state.time = "";
  drawDates(dates.default);
  drawMath();
  say(lost ? `${now.title} has no image for ${lost}; this is ${state.time || "what there is"}.` : "");
  const text = keep ? state.expr : typed;
  const report = text ? await understood(text, name) : null;
  if (turn !== choosing) return;
  state.expr = report && !report.problem ? text : "";
  if (!state.expr && !keep) Object.assign(state, { low: "", high: "", ramp: "" });
  fillIn(text);
  if (report) tellExpression(report);
  redraw();
}


function drawDates(standard) {
  const select = $("date");
  if (!state.time) state.time = standard;
  select.replaceChildren(...kept.dates.map((date) => new Option(date, date, false, date === state.time)));
  $("time-section").hidden = kept.dates.length < 2;
  step(0);
}

function step(by) {
  const select = $("date");
  const next = select.selectedIndex + by;
  if (by && next >= 0 && next < select.options.length) { select.selectedIndex = next; state.time = select.value; redraw(); }
  $("older").disabled = select.selectedIndex >= select.options.length - 1;
  $("newer").disabled = select.selectedIndex <= 0;
}

function drawMath() {
  const usable = kept.indices.filter((index) => index.available);
  $("index").replaceChildren(new Option("Named index…", ""), ...usable.map((index) => new Option(`${index.name} – ${index.title}`, index.name)));
  $("index").hidden = usable.length === 0;
  $("band-names").replaceChildren(...kept.bands.map((band) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: band.name, title: [band.title, band.common_name].filter(Boolean).join(", ") });
    button.addEventListener("click", () => insert(band.name));
    return button;
  }));
}

function insert(text) {
  const box = $("expr");
  box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
  box.focus();
  check();
}

function fillIn(text) {
  $("expr").value = text;
  $("low").value = state.low;
  $("high").value = state.high;
  $("ramp").value = state.ramp.replace(/_r$/, "");
  $("reverse").checked = state.ramp.endsWith("_r");
  hint(state.expr ? null : layer().range);
  told("", false);
  toldRange();
}

// The range that is painted while nobody asks for another.
function hint(range) {
  $("low").placeholder = range ? range[0] : "";
  $("high").placeholder = range ? range[1] : "";
}

function told(text, bad) {
  $("expr-state").textContent = text;
  $("expr-state").classList.toggle("bad", bad);
  $("expr").classList.toggle("bad", bad);
  $("expr").setAttribute("aria-invalid", String(bad));
}

let waiting;
function check() { clearTimeout(waiting); waiting = setTimeout(checkNow, 250); }

async function checkNow() {
  const text = $("expr").value.trim(), asked = state.layer;
  const late = () => $("expr").value.trim() !== text || state.layer !== asked;
  if (!text) { const had = state.expr; state.expr = ""; told("", false); hint(layer().range); if (had) redraw(); return; }
  const report = await understood(text, asked);
  if (late()) return;
  tellExpression(report);
  if (!report.problem && text !== state.expr) { state.expr = text; redraw(); }
}

// What the server makes of an expression; `problem` where it cannot be computed.
async function understood(text, asked) {
  try {
    return await ask("/api/expressions/validate", { expr: text, layer: asked, picture: "1" });
  } catch (error) {
    return { problem: error.message };
  }
}

function tellExpression(report) {
  told(report.problem || `reads ${report.bands.join(", ")}`, Boolean(report.problem));
  hint(report.problem ? layer().range : report.style.range);
}

$("expr").addEventListener("input", check);
$("index").addEventListener("change", (event) => {
  const index = kept.indices.find((known) => known.name === event.target.value);
  if (!index) return;
  $("expr").value = index.name;
  Object.assign(state, { low: "", high: "", ramp: "" });
  event.target.value = "";
  fillColours();
  checkNow();
});
$("clear").addEventListener("click", () => { $("expr").value = ""; Object.assign(state, { low: "", high: "", ramp: "" }); fillColours(); checkNow(); redraw(); });
$("date").addEventListener("change", (event) => { state.time = event.target.value; step(0); redraw(); });
$("older").addEventListener("click", () => step(1));
$("newer").addEventListener("click", () => step(-1));
function fillColours() { $("low").value = state.low; $("high").value = state.high; $("ramp").value = ""; $("reverse").checked = false; toldRange(); }
// Why the two numbers are no range; empty where they are one, or none is asked.
function unusable(low, high) {
  if ((low === "") !== (high === "")) return "Give both numbers of the range, or none.";
  if (low !== "" && !(Number(low) < Number(high))) return `The first number must be below the second: ${low} is not below ${high}.`;
  return "";
}

function toldRange() {
  const problem = unusable($("low").value, $("high").value);
  $("range-state").textContent = problem;
  for (const id of ["low", "high"]) $(id).setAttribute("aria-invalid", String(Boolean(problem)));
  return problem;
}

function colours() {
  const low = $("low").value, high = $("high").value, whole = !toldRange();
  Object.assign(state, { low: whole ? low : "", high: whole ? high : "" });
  const ramp = $("ramp").value;
  state.ramp = ramp ? ramp + ($("reverse").checked ? "_r" : "") : "";
  redraw();
}
for (const id of ["low", "high", "ramp", "reverse"]) $(id).addEventListener("change", colours);
function fold(closed) {
  $("panel").classList.toggle("closed", closed);
  $("toggle").setAttribute("aria-expanded", String(!closed));
}
$("toggle").addEventListener("click", () => fold(!$("panel").classList.contains("closed")));
// On a narrow screen the map comes first.
if (narrow.matches) fold(true);

// ---- links to take away ----------------------------------------------------------------------------------------
const snippets = {
  QGIS: () => `WMS/WMTS connection, URL:\n${base}/wms\n\nXYZ connection for what you see:\n${tileUrl()}`,
  Leaflet: () => `L.tileLayer.wms("${base}/wms", ${JSON.stringify({ layers: state.layer, format: "image/png", transparent: true, version: "1.3.0", ...vendor() }, null, 2)}).addTo(map);`,
  OpenLayers: () => `new ol.layer.Tile({ source: new ol.source.XYZ({\n  url: "${tileUrl()}" }) });`,
  GDAL: () => `gdal_translate -of GTiff -outsize 1024 0 "WMS:${mapUrl()}" picture.tif`,
  curl: () => `curl -o numbers.tif "${coverageUrl()}"`,
};

function tileUrl() { const text = query(vendor()); return `${base}/xyz/${state.layer}/{z}/{x}/{y}.png${text ? `?${text}` : ""}`; }

// What GDAL's driver needs to know; it asks for pictures of its own, with all other parameters as they stand here.
function mapUrl() {
  const box = view.calculateExtent(map.getSize() || [256, 256]).map((v) => v.toFixed(2));
  const rest = query(vendor());
  // It reads its own keys as they stand: nothing in them may be escaped.
  return `${base}/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&LAYERS=${state.layer}&STYLES=&SRS=EPSG:3857&BBOX=${box.join(",")}`
    + `&FORMAT=image/png&TRANSPARENT=TRUE${rest ? `&${rest}` : ""}`;
}

function coverageUrl() {
  const [west, south, east, north] = transformExtent(view.calculateExtent(map.getSize() || [256, 256]), "EPSG:3857", "EPSG:4326").map((v) => v.toFixed(5));
  const parameters = [["service", "WCS"], ["version", "2.0.1"], ["request", "GetCoverage"], ["coverageId", state.layer],
    ["subset", `Lat(${south},${north})`], ["subset", `Long(${west},${east})`],
    ["subsettingCrs", "http://www.opengis.net/def/crs/EPSG/0/4326"], ["format", "image/tiff"]];
  if (state.time) parameters.push(["subset", `time("${state.time}")`]);
  if (state.expr) parameters.push(["expr", state.expr]);
  return `${base}/wcs?${new URLSearchParams(parameters)}`;
}

function drawSnippet() {
  for (const button of $("tabs").children) {
    button.setAttribute("aria-selected", String(button.textContent === tab));
    button.tabIndex = button.textContent === tab ? 0 : -1;
  }
  $("snippet").textContent = snippets[tab]();
}

$("tabs").replaceChildren(...Object.keys(snippets).map((name) => {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
  button.setAttribute("role", "tab");
  button.setAttribute("aria-controls", "snippet");
  button.addEventListener("click", () => { tab = name; drawSnippet(); });
  return button;
}));
$("tabs").addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const buttons = [...$("tabs").children], at = buttons.findIndex((button) => button.textContent === tab);
  const next = buttons[(at + by + buttons.length) % buttons.length];
  next.click();
  next.focus();
});

$("copy").addEventListener("click", async () => {
  $("copy").textContent = await copy($("snippet")) ? "Copied" : "Press Ctrl+C";
  setTimeout(() => { $("copy").textContent = "Copy"; }, 1200);
});

// Browsers have a clipboard for https and localhost alone; elsewhere the text is selected, and the old command tried.
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }
}

// ---- the address holds all state ---------------------------------------------------------------------------------
// What is chosen gets a step of the browser's history of its own; moving the map does not.
let remembered = null, restoring = true;
function remember() {
  const [lon, lat] = toLonLat(view.getCenter());
  const chosen = Object.entries(state).filter(([, value]) => value !== "");
  const place = ["c", `${lat.toFixed(5)},${lon.toFixed(5)},${view.getZoom().toFixed(2)}`];
  const known = query(chosen);
  if (restoring || known === remembered) history.replaceState(null, "", `#${query([...chosen, place])}`);
  else history.pushState(null, "", `#${query([...chosen, place])}`);
  remembered = known;
}
map.on("moveend", () => { if (state.layer) { remember(); if (tab === "curl" || tab === "GDAL") drawSnippet(); } });

function recall() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  for (const key of Object.keys(state)) state[key] = parameters.get(key) || "";
  const place = (parameters.get("c") || "").split(",").map(Number);
  if (place.length === 3 && place.every(Number.isFinite)) {
    view.setCenter(fromLonLat([place[1], place[0]]));
    view.setZoom(place[2]);
    return true;
  }
  return false;
}

// A link pasted into the address, and the browser's Back.
let restores = 0;
async function restore() {
  const turn = ++restores;
  restoring = true;
  await chooseRecalled(recall());
  if (turn === restores) restoring = false;
}
addEventListener("popstate", restore);

async function chooseRecalled(placed) {
  const wanted = state.layer;
  if (!layer()) state.layer = kept.layers[0].name;
  await choose(state.layer, { keep: true, placed });
  if (wanted && wanted !== state.layer) say(`There is no layer "${wanted}" here; this is ${layer().title}.`);
}

async function start() {
  const [{ title, abstract, layers }, { colormaps }] = await Promise.all([ask("/api/layers"), ask("/api/colormaps")]);
  kept.layers = layers.filter((known) => known.services.includes("xyz"));
  document.title = title;
  $("title").textContent = title;
  $("abstract").textContent = abstract;
  $("ramp").replaceChildren(new Option("usual colours", ""), ...colormaps.map((name) => new Option(name, name)));
  if (kept.layers.length === 0) { $("abstract").textContent = "No layer is published yet."; return; }
  const placed = recall();
  if (!placed) view.fit(whole(layer() || kept.layers[0]), { size: map.getSize(), ...around });
  drawLayers();
  await chooseRecalled(placed);
  restoring = false;
  document.body.dataset.ready = "true";
}

start().catch((error) => { $("abstract").textContent = `The server cannot be reached: ${error.message}`; });
