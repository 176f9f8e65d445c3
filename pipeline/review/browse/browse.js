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

// ---------------------------------------------------------------- data

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
  readAddress();
  byId("facets").append(...facets.filter((facet) => facet.values.length > 1 || facet.values[0]).map(facetElement));
  wideEnough.addEventListener("change", unfold);
  unfold();
  update();
  openFromAddress();
}

// ---------------------------------------------------------------- filters

/** Which pictures pass, and for each value how many would if it were chosen beside those of the other facets. */
function count() {
  const asked = facets.filter((facet) => facet.chosen.size);
  const allowed = asked.map((facet) => Uint8Array.from(facet.values, (_, code) => facet.chosen.has(code)));
  for (const facet of facets) facet.counts.fill(0);
  const passing = new Uint32Array(index.count);
  let found = 0;
  for (let picture = 0; picture < index.count; picture++) {
    let missing = null, misses = 0;
    for (let i = 0; i < asked.length && misses < 2; i++)
      if (!allowed[i][asked[i].codes[picture]]) { misses++; missing = asked[i]; }
    if (misses === 0) {
      passing[found++] = picture;
      for (const facet of facets) facet.counts[facet.codes[picture]]++;
    } else if (misses === 1) missing.counts[missing.codes[picture]]++;
  }
  return passing.slice(0, found);
}

/** By the chosen score; pictures without it stand last, and equal ones in the order of the data. */
function sort(pictures) {
  const score = index.scores.find((one) => one.name === byId("sort").value);
  const falling = byId("direction").getAttribute("aria-pressed") === "true";
  if (!score) return falling ? pictures.reverse() : pictures;
  const numbers = numbersOf(score), sign = falling ? -1 : 1;
  const scored = pictures.filter((picture) => !Number.isNaN(numbers[picture]));
  scored.sort((a, b) => sign * (numbers[a] - numbers[b]) || a - b);
  const sorted = new Uint32Array(pictures.length);
  sorted.set(scored);
  sorted.set(pictures.filter((picture) => Number.isNaN(numbers[picture])), scored.length);
  return sorted;
}

function update() {
  const before = shown[active];
  shown = sort(count());
  active = Math.max(0, shown.indexOf(before));
  facets.forEach(showCounts);
  tell();
  clearGrid();
  scrollTo(0, 0);
  drawGrid();
  writeAddress();
}

function tell() {
  const all = index.count.toLocaleString("en"), some = shown.length.toLocaleString("en");
  const chosen = facets.reduce((sum, facet) => sum + facet.chosen.size, 0);
  byId("shown").textContent = shown.length === index.count ? `${all} pictures` : `${some} of ${all} pictures`;
  byId("nothing").hidden = shown.length > 0;
  byId("clear").hidden = chosen === 0;
  byId("chosen").textContent = chosen ? `(${chosen} chosen)` : "";
  byId("copy").textContent = marked.size ? `Copy ${marked.size} marked ids` : "Copy the ids";
}

const OPEN_AT_FIRST = new Set(["kind", "side", "mask_type", "wear", "reason"]);

function facetElement(facet) {
  const list = make("ul");
  const element = make("details", { className: "facet", open: OPEN_AT_FIRST.has(facet.name) },
    make("summary", { textContent: facet.title }), list);
  facet.rows = [];
  addValues(facet, list, facet.chosen.size ? MOST_VALUES_SHOWN : VALUES_SHOWN);
  if (facet.rows.length < facet.values.length) {
    const rest = Math.min(facet.values.length, MOST_VALUES_SHOWN);
    const more = make("button", { type: "button", textContent: `Show ${rest === facet.values.length ? "all" : "the first"} ${rest}` });
    more.onclick = () => { addValues(facet, list, rest); showCounts(facet); facet.rows[VALUES_SHOWN].box.focus(); more.remove(); };
    element.append(more);
  }
  return element;
}

function addValues(facet, list, upTo) {
  for (let code = facet.rows.length; code < Math.min(upTo, facet.values.length); code++) {
    const box = make("input", { type: "checkbox", checked: facet.chosen.has(code) });
    const tally = make("span", { className: "count" });
    const value = make("span", { className: "value", textContent: inWords(facet.values[code]) || facet.absent });
    box.onchange = () => { facet.chosen[box.checked ? "add" : "delete"](code); update(); };
    const label = make("label", {}, box, value, tally);
    facet.rows.push({ box, tally, label });
    list.append(make("li", {}, label));
  }
}

function showCounts(facet) {
  (facet.rows ?? []).forEach(({ box, tally, label }, code) => {
    tally.textContent = facet.counts[code].toLocaleString("en");
    label.classList.toggle("none", facet.counts[code] === 0);
    box.checked = facet.chosen.has(code);
  });
}

const inWords = (value) => value.replaceAll("_", " ");

// ---------------------------------------------------------------- the grid

let columns = 1, tilePx = LARGEST_TILE_PX, rowPx = 0;
const onScreen = new Map(); // place -> its list item
const sheets = new Map(); // number -> a promise of its address

function measure() {
  const width = grid.clientWidth;
  columns = Math.max(2, Math.floor((width + GAP_PX) / (LARGEST_TILE_PX - 16 + GAP_PX)));
  if (width < 600) columns = Math.max(2, Math.floor((width + GAP_PX) / (SMALLEST_TILE_PX + GAP_PX)));
  tilePx = (width - GAP_PX * (columns - 1)) / columns;
  rowPx = tilePx + CAPTION_PX + GAP_PX;
  grid.style.height = `${Math.min(TALLEST_PX, Math.ceil(shown.length / columns) * rowPx)}px`;
}

/** Beyond the tallest element a step of the scroll bar is more than a row. */
function firstRow() {
  const rows = Math.ceil(shown.length / columns), tall = rows * rowPx, above = Math.max(0, -grid.getBoundingClientRect().top);
  if (tall <= TALLEST_PX) return { row: Math.floor(above / rowPx), offset: 0 };
  const seen = innerHeight, row = Math.floor((above / (TALLEST_PX - seen)) * (rows - seen / rowPx));
  return { row, offset: above - row * rowPx };
}

function drawGrid() {
  measure();
  const { row, offset } = firstRow();
  const first = Math.max(0, row - ROWS_BEYOND_VIEW) * columns;
  const last = Math.min(shown.length, (row + Math.ceil(innerHeight / rowPx) + 1 + ROWS_BEYOND_VIEW) * columns);
  for (const [place, item] of onScreen)
    if ((place < first || place >= last) && place !== active) { item.remove(); onScreen.delete(place); }
  for (let place = first; place < last; place++) addTile(place);
  if (shown.length) addTile(active); // it holds the keyboard's focus
  for (const [place, item] of onScreen) putInPlace(place, item, offset);
}

function addTile(place) {
  if (onScreen.has(place)) return;
  const item = tileItem(shown[place], place);
  onScreen.set(place, item);
  const later = [...grid.children].find((other) => other.place > place); // reading order is that of the pictures
  grid.insertBefore(item, later ?? null);
}

function putInPlace(place, item, offset) {
  const x = (place % columns) * (tilePx + GAP_PX), y = Math.floor(place / columns) * rowPx + offset;
  item.style.cssText = `width:${tilePx}px;height:${tilePx + CAPTION_PX}px;transform:translate(${x}px,${y}px)`;
  item.firstChild.tabIndex = place === active ? 0 : -1;
}

function clearGrid() {
  onScreen.clear();
  grid.replaceChildren();
}

function tileItem(picture, place) {
  const button = tileButton(picture, sortedBy(picture));
  button.setAttribute("aria-label", `${place + 1}: ${describe(picture)}`);
  button.onclick = () => { active = place; open(picture); };
  button.onfocus = () => { active = place; };
  const item = make("li", { className: button.kind, place }, button);
  item.setAttribute("aria-posinset", place + 1);
  item.setAttribute("aria-setsize", shown.length);
  return item;
}

/** A tile that something is to happen with when it is chosen. */
function tileButton(picture, note = "") {
  const image = make("span", { className: "picture" }), rejected = kindOf(picture) === "rejected";
  const reason = inWords(valueOf(picture, "reason")), what = rejected ? reason.replace(/^.*: /, "") : maskOf(picture);
  const text = [what, note].filter(Boolean).join(" · ");
  const button = make("button", { type: "button", className: "tile" }, image, make("span", { className: "caption", textContent: text }));
  button.kind = kindOf(picture) + (marked.has(picture) ? " marked" : "");
  setTimeout(() => button.isConnected && paint(image, picture), firstPainted ? SHEET_DELAY_MS : 0);
  return button;
}

/** What the picture has of the score that is sorted by. */
function sortedBy(picture) {
  const score = index.scores.find((one) => one.name === byId("sort").value);
  return score && !Number.isNaN(numbersOf(score)[picture]) ? rounded(numbersOf(score)[picture]) : "";
}

const rounded = (value) => String(Number(value.toPrecision(3)));
const kindOf = (picture) => ({ r: "rejected", d: "masked", f: "face" })[valueOf(picture, "kind")[0]];
const maskOf = (picture) => ({ none: "no mask", unknown: "not known", "": "not known" })[valueOf(picture, "mask_type")] ?? valueOf(picture, "mask_type");

function describe(picture) {
  const words = [valueOf(picture, "kind"), maskOf(picture), valueOf(picture, "wear"), valueOf(picture, "side"), valueOf(picture, "reason")];
  return inWords([...new Set(words)].filter((word) => word && word !== "none").join(", "));
}

let firstPainted = false;

function sheetAddress(number) {
  if (!sheets.has(number)) {
    const image = new Image(), address = `${DATA}/tiles/${String(number).padStart(5, "0")}.webp`;
    image.src = address;
    sheets.set(number, image.decode().then(() => address));
  }
  return sheets.get(number);
}

/** Where a tile lies in its sheet, as columns and rows. */
function placeInSheet(picture) {
  const { perSheet, across } = index.tile, place = picture % perSheet;
  const sheet = Math.floor(picture / perSheet), rows = Math.ceil(Math.min(perSheet, index.count - sheet * perSheet) / across);
  return { sheet, rows, across, column: place % across, row: Math.floor(place / across) };
}

function paint(image, picture) {
  const { sheet, rows, across, column, row } = placeInSheet(picture);
  const percent = (place, of) => (of > 1 ? (100 * place) / (of - 1) : 0);
  sheetAddress(sheet).then((address) => {
    image.style.background = `url("${address}") ${percent(column, across)}% ${percent(row, rows)}% / ${100 * across}% ${100 * rows}%`;
    if (!firstPainted) { firstPainted = true; performance.mark("first tile"); }
  }, () => { image.title = "its sheet of tiles is missing beside the page"; });
}

function moveTo(place) {
  if (!shown.length) return;
  active = Math.min(shown.length - 1, Math.max(0, place));
  drawGrid();
  const tile = onScreen.get(active).firstChild, { top, bottom } = tile.getBoundingClientRect();
  const upper = stickyHeight();
  if (top < upper) scrollBy(0, top - upper - GAP_PX);
  else if (bottom > innerHeight) scrollBy(0, bottom - innerHeight + GAP_PX);
  drawGrid();
  onScreen.get(active).firstChild.focus({ preventScroll: true });
}

function stickyHeight() {
  const bar = wideEnough.matches ? document.querySelector(".top > .bar") : document.querySelector(".top");
  return bar.getBoundingClientRect().bottom;
}

grid.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const page = columns * Math.max(1, Math.floor((innerHeight - stickyHeight()) / rowPx));
  const steps = {
    ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, PageDown: page, PageUp: -page,
    Home: -active, End: shown.length - 1 - active,
  };
  if (event.key in steps) { event.preventDefault(); moveTo(active + steps[event.key]); }
  if (event.key.toLowerCase() === "x") mark(shown[active]);
});

let waiting = false;
function drawSoon() {
  if (waiting || !index) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; drawGrid(); });
}
addEventListener("scroll", drawSoon, { passive: true });
addEventListener("resize", drawSoon);

function mark(picture) {
  marked[marked.has(picture) ? "delete" : "add"](picture);
  for (const [place, item] of onScreen) item.classList.toggle("marked", marked.has(shown[place]));
  byId("mark").setAttribute("aria-pressed", marked.has(opened));
  tell();
}

// ---------------------------------------------------------------- one picture

async function open(picture) {
  opened = picture;
  if (!detail.open) detail.showModal();
  byId("place").textContent = shown.includes(picture) ? `${(active + 1).toLocaleString("en")} of ${shown.length.toLocaleString("en")}` : "not among those shown";
  byId("mark").setAttribute("aria-pressed", marked.has(picture));
  try {
    const row = await loadRow(picture);
    const parent = row.parent >= 0 ? await loadRow(row.parent) : null;
    if (picture === opened) tellOf(picture, row, parent);
  } catch (problem) {
    byId("name").textContent = problem.message;
  }
}

function tellOf(picture, row, parent) {
  byId("name").textContent = row.name;
  byId("why").hidden = !(row.detail || valueOf(picture, "reason"));
  byId("why").textContent = ["Rejected", inWords(valueOf(picture, "reason")), row.detail].filter(Boolean).join(": ");
  byId("file").hidden = !row.picture;
  byId("file").href = row.picture ?? "";
  byId("copy-one").onclick = () => copy([row.id]);
  byId("facts").replaceChildren(...facts(picture));
  byId("relatives").replaceChildren(...relatives(row));
  byId("row").replaceChildren(...Object.entries(row.row).flatMap(([title, values]) => [make("h3", { textContent: title }), rowList(values)]));
  drawPictures = () => byId("pictures").replaceChildren(...figures(picture, row, parent));
  drawPictures();
  byId("name").focus({ preventScroll: true });
  writeAddress(row.id);
}

let drawPictures = () => {};

function figures(picture, row, parent) {
  const found = [figure(row, picture, "This picture", row.outline)];
  if (parent) found.push(figure(parent, row.parent, "Made from", { ...parent.outline, cut: row.outline.cut ?? parent.outline.cut }));
  else if (row.parentPicture) found.push(figure({ ...row, picture: row.parentPicture, name: "its photo" }, -1, "Made from", { ...row.outline, polygon: [] }));
  return found;
}

function figure(row, picture, title, outline) {
  const drawing = makeSvg("svg", { role: "img", "aria-label": `${title}: ${row.name}` });
  const caption = make("figcaption", { textContent: `${title}: ${picture >= 0 ? describe(picture) : row.name}` });
  if (row.picture && outline.size[0]) drawPhoto(drawing, row.picture, outline, picture);
  else if (row.picture) measurePhoto(drawing, row.picture, outline, picture);
  else drawTile(drawing, outline, picture);
  return make("figure", {}, drawing, caption);
}

/** The photo in its own pixels, with what is known of it drawn over; where its file has gone, the tile. */
function drawPhoto(drawing, address, outline, picture) {
  const [width, height] = outline.size, side = Math.max(width, height);
  const [left, top, cut] = byId("whole").checked || !outline.cut ? [(width - side) / 2, (height - side) / 2, side] : outline.cut;
  drawing.setAttribute("viewBox", `${left} ${top} ${cut} ${cut}`);
  const image = makeSvg("image", { href: address, width, height, preserveAspectRatio: "none" });
  image.onerror = () => { drawing.replaceChildren(); drawTile(drawing, outline, picture); };
  drawing.replaceChildren(image, ...overlays(outline));
}

/** A photo whose size no table tells. */
function measurePhoto(drawing, address, outline, picture) {
  const photo = new Image();
  photo.onload = () => drawPhoto(drawing, address, { ...outline, size: [photo.naturalWidth, photo.naturalHeight] }, picture);
  photo.onerror = () => drawTile(drawing, outline, picture);
  photo.src = address;
}

function drawTile(drawing, outline, picture) {
  const [left, top, side] = outline.cut ?? [0, 0, 1];
  drawing.setAttribute("viewBox", `${left} ${top} ${side} ${side}`);
  if (picture < 0) return;
  const { sheet, rows, across, column, row } = placeInSheet(picture);
  const window_ = makeSvg("svg", { x: left, y: top, width: side, height: side, viewBox: `${column} ${row} 1 1` });
  sheetAddress(sheet).then((href) => window_.append(makeSvg("image", { href, width: across, height: rows, preserveAspectRatio: "none" })), () => {});
  drawing.append(window_, ...(outline.cut ? overlays(outline) : []));
}

function overlays({ polygon, landmarks, box }) {
  const drawn = [];
  if (byId("polygon").checked && polygon.length) drawn.push(makeSvg("polygon", { class: "mask", points: polygon.join(" ") }));
  if (byId("box").checked && box) drawn.push(makeSvg("rect", { class: "box", x: box[0], y: box[1], width: box[2] - box[0], height: box[3] - box[1] }));
  if (byId("landmarks").checked)
    for (const look of ["point", "point inner"]) {
      let path = "";
      for (let i = 0; i + 1 < landmarks.length; i += 2) path += `M${landmarks[i]} ${landmarks[i + 1]}h0`;
      drawn.push(makeSvg("path", { class: look, d: path }));
    }
  return drawn;
}

function facts(picture) {
  const known = facets.map((facet) => [facet.title, inWords(facet.values[facet.codes[picture]])]).filter(([, value]) => value);
  const measured = index.scores.map((score) => [score.title, numbersOf(score)[picture]]).filter(([, value]) => !Number.isNaN(value));
  const all = [...known, ...measured.map(([title, value]) => [title, rounded(value)])];
  return all.flatMap(([title, value]) => [make("dt", { textContent: title }), make("dd", { textContent: value })]);
}

const MOST_RELATIVES = 60;

function relatives(row) {
  const strips = [
    ["Made from this", row.children.map((picture) => [picture, describe(picture)])],
    ["Also made from its parent", row.siblings.map((picture) => [picture, describe(picture)])],
    ["Duplicates and what else belongs to its photo", row.kin],
  ];
  return strips.filter(([, tiles]) => tiles.length).flatMap(([title, tiles]) => {
    const more = tiles.length > MOST_RELATIVES ? `, ${MOST_RELATIVES} of ${tiles.length} shown` : "";
    return [make("h3", { textContent: title + more }), make("ul", { className: "strip" }, ...tiles.slice(0, MOST_RELATIVES).map(relative))];
  });
}

function relative([picture, why]) {
  const button = tileButton(picture);
  button.setAttribute("aria-label", `${describe(picture)}: ${why}`);
  button.onclick = () => { const place = shown.indexOf(picture); if (place >= 0) active = place; open(picture); };
  return make("li", { className: button.kind }, button, ...(why === describe(picture) ? [] : [make("small", { textContent: why })]));
}

function rowList(values) {
  return make("dl", {}, ...Object.entries(values).flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", {}, told(value))]));
}

/** A value for a person; what holds more than one goes over several lines. */
function told(value) {
  let found = value;
  if (typeof value === "string" && value.startsWith("{")) try { found = JSON.parse(value); } catch { /* it only looks like it */ }
  return typeof found === "object" ? make("pre", { textContent: JSON.stringify(found, null, 1) }) : String(found);
}

function step(by) {
  if (!shown.length) return;
  active = Math.min(shown.length - 1, Math.max(0, active + by));
  open(shown[active]);
}

byId("before").onclick = () => step(-1);
byId("after").onclick = () => step(1);
byId("close").onclick = () => detail.close();
byId("mark").onclick = () => mark(opened);
for (const id of ["polygon", "landmarks", "box", "whole"]) byId(id).onchange = () => drawPictures();
detail.addEventListener("click", (event) => { if (event.target === detail) detail.close(); });
detail.addEventListener("close", () => { opened = -1; writeAddress(); moveTo(active); });
detail.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const actions = { ArrowRight: () => step(1), j: () => step(1), ArrowLeft: () => step(-1), k: () => step(-1), x: () => mark(opened) };
  for (const [key, id] of [["m", "polygon"], ["l", "landmarks"], ["b", "box"], ["w", "whole"]]) actions[key] = () => byId(id).click();
  const action = actions[event.key] ?? actions[event.key.toLowerCase()];
  if (action) { event.preventDefault(); action(); }
});

// ---------------------------------------------------------------- copying, the address, small things

async function copy(texts) {
  const text = texts.join("\n");
  try {
    await navigator.clipboard.writeText(text);
    byId("shown").textContent = `${texts.length.toLocaleString("en")} ${texts.length === 1 ? "id" : "ids"} copied`;
    setTimeout(tell, 2500);
  } catch {
    byId("ids-text").value = text;
    byId("ids").showModal();
    byId("ids-text").select();
  }
}

byId("copy").onclick = async () => {
  const all = await loadIds(), chosen = marked.size ? [...marked].sort((a, b) => a - b) : [...shown];
  copy(chosen.map((picture) => all[picture]));
};

/** The filters, the order and the open picture, so that an address leads back to them. */
function writeAddress(id) {
  const words = facets.filter((facet) => facet.chosen.size).map((facet) =>
    `${facet.name}=${[...facet.chosen].map((code) => encodeURIComponent(facet.values[code])).join(",")}`);
  const falling = byId("direction").getAttribute("aria-pressed") === "true";
  if (byId("sort").value || falling) words.push(`sort=${falling ? "-" : ""}${byId("sort").value}`);
  if (id) words.push(`picture=${encodeURIComponent(id)}`);
  history.replaceState(null, "", `#${words.join("&")}`);
}

const addressWords = () => location.hash.slice(1).split("&").filter(Boolean).map((word) => {
  const [name, ...rest] = word.split("=");
  return [name, rest.join("=").split(",").map(decoded)];
});

function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

function readAddress() {
  for (const facet of facets) facet.chosen.clear();
  for (const [name, values] of addressWords()) {
    const facet = facetNamed(name);
    if (facet) values.map((value) => facet.values.indexOf(value)).filter((code) => code >= 0).forEach((code) => facet.chosen.add(code));
    if (name === "sort") {
      byId("direction").setAttribute("aria-pressed", values[0].startsWith("-"));
      byId("sort").value = values[0].replace(/^-/, "");
      if (byId("sort").selectedIndex < 0) byId("sort").selectedIndex = 0;
    }
  }
}

async function openFromAddress() {
  const [, values] = addressWords().find(([name]) => name === "picture") ?? [];
  if (!values) return;
  const picture = (await loadIds()).indexOf(values.join(","));
  if (picture < 0) return;
  active = Math.max(0, shown.indexOf(picture));
  open(picture);
}

addEventListener("hashchange", () => { readAddress(); update(); openFromAddress(); });

const wideEnough = matchMedia("(min-width: 900px)");
function unfold() { byId("filters").open = wideEnough.matches; }

byId("sort").onchange = update;
byId("direction").onclick = (event) => {
  const falling = event.currentTarget.getAttribute("aria-pressed") !== "true";
  event.currentTarget.setAttribute("aria-pressed", falling);
  update();
};
byId("clear").onclick = () => { for (const facet of facets) facet.chosen.clear(); update(); byId("shown").focus(); };
