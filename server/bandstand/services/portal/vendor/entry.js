// The parts of OpenLayers that the page uses, as one module.
export { default as Map } from "ol/Map.js";
export { default as View } from "ol/View.js";
export { default as TileLayer } from "ol/layer/Tile.js";
export { default as XYZ } from "ol/source/XYZ.js";
export { default as Overlay } from "ol/Overlay.js";
export { default as Graticule } from "ol/layer/Graticule.js";
export { default as Stroke } from "ol/style/Stroke.js";
export { default as ScaleLine } from "ol/control/ScaleLine.js";
export { default as Zoom } from "ol/control/Zoom.js";
export { default as Attribution } from "ol/control/Attribution.js";
export { fromLonLat, toLonLat, transformExtent } from "ol/proj.js";
