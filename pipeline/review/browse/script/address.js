// Copying, the address, and what starts it all.

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

/** Take filters and order from the address; the id of the picture that it asks for, if there is one. */
function readAddress() {
  let asked;
  for (const facet of facets) facet.chosen.clear();
  for (const [name, values] of addressWords()) {
    const facet = facetNamed(name);
    if (facet) values.map((value) => facet.values.indexOf(value)).filter((code) => code >= 0).forEach((code) => facet.chosen.add(code));
    if (name === "sort") {
      byId("direction").setAttribute("aria-pressed", values[0].startsWith("-"));
      byId("sort").value = values[0].replace(/^-/, "");
      if (byId("sort").selectedIndex < 0) byId("sort").selectedIndex = 0;
    }
    if (name === "picture") asked = values.join(",");
  }
  return asked;
}

async function openAsked(id) {
  if (id === undefined) return;
  const picture = (await loadIds()).indexOf(id);
  if (picture < 0) return;
  active = Math.max(0, shown.indexOf(picture));
  open(picture);
}

addEventListener("hashchange", () => { const asked = readAddress(); update(); openAsked(asked); });

const wideEnough = matchMedia("(min-width: 900px)");
function unfold() { byId("filters").open = wideEnough.matches; }

load("index.js").promise.catch(() => {
  byId("shown").textContent = `${DATA} is missing: the folder of data belongs beside this page`;
});

byId("sort").onchange = update;
byId("direction").onclick = (event) => {
  const falling = event.currentTarget.getAttribute("aria-pressed") !== "true";
  event.currentTarget.setAttribute("aria-pressed", falling);
  update();
};
byId("clear").onclick = () => { for (const facet of facets) facet.chosen.clear(); update(); byId("shown").focus(); };
