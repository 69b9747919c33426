// Says how many rows are ticked, so that a bulk action never surprises; Shift ticks a whole run of rows.

export function countTicked(form) {
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const words = form.querySelector("[data-count]");
  if (!words) return;
  const none = words.textContent;
  let last = null;

  const say = () => {
    const count = boxes.filter((box) => box.checked).length;
    if (count === 0) words.textContent = none;
    else words.textContent = count === 1 ? words.dataset.one : words.dataset.many.replace("{n}", count);
  };

  form.addEventListener("click", (event) => {
    const position = boxes.indexOf(event.target);
    if (position < 0) return;
    if (event.shiftKey && last !== null) {
      const [from, to] = [Math.min(last, position), Math.max(last, position)];
      boxes.slice(from, to + 1).forEach((box) => (box.checked = event.target.checked));
    }
    last = position;
  });
  form.addEventListener("change", say);
  form.addEventListener("click", say);
  say();
}
