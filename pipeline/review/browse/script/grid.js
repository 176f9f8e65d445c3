// The grid: only what is in view is in the document.

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

const rowCount = () => Math.ceil(shown.length / columns);
const isTooTall = () => rowCount() * rowPx > TALLEST_PX;

/** Beyond the tallest element a step of the scroll bar is more than a row: how many px of it a row is. */
const scrollPerRow = () => (TALLEST_PX - innerHeight) / (rowCount() - innerHeight / rowPx);
/** Where the page is scrolled to for a row to be seen below the bar: with the row before it on top. */
const scrollOf = (row) => (row < 1 ? 0 : scrollY + grid.getBoundingClientRect().top + (row - 1) * scrollPerRow() + 1);

function firstRow() {
  const above = Math.max(0, -grid.getBoundingClientRect().top);
  if (!isTooTall()) return { row: Math.floor(above / rowPx), offset: 0 };
  const row = Math.floor(above / scrollPerRow());
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
  return inWords([...new Set(words)].filter((word) => word && word !== "none" && word !== "unknown").join(", "));
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
  const upper = stickyHeight(), hidden = top < upper || bottom > innerHeight;
  if (hidden && isTooTall()) scrollTo(0, scrollOf(Math.floor(active / columns)));
  else if (top < upper) scrollBy(0, top - upper - GAP_PX);
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
