// The parts of OpenLayers that the tests of its WMS and WMTS clients use, as one global `ol`.
export { default as Map } from "ol/Map.js";
export { default as View } from "ol/View.js";
export { default as TileLayer } from "ol/layer/Tile.js";
export { default as ImageLayer } from "ol/layer/Image.js";
export { default as TileWMS } from "ol/source/TileWMS.js";
export { default as ImageWMS } from "ol/source/ImageWMS.js";
export { default as WMTS, optionsFromCapabilities } from "ol/source/WMTS.js";
export { default as WMTSCapabilities } from "ol/format/WMTSCapabilities.js";
export { default as WMSCapabilities } from "ol/format/WMSCapabilities.js";
export { default as Projection } from "ol/proj/Projection.js";
export { addProjection } from "ol/proj.js";
