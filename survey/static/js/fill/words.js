// Amounts in words. Twin of web/fill/words.py; whole numbers below 10^18, as BigInt.

const DIGITS = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];
const SCALES = ["", "nghìn", "triệu", "tỷ", "nghìn tỷ", "triệu tỷ"];
const SMALL = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " +
  "seventeen eighteen nineteen").split(" ");
const TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES_EN = ["", "thousand", "million", "billion", "trillion", "quadrillion"];
const LIMIT = 10n ** 18n;

/** Return a whole number in words; empty beyond 10^18. */
export function inWords(number, language) {
  const size = number < 0n ? -number : number;
  if (size >= LIMIT) return "";
  const read = language === "en" ? english : vietnamese;
  const sign = number < 0n ? (language === "en" ? "minus " : "âm ") : "";
  return sign + read(size);
}

/** Return an amount given in million đồng (lexical form) as đồng in words; empty for anything else. */
export function dongInWords(millions, language) {
  const match = /^(-?)(\d{1,12})(?:\.(\d+))?$/.exec(millions);
  if (!match) return "";
  const amount = BigInt(match[2]) * 1000000n + BigInt(((match[3] ?? "") + "000000").slice(0, 6));
  const words = inWords(match[1] ? -amount : amount, language);
  return language === "en" ? `${words} VND` : `${words} đồng`;
}

function groups(number) {
  const found = [];
  for (let rest = number; rest > 0n; rest /= 1000n) found.push(Number(rest % 1000n));
  return found;
}

function vietnamese(number) {
  if (number === 0n) return DIGITS[0];
  const parts = groups(number);
  const words = [];
  for (let place = parts.length - 1; place >= 0; place -= 1) {
    if (!parts[place]) continue;
    const follows = place > 3 && parts.slice(3, place).some(Boolean);
    const scale = follows ? SCALES[place].replace(/ tỷ$/, "") : SCALES[place];
    words.push(`${hundreds(parts[place], place < parts.length - 1)} ${scale}`.trim());
  }
  return words.join(" ");
}

function hundreds(number, full) {
  const [hundred, ten, one] = [Math.floor(number / 100), Math.floor(number / 10) % 10, number % 10];
  const words = hundred || full ? [DIGITS[hundred], "trăm"] : [];
  if (ten === 0 && one && words.length) words.push("linh");
  else if (ten === 1) words.push("mười");
  else if (ten > 1) words.push(DIGITS[ten], "mươi");
  if (one) words.push(ones(ten, one));
  return words.join(" ");
}

function ones(ten, one) {
  if (ten > 1 && one === 1) return "mốt";
  if (ten > 1 && one === 4) return "tư";
  return ten >= 1 && one === 5 ? "lăm" : DIGITS[one];
}

function english(number) {
  if (number === 0n) return SMALL[0];
  const words = groups(number).map((part, place) => (part ? `${hundredsEnglish(part)} ${SCALES_EN[place]}`.trim() : ""));
  return words.filter(Boolean).reverse().join(" ");
}

function hundredsEnglish(number) {
  const [hundred, rest] = [Math.floor(number / 100), number % 100];
  const words = hundred ? [`${SMALL[hundred]} hundred`] : [];
  if (rest) words.push(rest < 20 ? SMALL[rest] : TENS[Math.floor(rest / 10)] + (rest % 10 ? `-${SMALL[rest % 10]}` : ""));
  return words.join(" ");
}
