// Saves what was typed within five seconds, says so, and never overwrites: what somebody else changed is shown beside it.

const QUIET = 1200;
const LATEST = 4500;
const AGAIN = 5000;

/** Keeps the server's draft equal to the page, field by field. */
export class Autosave {
  constructor(form, fields, words, { onConflict, onSaved, status }) {
    Object.assign(this, { form, fields, words, onConflict, onSaved, status });
    this.base = JSON.parse(form.elements._base.value);
    this.waiting = new Set();
    this.held = new Set();
    this.sent = new Map();
    this.busy = null;
  }

  /** Note that a field changed; it is saved soon. */
  touch(name) {
    if (!(name in this.base)) return;
    this.waiting.add(name);
    this.first ??= Date.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), Math.max(0, Math.min(QUIET, this.first + LATEST - Date.now())));
  }

  get isBehind() {
    return this.waiting.size > 0 || this.busy !== null;
  }

  /** Send the waiting fields now. */
  async flush({ keepalive = false } = {}) {
    clearTimeout(this.timer);
    const names = [...this.waiting].filter((name) => !this.held.has(name));
    if (this.busy || names.length === 0) return;
    this.first = undefined;
    this.waiting = new Set([...this.waiting].filter((name) => this.held.has(name)));
    const typed = new Map(names.map((name) => [name, this.written(name)]));
    this.status("waiting", this.words.saving);
    this.busy = this.post(names, typed, keepalive);
    try {
      await this.busy;
    } finally {
      this.busy = null;
      if (this.waiting.size > this.held.size) this.touch([...this.waiting].find((name) => !this.held.has(name)));
    }
  }

  written(name) {
    const field = this.fields.get(name);
    return field ? field.written() : this.form.elements[name]?.value ?? "";
  }

  async post(names, typed, keepalive) {
    const body = new FormData();
    const base = Object.fromEntries(names.map((name) => [name, this.base[name]]));
    body.set("csrf_token", this.form.elements.csrf_token.value);
    body.set("_version", this.form.elements._version.value);
    body.set("_base", JSON.stringify(base));
    for (const [name, text] of typed) {
      if (!this.sent.has(name)) this.sent.set(name, new Set());
      this.sent.get(name).add(text.trim());
      for (const value of this.values(name, text)) body.append(name, value);
    }
    let response;
    try {
      response = await fetch(this.form.action, {
        method: "POST", body, keepalive, headers: { Accept: "application/json" }, credentials: "same-origin",
      });
      await this.answered(response, await response.json(), names, typed);
    } catch {
      this.failed(names, this.words.offline);
    }
  }

  values(name, text) {
    const [control] = this.fields.get(name)?.controls ?? [];
    return control?.type === "checkbox" ? text.split(" ").filter(Boolean) : [text];
  }

  async answered(response, said, names, typed) {
    if (response.ok || response.status === 409 && said.conflicts) {
      this.saved(said, names, typed);
    } else if (said.csrf) {
      this.form.elements.csrf_token.value = said.csrf;
      this.failed(names, this.words.saving, 0);
    } else {
      this.failed(names, response.status === 401 ? this.words.ended : said.message ?? this.words.offline);
    }
  }

  saved(said, names, typed) {
    const crossed = new Map(said.conflicts.map((conflict) => [conflict.name, conflict]));
    for (const name of names) if (!crossed.has(name)) this.base[name] = typed.get(name);
    this.form.elements._version.value = said.version;
    this.onSaved?.(said);
    let real = 0;
    for (const [name, conflict] of crossed) {
      if (this.sent.get(name)?.has(conflict.value)) this.settle(name, conflict.value);
      else {
        real += 1;
        this.held.add(name);
        this.onConflict(conflict, typed.get(name));
      }
    }
    this.keepBase();
    this.status(real ? "wrong" : "", real ? this.words.conflict : this.words.saved.replace("{time}", said.at));
  }

  /** Go on from the stored value after a conflict: what stands in the field is saved over it. */
  settle(name, stored) {
    this.base[name] = stored;
    this.held.delete(name);
    this.keepBase();
    this.touch(name);
  }

  failed(names, words, wait = AGAIN) {
    for (const name of names) this.waiting.add(name);
    this.status("wrong", words);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), wait);
  }

  keepBase() {
    this.form.elements._base.value = JSON.stringify(this.base);
  }
}
