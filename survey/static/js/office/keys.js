// Walks a table with j and k and opens the row with Enter, as long as nobody is typing.

export function walkRows(table) {
  const links = [...table.querySelectorAll("tbody th a")];
  let here = -1;

  const go = (to) => {
    if (to < 0 || to >= links.length) return;
    links[here]?.closest("tr").removeAttribute("data-here");
    here = to;
    links[here].closest("tr").setAttribute("data-here", "");
    links[here].focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "j") go(here + 1);
    if (event.key === "k") go(here - 1);
  });
}

function isTyping(element) {
  return element.matches("input, select, textarea, [contenteditable]");
}
