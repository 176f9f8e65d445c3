// Filters, counts and order.

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
  byId("shown").textContent = shown.length === index.count ? `${all} ${index.count === 1 ? "picture" : "pictures"}` : `${some} of ${all} pictures`;
  byId("nothing").hidden = shown.length > 0;
  if (index.count === 0) byId("nothing").textContent = "There is no picture.";
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
