// What follows from the answers, shown at once: questions that open and close, labels, choices, messages.

import { Form } from "../engine/form.js";
import { typed } from "../engine/value.js";

/** Runs the questionnaire's rules over the page while somebody types. */
export class Live {
  constructor(model, state, fields, blocks) {
    Object.assign(this, { state, fields, blocks });
    this.form = new Form(model, { language: state.language });
    this.form.load(state.answers);
    for (const field of fields) if (field.controls.length) this.take(field);
    this.refresh();
  }

  /** Read one field, and the reason below it, into the answers. */
  take(field) {
    this.store(field.path, field.lexical() ?? "");
    if (field.reason) this.store(`${field.path}_reason`, field.reason.value.trim());
  }

  store(path, value) {
    const found = this.form.locate(path);
    if (found) found.row.given[found.node.slot] = typed(found.node.type, value);
  }

  /** Recompute everything and bring the page up to date. */
  refresh() {
    this.form.recompute();
    for (const block of this.blocks) this.showBlock(block);
    for (const field of this.fields) this.showField(field);
  }

  showBlock(block) {
    const path = block.dataset.path;
    const asked = this.asks(path);
    block.hidden = !asked;
    const title = block.querySelector(":scope > h2");
    if (asked && title) title.textContent = this.form.label(path);
  }

  showField(field) {
    const found = this.form.locate(field.path);
    if (!found) return;
    const { node, row } = found;
    const asked = this.asks(field.path);
    field.element.hidden = !asked;
    if (!asked) return;
    field.word(this.form.say(node, row), node.hint ? this.form.say(node, row, "hint") : "");
    if (node.choices?.filter) field.offer(this.form.offered(node, row));
    if (field.controls.length) this.judge(field, node, row);
  }

  judge(field, node, row) {
    const unread = field.lexical() === null;
    const found = unread ? [] : this.form.check({ path: field.path, node, row });
    const errors = found.filter((f) => f.severity === "error" && f.code !== "required").map((f) => f.message);
    const warning = found.find((f) => f.code === "warning");
    const shown = field.touched ? (unread ? [field.objection()] : errors) : [];
    field.show(shown, field.touched || field.reason?.value ? (warning?.message ?? "") : "");
  }

  asks(path) {
    return this.form.locate(path) ? this.form.relevant(path) : false;
  }
}
