// Brings one page of a questionnaire to life: rules while typing, autosave, conflicts, keyboard. Without it the page works all the same.

import { Autosave } from "./autosave.js";
import { Clock } from "./clock.js";
import { Field } from "./fields.js";
import { Live } from "./live.js";

const state = JSON.parse(document.getElementById("state").textContent);
const form = document.getElementById("page");
const fields = [...form.querySelectorAll(".q[data-path]")].map((element) => new Field(element, state.words));
const byName = new Map(fields.filter((field) => field.controls.length).map((field) => [field.name, field]));
const saved = document.getElementById("saved");

const autosave = new Autosave(form, byName, state.words, { onConflict: showConflict, onSaved: saidBack, status: showStatus });
const clock = state.clock ? new Clock(state, document.getElementById("clock"), form) : null;
let live = null;

function showStatus(kind, words) {
  saved.dataset.kind = kind;
  saved.textContent = words;
}

/** Show what the server worked out from what was saved: how far the questionnaire is, the size of the enterprise. */
function saidBack(said) {
  clock?.restart();
  const count = document.querySelector("[data-progress]");
  if (count && said.progress) count.textContent = said.progress;
  const size = document.getElementById("size");
  if (size && said.size) size.innerHTML = said.size;
}

function fieldOf(target) {
  return fields.find((field) => field.element.contains(target));
}

function changed(event) {
  const field = fieldOf(event.target);
  if (!field || !event.target.name || /^_(file|drop):/.test(event.target.name)) return;
  if (event.type === "change") {
    field.touched = true;
    field.tidy(state.language);
  } else {
    field.say(state.language);
  }
  live?.take(field);
  live?.refresh();
  autosave.touch(event.target.name);
}

/** Show both values of a field side by side and let the person choose. */
function showConflict(conflict) {
  const field = byName.get(conflict.name);
  if (!field) return;
  field.element.querySelector(".q__conflict")?.remove();
  const box = document.getElementById("conflict").content.firstElementChild.cloneNode(true);
  box.querySelector("[data-stored]").textContent = conflict.stored || state.words.blank;
  box.querySelector("[data-mine]").textContent = wordsOf(field) || state.words.blank;
  box.querySelector("[data-take]").addEventListener("click", () => {
    field.put(conflict.value);
    box.remove();
    live?.take(field);
    live?.refresh();
    autosave.settle(field.name, conflict.value);
  });
  box.querySelector("[data-keep]").addEventListener("click", () => {
    box.remove();
    autosave.settle(field.name, conflict.value);
  });
  field.problem.after(box);
  box.querySelector("button").focus();
}

function wordsOf(field) {
  const chosen = field.controls.filter((c) => c.checked).map((c) => c.closest("label").textContent.trim());
  const select = field.element.querySelector("select");
  return select ? select.selectedOptions[0]?.textContent ?? "" : chosen.join("; ") || field.written();
}

/** Save what was typed while the scripts were on their way; a clash waits for the choice of the person. */
function catchUp() {
  for (const [name, field] of byName) {
    const isClash = field.element.querySelector(".q__conflict") !== null;
    if (!isClash && name in autosave.base && field.written() !== autosave.base[name]) autosave.touch(name);
  }
}

async function start() {
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  catchUp();
  const response = await fetch(state.model, { credentials: "same-origin" });
  if (!response.ok) return;
  live = new Live(await response.json(), state, fields, [...form.querySelectorAll(".block[data-path]")]);
  const mark = document.createElement("input");
  Object.assign(mark, { type: "hidden", name: "_live", value: "1" });
  form.append(mark);
  document.documentElement.dataset.live = "yes";
}

let leaving = false;
form.addEventListener("submit", () => { leaving = true; });
document.addEventListener("visibilitychange", () => { if (document.hidden) autosave.flush({ keepalive: true }); });
window.addEventListener("online", () => autosave.flush());
window.addEventListener("focus", () => autosave.flush());
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
window.addEventListener("beforeunload", (event) => {
  if (!leaving && autosave.isBehind) event.preventDefault();
});

document.getElementById("errors")?.focus();
start();
