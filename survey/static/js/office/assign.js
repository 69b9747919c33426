// Areas as cards that can be dragged to another person. The list at each card stays the truth and moves its card too.

const form = document.querySelector("form[data-assign]");
const words = form.querySelector("[data-changed]");
const none = words.textContent;
let dragged = null;

const handOf = (value) => form.querySelector(`[data-holder="${CSS.escape(value)}"]`);
const listOf = (card) => card.querySelector("select[name^='to-']");
const before = (card) => card.querySelector("input[name^='was-']").value;

function settle() {
  let changed = 0;
  for (const card of form.querySelectorAll("[data-area]")) {
    const isChanged = listOf(card).value !== before(card);
    card.toggleAttribute("data-is-changed", isChanged);
    changed += isChanged;
  }
  for (const hand of form.querySelectorAll("[data-holder]")) {
    const cards = hand.querySelectorAll("[data-area]").length;
    hand.querySelector("[data-hand-count]").textContent = cards;
    hand.classList.toggle("hand--empty", cards === 0);
  }
  if (changed === 0) words.textContent = none;
  else words.textContent = changed === 1 ? words.dataset.one : words.dataset.many.replace("{n}", changed);
}

function give(card, value) {
  const list = listOf(card);
  const hadFocus = document.activeElement === list;
  list.value = value;
  handOf(value)?.querySelector("ul").append(card);
  if (hadFocus) list.focus();
  settle();
}

form.addEventListener("change", (event) => {
  const card = event.target.closest("[data-area]");
  if (card) give(card, event.target.value);
});

for (const card of form.querySelectorAll("[data-area]")) card.draggable = true;

form.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-area]") ?? null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", listOf(dragged).name);
});

form.addEventListener("dragover", (event) => {
  const hand = event.target.closest?.("[data-holder]");
  if (!dragged || !hand) return;
  event.preventDefault();
  mark(hand);
});

form.addEventListener("drop", (event) => {
  const hand = event.target.closest?.("[data-holder]");
  if (!dragged || !hand) return;
  event.preventDefault();
  give(dragged, hand.dataset.holder);
});

form.addEventListener("dragend", () => {
  dragged = null;
  mark(null);
});

function mark(hand) {
  for (const each of form.querySelectorAll("[data-holder]")) each.toggleAttribute("data-is-over", each === hand);
}

settle();
