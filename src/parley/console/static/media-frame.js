// One frame of sound or picture: its clear header, its keys, sealing and opening it. The pages of
// spec/media.md in script; vectors/media.json holds both to the same bytes.

export const SOUND = 1;
export const PICTURE = 2;
export const SHOWN = 5; // a document or a screen, each a picture by itself
export const HEADER_BYTES = 24;
const TAG_BYTES = 16;
const VERSION = 1;

/**
 * @typedef {object} Header
 * @property {number} kind
 * @property {number} track
 * @property {number} sequence
 * @property {number} captured_us since 1970, by the sender's clock
 * @property {boolean} [key]
 * @property {number} [length_ms] of sound
 * @property {number} [party]
 * @property {number} [sender]
 * @property {number} epoch
 * @property {number} [width] a multiple of 8
 * @property {number} [height]
 */

/** @param {Header} header */
export function write(header) {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, (VERSION << 4) | header.kind);
  view.setUint8(1, header.track);
  view.setUint8(2, header.key ? 1 : 0);
  view.setUint8(3, header.length_ms ?? 0);
  view.setUint32(4, header.sequence);
  view.setBigUint64(8, BigInt(header.captured_us));
  view.setUint16(16, header.party ?? 0);
  view.setUint16(18, header.sender ?? 0);
  view.setUint8(20, header.epoch);
  view.setUint8(22, (header.width ?? 0) / 8);
  view.setUint8(23, (header.height ?? 0) / 8);
  return bytes;
}

/** What a whole frame says of itself, or null. @param {Uint8Array} frame @returns {Header | null} */
export function read(frame) {
  if (frame.length <= HEADER_BYTES + TAG_BYTES) return null;
  const view = new DataView(frame.buffer, frame.byteOffset);
  const header = {
    kind: view.getUint8(0) & 15,
    track: view.getUint8(1),
    sequence: view.getUint32(4),
    captured_us: Number(view.getBigUint64(8)),
    key: view.getUint8(2) === 1,
    length_ms: view.getUint8(3),
    party: view.getUint16(16),
    sender: view.getUint16(18),
    epoch: view.getUint8(20),
    width: 8 * view.getUint8(22),
    height: 8 * view.getUint8(23),
  };
  if (header.kind !== SOUND && header.kind !== PICTURE && header.kind !== SHOWN) return null;
  if (header.kind === SHOWN && (!header.key || header.length_ms || !header.width || !header.height)) return null;
  const again = write(header); // there is one spelling of each header
  return again.every((byte, at) => byte === frame[at]) ? header : null;
}

/** The keys of one epoch, from a secret of 32 bytes. */
export class Keys {
  /** @param {Uint8Array} secret @param {number} epoch */
  constructor(secret, epoch) {
    this.epoch = epoch;
    this.base = crypto.subtle.importKey("raw", /** @type {any} */ (secret), "HKDF", false, ["deriveBits"]);
    /** @type {Map<number, Promise<{key: CryptoKey, salt: Uint8Array}>>} */
    this.tracks = new Map();
  }

  /** @param {Header} header */
  of(header) {
    const name = (header.kind << 8) | header.track;
    let found = this.tracks.get(name);
    if (!found) {
      found = this.derive(write({ ...header, sequence: 0, captured_us: 0 }));
      this.tracks.set(name, found);
    }
    return found;
  }

  /** @param {Uint8Array} header */
  async derive(header) {
    const label = new TextEncoder().encode("parley media 1");
    const info = new Uint8Array([...label, header[0] & 15, header[1], ...header.subarray(16, 21)]);
    const algorithm = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info };
    const bits = new Uint8Array(await crypto.subtle.deriveBits(algorithm, await this.base, 44 * 8));
    const key = await crypto.subtle.importKey("raw", bits.subarray(0, 32), "AES-GCM", false, ["encrypt", "decrypt"]);
    return { key, salt: bits.slice(32) };
  }

  /** @param {Header} header @param {Uint8Array} clear */
  async params(header, clear) {
    const { key, salt } = await this.of(header);
    const iv = salt.slice(); // no two frames of a track have one number
    for (let at = 0; at < 4; at += 1) iv[8 + at] ^= clear[4 + at];
    return { key, how: { name: "AES-GCM", iv, additionalData: clear, tagLength: 128 } };
  }

  /** @param {Header} header @param {Uint8Array} plain */
  async seal(header, plain) {
    const clear = write(header);
    const { key, how } = await this.params(header, clear);
    const sealed = new Uint8Array(await crypto.subtle.encrypt(how, key, /** @type {any} */ (plain)));
    const frame = new Uint8Array(HEADER_BYTES + sealed.length);
    frame.set(clear);
    frame.set(sealed, HEADER_BYTES);
    return frame;
  }

  /** What was sealed; raises when this key did not seal it. @param {Header} header @param {Uint8Array} frame */
  async open(header, frame) {
    const { key, how } = await this.params(header, frame.slice(0, HEADER_BYTES));
    return new Uint8Array(await crypto.subtle.decrypt(how, key, /** @type {any} */ (frame.subarray(HEADER_BYTES))));
  }
}
