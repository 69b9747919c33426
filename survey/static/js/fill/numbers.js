// Numbers as a person in Vietnam writes them ↔ the lexical form of the answers. Twin of questionnaire/written.py; guesses nothing.

const GROUPED = /^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$/;
const PLAIN = /^[+-]?\d+(,\d+)?$/;
const POINT = /^([+-]?\d+)\.(\d+)$/;

/** Return the lexical form of a typed number, or null when it is ambiguous or no number. */
export function readNumber(typed) {
  const text = typed.normalize("NFC").replace(/[\u00a0\s]/g, "");
  if (!PLAIN.test(text) && !GROUPED.test(text)) return null;
  const [whole, decimals = ""] = text.replace(/^\+/, "").replaceAll(".", "").split(",");
  const digits = whole.replace(/^(-?)0+(?=\d)/, "$1");
  return decimals ? `${digits}.${decimals}` : digits;
}

/** Return the two numbers that a text with a decimal point may stand for, or null. */
export function alternatives(typed) {
  const match = POINT.exec(typed.replaceAll(" ", ""));
  return match ? [`${match[1]},${match[2]}`, String(BigInt(match[1] + match[2]))] : null;
}

/** Write a lexical number the Vietnamese way; dots between thousands where `grouped`. */
export function writeNumber(value, grouped) {
  const [whole, decimals] = value.split(".");
  const text = grouped ? whole.replace(/\B(?=(\d{3})+$)/g, ".") : whole;
  return decimals ? `${text},${decimals}` : text;
}
