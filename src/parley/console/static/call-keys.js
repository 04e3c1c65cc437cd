// How the pages of a call agree on keys: each makes one for a round, says what it will be, shows it
// once all have said so, and seals what it sends with to each of the others (spec/held.md V9 to V12).
// No key leaves this page but by these, and no private one can leave it at all.

const ML_KEM = /** @type {any} */ ({ name: "ML-KEM-768" });
const X25519_BYTES = 32;
const CIPHERTEXT_BYTES = 1088;

/**
 * @typedef {object} Page
 * @property {string} page
 * @property {number} party
 * @property {number} sender
 * @property {{round: string, hash: string} | null} commitment
 * @property {{round: string, key: string} | null} key
 * @property {{round: string, epoch: number} | null} sealed
 * @property {{round: string, epoch: number, sealed: string} | null} secret for this page
 */

/** @param {string} text */
const utf8 = (text) => new TextEncoder().encode(text);
/** @param {(Uint8Array | number[])[]} parts */
export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
/** @param {Uint8Array} bytes */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
/** @param {string} text */
export const unhex = (text) => new Uint8Array((text.match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
/** @param {Uint8Array} bytes */
export const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
/** @param {string} text */
export const unbase64 = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
/** @param {Uint8Array} bytes */
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {any} */ (bytes)));

/** Side and sender. @param {{party: number, sender: number}} page */
export const number = ({ party, sender }) => [party >> 8, party & 255, sender >> 8, sender & 255];

/** @param {Uint8Array} round @param {{party: number, sender: number}} page @param {Uint8Array} key */
export const commitment = (round, page, key) => sha256(joined(utf8("parley call commitment 1"), round, number(page), key));

/** What the check digits are made of. @param {Uint8Array} leaf @param {Uint8Array} round @param {{page: Page, key: Uint8Array}[]} shown in order */
export const transcript = (leaf, round, shown) =>
  sha256(joined(utf8("parley call digits 1"), leaf, round, ...shown.flatMap(({ page, key }) => [number(page), key])));

/** @param {Uint8Array} digest */
export function digits(digest) {
  const all = (new DataView(digest.buffer, digest.byteOffset).getBigUint64(0) % 100_000_000n).toString().padStart(8, "0");
  return `${all.slice(0, 4)} ${all.slice(4)}`;
}

/** The key between two pages, used once. @param {Uint8Array} shared X25519 and ML-KEM @param {Uint8Array} digest @param {Page} from @param {Page} to @param {number} epoch */
export async function pairKey(shared, digest, from, to, epoch) {
  const base = await crypto.subtle.importKey("raw", /** @type {any} */ (shared), "HKDF", false, ["deriveBits"]);
  const info = joined(utf8("parley call secret 1"), number(from), number(to), [epoch]);
  const bits = await crypto.subtle.deriveBits(/** @type {any} */ ({ name: "HKDF", hash: "SHA-256", salt: digest, info }), base, 256);
  return crypto.subtle.importKey("raw", bits, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** Each such key seals one message. */
const ONCE = { name: "AES-GCM", iv: new Uint8Array(12), tagLength: 128 };

/** This page's key of one round. */
export class Round {
  /** The call's leaf is taken now: whoever could tell another one after the keys were shown would have the digits as wanted.
   * @param {string} round @param {Uint8Array} leaf */
  static async make(round, leaf) {
    const subtle = /** @type {any} */ (crypto.subtle);
    const [classic, kem] = await Promise.all([
      subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]),
      subtle.generateKey(ML_KEM, false, ["encapsulateBits", "decapsulateBits"]),
    ]);
    const [x, k] = await Promise.all([subtle.exportKey("raw", classic.publicKey), subtle.exportKey("raw-public", kem.publicKey)]);
    return new Round(round, leaf, classic.privateKey, kem.privateKey, joined(new Uint8Array(x), new Uint8Array(k)));
  }

  /** @param {string} round @param {Uint8Array} leaf @param {CryptoKey} classic @param {CryptoKey} kem @param {Uint8Array} key */
  constructor(round, leaf, classic, kem, key) {
    this.round = round;
    this.leaf = leaf;
    this.classic = classic;
    this.kem = kem;
    this.key = key;
    this.committed = false;
    this.revealed = false;
    this.sealing = false;
    /** @type {Map<string, string | undefined> | null} */
    this.told = null; // what each page had said its key would be when we showed ours
    /** @type {Uint8Array | null} */
    this.digest = null;
    /** @type {Map<string, Uint8Array>} */
    this.keys = new Map();
  }

  /** @param {Page} me */
  commitment(me) {
    return commitment(unhex(this.round), me, this.key);
  }

  /** Whether all have said what their keys will be. @param {Page[]} pages */
  allCommitted(pages) {
    return pages.every((each) => each.commitment?.round === this.round);
  }

  /** Ours is shown now: what the others have said by then is what their keys have to be, whatever stands there later.
   * @param {Page[]} pages */
  reveals(pages) {
    this.revealed = true;
    this.told ??= new Map(pages.map((each) => [each.page, each.commitment?.hash]));
  }

  /** Take the keys that all have shown; false until they have. Raises with the page whose key is not the one it said, or
   * that stands elsewhere than it did then: the order is among what the digits are made of.
   * @param {Page[]} pages @param {Page} me */
  async take(pages, me) {
    if (this.digest) return true;
    const told = this.told;
    if (!told || !pages.every((each) => each.key?.round === this.round)) return false;
    const were = [...told.keys()];
    const moved = pages.find((each, at) => each.page !== were[at]);
    if (moved || were.length !== pages.length) throw new Error(moved?.page ?? were[pages.length]);
    const shown = pages.map((page) => ({ page, key: unbase64(page.key?.key ?? "") }));
    for (const { page, key } of shown) {
      const said = hex(await commitment(unhex(this.round), page, key));
      const mine = page.page === me.page && hex(key) !== hex(this.key);
      if (said !== told.get(page.page) || mine) throw new Error(page.page);
    }
    this.keys = new Map(shown.map(({ page, key }) => [page.page, key]));
    this.digest = await transcript(this.leaf, unhex(this.round), shown);
    return true;
  }

  /** @param {Uint8Array} theirs */
  async classicShared(theirs) {
    const subtle = /** @type {any} */ (crypto.subtle);
    const other = await subtle.importKey("raw", theirs.subarray(0, X25519_BYTES), { name: "X25519" }, false, []);
    return new Uint8Array(await subtle.deriveBits({ name: "X25519", public: other }, this.classic, 256));
  }

  /** 32 bytes, for one other page. @param {Uint8Array} secret @param {Page} me @param {Page} to @param {number} epoch */
  async seal(secret, me, to, epoch) {
    const theirs = this.keys.get(to.page);
    if (!theirs || !this.digest) throw new Error(to.page);
    const subtle = /** @type {any} */ (crypto.subtle);
    const kem = await subtle.importKey("raw-public", theirs.subarray(X25519_BYTES), ML_KEM, false, ["encapsulateBits"]);
    const { sharedKey, ciphertext } = await subtle.encapsulateBits(ML_KEM, kem);
    const shared = joined(await this.classicShared(theirs), new Uint8Array(sharedKey));
    const key = await pairKey(shared, this.digest, me, to, epoch);
    const sealed = await crypto.subtle.encrypt(ONCE, key, /** @type {any} */ (secret));
    return base64(joined(new Uint8Array(ciphertext), new Uint8Array(sealed)));
  }

  /** What another page sealed for this one; raises when it did not. @param {string} sealed @param {Page} from @param {Page} me @param {number} epoch */
  async open(sealed, from, me, epoch) {
    const theirs = this.keys.get(from.page);
    if (!theirs || !this.digest) throw new Error(from.page);
    const bytes = unbase64(sealed);
    const kem = await /** @type {any} */ (crypto.subtle).decapsulateBits(ML_KEM, this.kem, bytes.subarray(0, CIPHERTEXT_BYTES));
    const shared = joined(await this.classicShared(theirs), new Uint8Array(kem));
    const key = await pairKey(shared, this.digest, from, me, epoch);
    return new Uint8Array(await crypto.subtle.decrypt(ONCE, key, bytes.subarray(CIPHERTEXT_BYTES)));
  }
}
