// The words of page scripts in the language of the page. Pages in English carry none; others carry a
// block of data with what scripts may have to say, and which form goes with which number.

const block = document.getElementById("page-words");
/** @type {Record<string, string | string[]>} */
const words = block ? JSON.parse(block.textContent ?? "{}") : {};
const forms = String(words[""] ?? "");
const TENTHS = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
const turns = /[\u0590-\u08ff\u200f\u202b\u202e\u2067\ufb1d-\ufefc]/; // from right to left
const rtl = document.documentElement.dir === "rtl";

const locale = `${document.documentElement.lang}-u-nu-latn`;

/** How numbers of this page are grouped; the digits are 0 to 9 in every language. */
export const number = (/** @type {number} */ value) => new Intl.NumberFormat(locale).format(value);

/** With one digit behind the point, or the comma, of the language. */
export const tenths = (/** @type {number} */ value) => new Intl.NumberFormat(locale, TENTHS).format(value);

/** A share of a whole, as `words.py` says it. */
export const percent = (/** @type {number} */ part) =>
  locale.startsWith("en-") ? `${tenths(100 * part)} %` : new Intl.NumberFormat(locale, { ...TENTHS, style: "percent" }).format(part);

/** A value that turns nothing around it. @param {unknown} value */
function isolated(value) {
  const said = String(value);
  return rtl || turns.test(said) ? `\u2068${said}\u2069` : said;
}

/** @param {string} found @param {Record<string, unknown>} values */
const filled = (found, values) => found.replace(/%\((\w+)\)s|%%/g, (whole, name) => (name ? isolated(values[name] ?? whole) : "%"));

/** A fixed text. @param {string} message @param {Record<string, unknown>} [values] */
export const _ = (message, values = {}) => filled(String(words[message] || message), values);

/** A fixed text with a number, `%(num)s`. @param {string} one @param {string} many @param {number} num @param {Record<string, unknown>} [values] */
export function ngettext(one, many, num, values = {}) {
  const known = words[one];
  const form = Number(forms[num < 200 ? num : 100 + (num % 100)]);
  const found = Array.isArray(known) ? known[form] : num === 1 ? one : many;
  return filled(found ?? many, { num: number(num), ...values });
}

/** Several things said one after the other, as the language parts them. @param {string[]} things */
export const listed = (things) => (things.length ? things.reduce((before, next) => _("%(before)s; %(next)s", { before, next })) : "");
