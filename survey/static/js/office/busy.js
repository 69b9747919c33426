// Shows that a slow act is under way and keeps it from being sent twice.

export function showBusy(form) {
  form.addEventListener("submit", (event) => {
    const button = event.submitter ?? form.querySelector("button[type=submit]");
    if (button.getAttribute("aria-busy") === "true") event.preventDefault();
    button.setAttribute("aria-busy", "true");
  });
}
