"use strict";
// The page from the disk: no framework, no network. Data comes as scripts beside it that call `maskwright.…`, since a page
// from the disk may not read files; tiles come as sheets of 36. What is in view is in the document, and nothing else.

const DATA = "DATA_FOLDER";
const GAP_PX = 8, CAPTION_PX = 24, SMALLEST_TILE_PX = 104, LARGEST_TILE_PX = 152, ROWS_BEYOND_VIEW = 2;
const TALLEST_PX = 16e6; // browsers cut taller elements off
const VALUES_SHOWN = 12, MOST_VALUES_SHOWN = 1000;
const SHEET_DELAY_MS = 40; // who scrolls past faster than this loads nothing

const byId = (id) => document.getElementById(id);
const grid = byId("grid"), detail = byId("detail");

/** An element with properties and children; text is text, whatever it holds. */
function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function makeSvg(name, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// The data, and how it is loaded.

let index; // what every picture has: how many there are, facets, scores
let facets = [];
let shown = new Uint32Array(); // the pictures that pass the filters, sorted
let active = 0; // the place among the shown ones that the keys move from
let opened = -1; // the picture in the dialog
const marked = new Set();
const rowFiles = new Map();
let ids;

const maskwright = {
  index(found) { index = found; begin(); },
  rows(number, rows) { rowFiles.get(number).arrived(rows); },
  ids(found) { ids.arrived(found); },
};
globalThis.maskwright = maskwright;

/** Load a script of the data; it hands over what is awaited. */
function load(name) {
  const waiting = {};
  waiting.promise = new Promise((arrived, failed) => {
    waiting.arrived = arrived;
    const script = make("script", { src: `${DATA}/${name}`, onload: () => script.remove() });
    script.onerror = () => failed(new Error(`${name} is missing beside the page`));
    document.head.append(script);
  });
  return waiting;
}

const loadIds = () => (ids ??= load("ids.js")).promise;

async function loadRow(picture) {
  const number = Math.floor(picture / index.rowsPerFile);
  if (!rowFiles.has(number)) rowFiles.set(number, load(`rows/${String(number).padStart(5, "0")}.js`));
  return (await rowFiles.get(number).promise)[picture % index.rowsPerFile];
}

function unpack(text, Numbers) {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return new Numbers(bytes.buffer);
}

const numbersOf = (score) => (score.unpacked ??= unpack(score.numbers, Float32Array));
const facetNamed = (name) => facets.find((facet) => facet.name === name);
const valueOf = (picture, name) => { const facet = facetNamed(name); return facet ? facet.values[facet.codes[picture]] : ""; };

function begin() {
  facets = index.facets.map((facet) => ({
    ...facet, codes: unpack(facet.codes, Uint16Array), counts: new Uint32Array(facet.values.length), chosen: new Set(),
  }));
  for (const score of index.scores) byId("sort").append(new Option(score.title, score.name));
  byId("sort").prepend(new Option("order of the data", "", true, true));
  const asked = readAddress();
  byId("facets").append(...facets.filter((facet) => facet.values.length > 1 || facet.values[0]).map(facetElement));
  wideEnough.addEventListener("change", unfold);
  unfold();
  update();
  openAsked(asked);
}
