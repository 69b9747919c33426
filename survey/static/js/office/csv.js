// Offers the rows that a list shows as a file, on pages whose list has no file of its own.

const ACTIVE = /^[=+\-@\t\r]/;

export function offerFile(root) {
  const words = root.getElementById("list-words");
  if (!words || root.querySelector("main a[href*='.csv']")) return;
  for (const table of root.querySelectorAll("main table.sticky, main table[data-keys]")) {
    const button = root.createElement("button");
    button.type = "button";
    button.className = "link-button no-print";
    button.textContent = words.dataset.csv;
    button.addEventListener("click", () => save(root, lines(table)));
    table.closest(".table-scroll").after(button);
  }
}

export function lines(table) {
  const rows = [...table.querySelectorAll("thead tr:last-child, tbody tr")];
  const skipped = [...rows[0].cells].map((cell) => cell.matches(".tick"));
  return rows.map((row) =>
    [...row.cells]
      .filter((_cell, position) => !skipped[position])
      .map((cell) => quoted(cell.innerText))
      .join(","),
  );
}

function quoted(text) {
  const plain = text.replace(/\s+/g, " ").trim();
  const safe = ACTIVE.test(plain) ? `'${plain}` : plain;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function save(root, rows) {
  const link = root.createElement("a");
  link.href = URL.createObjectURL(new Blob([`\ufeff${rows.join("\r\n")}\r\n`], { type: "text/csv" }));
  link.download = `${location.pathname.split("/").pop()}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}
