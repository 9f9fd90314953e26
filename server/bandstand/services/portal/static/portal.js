// The page: one map, one layer at a time, and everything a request can say.
import { Attribution, Graticule, Map, Overlay, ScaleLine, Stroke, TileLayer, View, XYZ, Zoom, fromLonLat, toLonLat, transformExtent } from "./ol.js";

const $ = (id) => document.getElementById(id);
const base = new URL(".", document.baseURI).href.replace(/\/$/, "");
const state = { layer: "", time: "", expr: "", low: "", high: "", ramp: "" };
const kept = { layers: [], dates: [], bands: [], indices: [] };
let tab = "QGIS";

async function ask(path, parameters = {}) {
  const url = `${base}${path}?${new URLSearchParams(parameters)}`;
  const answer = await fetch(url);
  const body = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(body.detail || answer.statusText), { problem: body });
  return body;
}

// ---- the map -------------------------------------------------------------------------------------------------
const source = new XYZ({ url: "", maxZoom: 18, transition: 120 });
const picture = new TileLayer({ source });
const view = new View({ center: [0, 0], zoom: 2, maxZoom: 19, minZoom: 1 });
const popup = new Overlay({ element: $("popup"), positioning: "bottom-center", offset: [0, -10], autoPan: { animation: { duration: 150 } } });
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
  if (state.low !== "" && state.high !== "") parameters.range = `${state.low},${state.high}`;
  if (state.ramp) parameters.colormap = state.ramp;
  return parameters;
}

function query(parameters) { return new URLSearchParams(parameters).toString(); }

function redraw() {
  const text = query(vendor());
  source.setAttributions(layer().attribution || "");
  source.setUrl(`${base}/xyz/${encodeURIComponent(state.layer)}/{z}/{x}/{y}.png${text ? `?${text}` : ""}`);
  popup.setPosition(undefined);
  clicks += 1;
  drawLegend();
  drawSnippet();
  remember();
}

function drawLegend() {
  const parameters = { service: "WMS", version: "1.3.0", request: "GetLegendGraphic", layer: state.layer, format: "image/png", transparent: "true", ...vendor() };
  delete parameters.time;
  const image = $("legend");
  image.onload = () => { image.hidden = false; };
  image.onerror = () => { image.hidden = true; };
  image.src = `${base}/wms?${query(parameters)}`;
}

// ---- values under a click --------------------------------------------------------------------------------------
let clicks = 0;
map.on("singleclick", async (event) => {
  if (!layer().queryable) return;
  const click = ++clicks;
  const tell = (html) => { if (click === clicks) show(event.coordinate, html); };
  const size = map.getSize();
  const box = view.calculateExtent(size);
  const [i, j] = event.pixel.map(Math.floor);
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
    tell(values(body, toLonLat(event.coordinate)));
  } catch (error) {
    tell(`<p>${escape(error.message)}</p>`);
  }
});

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
    .map(([key, value], row) => `<tr class="${row === 0 ? "main" : ""}"><td>${escape(key)}</td><td>${number(value)}</td></tr>`);
  const scene = [time && escape(time.replace("T", " ")), item && escape(item), typeof clouds === "number" && `cloud cover ${number(clouds)} %`];
  return `<table>${rows.join("")}</table>${place}<p class="place">${scene.filter(Boolean).join("<br>")}</p>`;
}

function show(coordinate, html) {
  const element = $("popup");
  element.innerHTML = `<button class="close" type="button" aria-label="Close">&times;</button>${html}`;
  element.querySelector(".close").onclick = () => popup.setPosition(undefined);
  element.hidden = false;
  popup.setPosition(coordinate);
}

// ---- the panel -------------------------------------------------------------------------------------------------
function drawLayers() {
  const box = $("layers");
  box.replaceChildren(...kept.layers.map((known) => {
    const label = document.createElement("label");
    const radio = Object.assign(document.createElement("input"), { type: "radio", name: "layer", value: known.name, checked: known.name === state.layer });
    radio.addEventListener("change", () => choose(known.name));
    label.title = known.abstract;
    label.append(radio, known.title);
    return label;
  }));
}

let choosing = 0;
async function choose(name, { keep = false } = {}) {
  const turn = ++choosing;
  const before = layer()?.collection;
  state.layer = name;
  const now = layer();
  if (!keep) Object.assign(state, { expr: "", low: "", high: "", ramp: "" });
  if (!keep && before !== now.collection) state.time = "";
  drawLayers();
  const [dates, bands, indices] = await Promise.all([
    ask(`/api/layers/${encodeURIComponent(name)}/dates`),
    ask(`/api/layers/${encodeURIComponent(name)}/bands`),
    ask("/api/indices", { layer: name }),
  ]);
  // Another layer was chosen while this one was asked about.
  if (turn !== choosing) return;
  Object.assign(kept, { dates: dates.dates.map((entry) => entry.date), bands: bands.bands, indices: indices.indices });
  if (state.time && !kept.dates.includes(state.time)) state.time = "";
  drawDates(dates.default);
  drawMath();
  fillIn();
  redraw();
  if (state.expr) checkNow();
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

function fillIn() {
  $("expr").value = state.expr;
  $("low").value = state.low;
  $("high").value = state.high;
  $("ramp").value = state.ramp.replace(/_r$/, "");
  $("reverse").checked = state.ramp.endsWith("_r");
  hint(state.expr ? null : layer().range);
  told("", false);
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
  try {
    const report = await ask("/api/expressions/validate", { expr: text, layer: asked, picture: "1" });
    if (late()) return;
    told(`reads ${report.bands.join(", ")}`, false);
    hint(report.style.range);
    if (text !== state.expr) { state.expr = text; redraw(); }
  } catch (error) {
    if (!late()) told(error.message, true);
  }
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
function fillColours() { $("low").value = state.low; $("high").value = state.high; $("ramp").value = ""; $("reverse").checked = false; }
function colours() {
  const low = $("low").value, high = $("high").value;
  const whole = low !== "" && high !== "" && Number(low) < Number(high);
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
if (matchMedia("(max-width: 700px)").matches) fold(true);

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
  $("tabs").replaceChildren(...Object.keys(snippets).map((name) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
    button.setAttribute("role", "tab");
    button.setAttribute("aria-selected", String(name === tab));
    button.addEventListener("click", () => { tab = name; drawSnippet(); });
    return button;
  }));
  $("snippet").textContent = snippets[tab]();
}

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
function remember() {
  const [lon, lat] = toLonLat(view.getCenter());
  const parameters = Object.entries(state).filter(([, value]) => value !== "");
  parameters.push(["c", `${lat.toFixed(5)},${lon.toFixed(5)},${view.getZoom().toFixed(2)}`]);
  history.replaceState(null, "", `#${query(parameters)}`);
}
map.on("moveend", () => { if (state.layer) { remember(); if (tab === "curl" || tab === "GDAL") drawSnippet(); } });

function recall() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  for (const key of Object.keys(state)) if (parameters.get(key)) state[key] = parameters.get(key);
  const place = (parameters.get("c") || "").split(",").map(Number);
  if (place.length === 3 && place.every(Number.isFinite)) {
    view.setCenter(fromLonLat([place[1], place[0]]));
    view.setZoom(place[2]);
    return true;
  }
  return false;
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
  if (!layer()) state.layer = kept.layers[0].name;
  if (!placed) view.fit(transformExtent(layer().bbox, "EPSG:4326", "EPSG:3857"), { size: map.getSize(), padding: [30, 30, 30, 30] });
  await choose(state.layer, { keep: true });
  document.body.dataset.ready = "true";
}

start().catch((error) => { $("abstract").textContent = `The server cannot be reached: ${error.message}`; });
