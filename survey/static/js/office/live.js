// Keeps the numbers of the overview up to date: from a stream of events, or by asking again where there is none free.

const ASK_AGAIN = 15000;
const PARTS = ["done", "waiting", "caution", "wrong"];
const SVG = "http://www.w3.org/2000/svg";
const numbers = new Intl.NumberFormat(document.documentElement.lang || "vi", { maximumFractionDigits: 0 });

export function watch(place) {
  const note = place.querySelector("[data-live-note]");
  let timer = null;
  const show = (known) => {
    place.querySelectorAll("[data-live-time]").forEach((each) => { each.textContent = known.at; });
    if (known.lines) apply(known, note);
  };
  const ask = async () => {
    try {
      const answer = await fetch(place.dataset.live, { headers: { Accept: "application/json" } });
      if (answer.ok) show(await answer.json());
      if (answer.status === 401 || answer.status === 403) return;
    } catch { /* The line is down; the next turn asks again. */ }
    timer = setTimeout(ask, ASK_AGAIN);
  };
  const listen = () => {
    const stream = new EventSource(place.dataset.live);
    stream.addEventListener("counts", (event) => show(JSON.parse(event.data)));
    stream.addEventListener("still", (event) => show(JSON.parse(event.data)));
    stream.addEventListener("error", () => {
      if (stream.readyState === EventSource.CLOSED && timer === null) timer = setTimeout(ask, 0);
    });
    return stream;
  };
  let stream = listen();
  document.addEventListener("visibilitychange", () => {
    stream.close();
    clearTimeout(timer);
    timer = null;
    if (!document.hidden) stream = listen();
  });
  addEventListener("pagehide", () => stream.close());
}

function apply(known, note) {
  let changed = 0;
  for (const [key, counts] of Object.entries(known.lines)) {
    for (const line of document.querySelectorAll(`[data-live-line="${key}"]`)) changed += draw(line, counts);
  }
  const [planned, approved, received, returned] = known.lines.total;
  const figures = { percent: share(approved + received, planned), approved, waiting: known.waiting, returned };
  for (const [name, value] of Object.entries(figures)) {
    for (const each of document.querySelectorAll(`[data-live-figure="${name}"]`)) changed += write(each, value);
  }
  for (const each of document.querySelectorAll("[data-live-words]")) {
    const said = each.dataset.liveWords.replace("{done}", numbers.format(approved + received));
    write(each, said.replace("{planned}", numbers.format(planned)));
    if (changed && note) note.textContent = each.textContent;
  }
}

function draw(line, [planned, approved, received, returned, rejected, due]) {
  const done = approved + received;
  const values = { planned, approved, received, returned, rejected, due, done, percent: share(done, planned) };
  let changed = 0;
  for (const each of line.querySelectorAll("[data-live-count]")) changed += write(each, values[each.dataset.liveCount]);
  const bar = line.querySelector("svg.bar");
  if (bar && changed) drawBar(bar, [approved, received, returned, rejected], planned, line, values);
  return changed;
}

function drawBar(bar, parts, whole, line, values) {
  bar.querySelectorAll("rect:not(.bar__track)").forEach((each) => each.remove());
  const track = bar.querySelector(".bar__track");
  let x = 0;
  let after = track;
  parts.forEach((value, place) => {
    if (!value || !whole) return;
    const width = Math.min((100 * value) / whole, 100 - x);
    const rect = document.createElementNS(SVG, "rect");
    rect.setAttribute("class", `bar__${PARTS[place]}`);
    rect.setAttribute("x", `${x.toFixed(3)}%`);
    rect.setAttribute("y", "0");
    rect.setAttribute("width", `${width.toFixed(3)}%`);
    rect.setAttribute("height", "100%");
    after.after(rect);
    after = rect;
    x += width;
  });
  const said = line.closest("[data-live-said]")?.dataset.liveSaid;
  if (!said) return;
  const label = line.querySelector(".bars__label").textContent;
  const words = said.replace(/\{(\w+)\}/g, (_all, name) => (name === "label" ? label : numbers.format(values[name])));
  bar.setAttribute("aria-label", words);
  bar.querySelector("title").textContent = words;
}

function share(part, whole) {
  return whole ? `${numbers.format((100 * part) / whole)}%` : "–";
}

function write(element, value) {
  const said = typeof value === "number" ? numbers.format(value) : value;
  if (element.textContent === said) return 0;
  element.textContent = said;
  return 1;
}
