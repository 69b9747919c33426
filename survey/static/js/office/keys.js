// The keyboard in lists: j and k walk the rows, Enter opens one, / goes to the search field, ? says all this.
// Nothing happens while somebody is typing or a dialog is open.

export function listKeys(root) {
  const table = root.querySelector("table[data-keys]") ?? root.querySelector("main table.sticky");
  const links = table ? [...table.querySelectorAll("tbody th a")] : [];
  const search = root.querySelector("main form.filters input[type=search]");
  const help = root.getElementById("keys-help");
  let here = -1;

  const go = (to) => {
    if (to < 0 || to >= links.length) return;
    links[here]?.closest("tr").removeAttribute("data-here");
    here = to;
    links[here].closest("tr").setAttribute("data-here", "");
    links[here].focus();
  };

  const acts = {
    j: () => go(here + 1),
    k: () => go(here - 1),
    "/": () => search?.select(),
    "?": () => help?.showModal(),
  };

  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (root.querySelector("dialog[open]") || !acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  });
}

function isTyping(element) {
  return element.matches("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");
}
