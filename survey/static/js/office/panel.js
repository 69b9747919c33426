// Opens a record beside its list: the record's page is fetched and its main part shown in a dialog. What is decided
// there goes to the server as on the page itself; the list is loaded again when the panel closes after a decision.
// The record lives in a shadow tree, so that its names of parts do not meet those of the list.

import { askFirst } from "./confirm.js";

export function openBeside(root) {
  const panel = root.getElementById("panel");
  const links = [...root.querySelectorAll("a[data-panel]")];
  if (!panel || !links.length) return;
  const body = panel.querySelector("[data-panel-body]");
  const whole = panel.querySelector("[data-panel-whole]");
  const tree = body.attachShadow({ mode: "open" });
  let origin = null;
  let hasActed = false;

  const show = (page, address) => {
    const styles = [...root.querySelectorAll("link[rel=stylesheet]")].map((link) => link.cloneNode());
    const parts = [...page.getElementById("main").children].filter((part) => !part.matches(".crumbs"));
    tree.replaceChildren(...styles, ...parts.map((part) => root.importNode(part, true)));
    whole.href = address;
    tree.querySelectorAll("[data-confirm]").forEach(askFirst);
    body.scrollTop = 0;
    if (!panel.open) panel.showModal();
    body.focus();
  };

  const load = async (address, options) => {
    const answer = await fetch(address, { credentials: "same-origin", ...options });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return { answer, page, isRecord: page.querySelector("#main .record") !== null };
  };

  const open = async (link) => {
    origin = link;
    link.setAttribute("aria-busy", "true");
    try {
      const { page, isRecord } = await load(link.href);
      if (isRecord) show(page, link.href);
      else location.assign(link.href);
    } catch {
      location.assign(link.href);
    } finally {
      link.removeAttribute("aria-busy");
    }
  };

  const send = async (form, button) => {
    if (button?.getAttribute("aria-busy") === "true") return;
    button?.setAttribute("aria-busy", "true");
    try {
      const { answer, page, isRecord } = await load(form.getAttribute("action"), { method: "POST", body: new FormData(form, button) });
      hasActed = hasActed || answer.ok;
      if (isRecord) show(page, answer.url);
      else location.assign(answer.url);
    } catch {
      button?.removeAttribute("aria-busy");
      panel.querySelector("[data-panel-failed]").hidden = false;
    }
  };

  for (const link of links) {
    link.addEventListener("click", (event) => {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      open(link);
    });
  }

  tree.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.getAttribute("method") !== "post") return;
    event.preventDefault();
    panel.querySelector("[data-panel-failed]").hidden = true;
    send(event.target, event.submitter);
  });

  tree.addEventListener("click", (event) => {
    const jump = event.target.closest("a[href^='#']");
    if (!jump) return;
    event.preventDefault();
    tree.getElementById(jump.hash.slice(1))?.scrollIntoView();
  });

  panel.querySelector("[data-panel-close]").addEventListener("click", () => panel.close());
  panel.addEventListener("close", () => {
    tree.replaceChildren();
    if (hasActed) location.reload();
    else origin?.focus();
  });
}
