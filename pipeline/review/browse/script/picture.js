// One picture in its dialog.

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
  drawings = [];
  byId("pictures").replaceChildren(...figures(picture, row, parent));
  byId("name").focus({ preventScroll: true });
  writeAddress(row.id);
}

let drawings = []; // what draws each picture again when a switch is turned

function keepDrawn(draw) {
  drawings.push(draw);
  draw();
}

function figures(picture, row, parent) {
  const found = [figure(row, picture, "This picture", row.outline)];
  if (parent) found.push(figure(parent, row.parent, "Made from", { ...parent.outline, cut: row.outline.cut ?? parent.outline.cut }));
  else if (row.parentPicture) found.push(figure({ ...row, picture: row.parentPicture, name: "its photo" }, -1, "Made from", { ...row.outline, polygon: [] }));
  return found;
}

function figure(row, picture, title, outline) {
  const drawing = makeSvg("svg", { role: "img", "aria-label": `${title}: ${row.name}` });
  const caption = make("figcaption", { textContent: `${title}: ${picture >= 0 ? describe(picture) : row.name}` });
  if (row.picture) loadPhoto(drawing, row.picture, outline, picture);
  else keepDrawn(() => drawTile(drawing, outline, picture));
  return make("figure", {}, drawing, caption);
}

/** Draw the photo once it is loaded, and its tile where the file has gone; no table tells the size of some. */
function loadPhoto(drawing, address, outline, picture) {
  const photo = new Image();
  const size = () => (outline.size[0] ? outline.size : [photo.naturalWidth, photo.naturalHeight]);
  photo.onload = () => keepDrawn(() => drawPhoto(drawing, address, outline, size()));
  photo.onerror = () => keepDrawn(() => drawTile(drawing, outline, picture));
  photo.src = address;
}

/** The photo in its own pixels, with what is known of it drawn over. */
function drawPhoto(drawing, address, outline, [width, height]) {
  const side = Math.max(width, height);
  const [left, top, cut] = byId("whole").checked || !outline.cut ? [(width - side) / 2, (height - side) / 2, side] : outline.cut;
  drawing.setAttribute("viewBox", `${left} ${top} ${cut} ${cut}`);
  drawing.replaceChildren(makeSvg("image", { href: address, width, height, preserveAspectRatio: "none" }), ...overlays(outline));
}

function drawTile(drawing, outline, picture) {
  const [left, top, side] = outline.cut ?? [0, 0, 1];
  drawing.setAttribute("viewBox", `${left} ${top} ${side} ${side}`);
  if (picture < 0) return;
  const { sheet, rows, across, column, row } = placeInSheet(picture);
  const window_ = makeSvg("svg", { x: left, y: top, width: side, height: side, viewBox: `${column} ${row} 1 1` });
  sheetAddress(sheet).then((href) => window_.append(makeSvg("image", { href, width: across, height: rows, preserveAspectRatio: "none" })), () => {});
  drawing.replaceChildren(window_, ...(outline.cut ? overlays(outline) : []));
}

function overlays({ polygon, landmarks, box }) {
  const drawn = [];
  if (byId("polygon").checked && polygon.length) drawn.push(makeSvg("polygon", { class: "mask", points: polygon.join(" ") }));
  if (byId("box").checked && box) drawn.push(makeSvg("rect", { class: "box", x: box[0], y: box[1], width: box[2] - box[0], height: box[3] - box[1] }));
  if (byId("landmarks").checked && landmarks.length)
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
    ["Duplicates, and what else belongs to its photo", row.kin],
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
for (const id of ["polygon", "landmarks", "box", "whole"]) byId(id).onchange = () => drawings.forEach((draw) => draw());
detail.addEventListener("click", (event) => { if (event.target === detail) detail.close(); });
detail.addEventListener("close", () => { opened = -1; writeAddress(); moveTo(active); });
detail.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const actions = { ArrowRight: () => step(1), j: () => step(1), ArrowLeft: () => step(-1), k: () => step(-1), x: () => mark(opened) };
  for (const [key, id] of [["m", "polygon"], ["l", "landmarks"], ["b", "box"], ["w", "whole"]]) actions[key] = () => byId(id).click();
  const action = actions[event.key] ?? actions[event.key.toLowerCase()];
  if (action) { event.preventDefault(); action(); }
});
