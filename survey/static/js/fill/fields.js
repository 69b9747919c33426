// The fields of a page: what is typed in them ↔ lexical answers, their messages, choices and texts. No network, no engine.

import { alternatives, readNumber, writeNumber } from "./numbers.js";
import { dongInWords } from "./words.js";

const NUMBERS = new Set(["integer", "decimal", "range"]);
const DAY = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/;

/** One question on the page: its element, its path in the answers, the name of its field. */
export class Field {
  constructor(element, words) {
    this.element = element;
    this.words = words;
    this.path = element.dataset.path;
    this.name = element.dataset.name;
    this.kind = element.dataset.kind;
    this.controls = [...element.querySelectorAll("input, select, textarea")].filter((c) => c.name === this.name);
    this.problem = element.querySelector(".q__problem");
    this.doubt = element.querySelector("[data-warning]");
    this.reason = this.doubt?.querySelector("input") ?? null;
    this.echo = element.querySelector(".q__echo");
    this.text = element.querySelector(".q__text");
    this.hint = element.querySelector(".q__hint");
    this.touched = this.problem !== null && !this.problem.hidden;
  }

  /** Return what stands in the field as one text, as the server writes it. */
  written() {
    const [first] = this.controls;
    if (!first) return "";
    if (first.type === "radio" || first.type === "checkbox") {
      return this.controls.filter((c) => c.checked).map((c) => c.value).join(" ");
    }
    return first.value;
  }

  /** Return the lexical answer, or null for a text that cannot be read as one. */
  lexical() {
    const text = this.written().normalize("NFC").trim();
    if (!text) return "";
    if (NUMBERS.has(this.kind)) {
      const number = readNumber(text);
      return number === null || (this.kind === "integer" && number.includes(".")) ? null : number;
    }
    return this.kind === "date" ? readDay(text) : text;
  }

  /** Return the question that answers a text which cannot be read. */
  objection() {
    const text = this.written().trim();
    const options = NUMBERS.has(this.kind) ? alternatives(text) : null;
    if (options) return this.words.dot.replace("{comma}", options[0]).replace("{thousands}", writeNumber(options[1], true));
    return this.words[this.kind] ?? this.words.decimal;
  }

  /** Put a text into the field, as when the stored answer is taken over. */
  put(text) {
    const chosen = new Set(text.split(" "));
    for (const control of this.controls) {
      if (control.type === "radio" || control.type === "checkbox") control.checked = chosen.has(control.value);
      else control.value = text;
    }
  }

  /** Write a number with dots between thousands where the page does so, and repeat an amount in words. */
  tidy(language) {
    const lexical = NUMBERS.has(this.kind) ? this.lexical() : null;
    if (lexical && this.element.dataset.grouped !== undefined) this.controls[0].value = writeNumber(lexical, true);
    this.say(language);
  }

  say(language) {
    if (this.echo) this.echo.textContent = dongInWords(this.lexical() ?? "", language);
  }

  /** Show or take away the messages of the field. */
  show(problems, warning) {
    if (this.problem) {
      this.problem.textContent = problems.join(" ");
      this.problem.hidden = problems.length === 0;
      this.element.classList.toggle("q--wrong", problems.length > 0);
      this.describe(problems.length > 0);
    }
    if (this.doubt) {
      this.doubt.hidden = !warning;
      this.doubt.querySelector(".q__warning").textContent = warning;
    }
  }

  describe(isWrong) {
    const group = this.element.querySelector("fieldset") ?? this.controls[0];
    if (!group) return;
    const mine = this.problem.id;
    const others = (group.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== mine);
    const ids = isWrong ? [...others, mine] : others;
    if (ids.length) group.setAttribute("aria-describedby", ids.join(" "));
    else group.removeAttribute("aria-describedby");
    if (group.tagName !== "FIELDSET" || group.getAttribute("role") === "radiogroup") {
      if (isWrong) group.setAttribute("aria-invalid", "true");
      else group.removeAttribute("aria-invalid");
    }
  }

  /** Replace label and hint where answers stand in them. */
  word(label, hint) {
    if (this.text && this.text.textContent !== label) this.text.textContent = label;
    if (this.hint && hint && this.hint.textContent !== hint) this.hint.textContent = hint;
  }

  /** Offer other choices in a drop-down or a list of buttons; what was chosen stays where it is still offered. */
  offer(choices) {
    const select = this.element.querySelector("select");
    const present = select ? [...select.options].slice(1).map((o) => o.value) : this.controls.map((c) => c.value);
    if (present.join("\n") === choices.map((c) => c.value).join("\n")) return;
    const chosen = new Set(this.written().split(" "));
    if (select) {
      select.replaceChildren(select.options[0], ...choices.map((c) => new Option(c.label, c.value, false, chosen.has(c.value))));
      return;
    }
    const list = this.element.querySelector(".q__options");
    const model = this.element.querySelector("template")?.content.firstElementChild;
    if (!list || !model) return;
    list.replaceChildren(...choices.map((choice) => {
      const label = model.cloneNode(true);
      const input = label.querySelector("input");
      Object.assign(input, { value: choice.value, checked: chosen.has(choice.value) });
      label.querySelector("span").textContent = choice.label;
      return label;
    }));
    this.controls = [...list.querySelectorAll("input")];
  }
}

function readDay(text) {
  const match = DAY.exec(text);
  const iso = match ? `${match[3]}-${match[2].padStart(2, "0")}-${match[1].padStart(2, "0")}` : text;
  const day = new Date(`${iso}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(iso) && !Number.isNaN(+day) && day.toISOString().startsWith(iso) ? iso : null;
}
