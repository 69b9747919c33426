// Warns before the session ends. The server keeps the time; other tabs may have used it, so it is asked before warning.

/** Counts down to the warning and lets the person go on. */
export class Clock {
  constructor({ clock, left, warn }, box, form) {
    Object.assign(this, { address: clock, warn, box, form, full: left });
    box?.querySelector("[data-stay]").addEventListener("click", () => this.stay());
    this.wait(left);
  }

  /** Start again after something was saved. */
  restart() {
    this.wait(this.full);
    this.show(false);
  }

  wait(left) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), Math.max(0, left - this.warn) * 1000);
  }

  async ask() {
    const left = await this.call("GET");
    if (left === null) return this.wait(this.warn + 30);
    if (left > this.warn) return this.wait(left);
    this.show(left > 0);
    if (left > 0) this.timer = setTimeout(() => this.ask(), (left + 1) * 1000);
    return undefined;
  }

  async stay() {
    const left = await this.call("POST");
    if (left) this.wait(left);
    this.show(false);
  }

  async call(method) {
    const body = method === "POST" ? new URLSearchParams({ csrf_token: this.form.elements.csrf_token.value }) : undefined;
    try {
      const answer = await fetch(this.address, { method, body, headers: { Accept: "application/json" }, credentials: "same-origin" });
      return answer.ok ? (await answer.json()).left : 0;
    } catch {
      return null;
    }
  }

  show(isShown) {
    if (!this.box) return;
    this.box.hidden = !isShown;
    if (isShown) this.box.querySelector("[data-stay]").focus();
  }
}
