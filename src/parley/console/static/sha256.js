// SHA-256 (FIPS 180-4) of what comes piece by piece: WebCrypto takes only the whole at once, and a
// recording may be longer than memory.

const PRIMES = (/** @type {number} */ count) => {
  /** @type {number[]} */
  const found = [];
  for (let n = 2; found.length < count; n += 1) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
};
/** The first 32 bits behind the point. @param {number} root */
const fraction = (root) => Math.floor((root - Math.floor(root)) * 2 ** 32) | 0;
const K = Int32Array.from(PRIMES(64), (prime) => fraction(Math.cbrt(prime)));
const BLOCK = 64;

export class Sha256 {
  constructor() {
    this.state = Int32Array.from(PRIMES(8), (prime) => fraction(Math.sqrt(prime)));
    this.words = new Int32Array(64);
    this.rest = new Uint8Array(BLOCK);
    this.length = 0;
  }

  /** @param {Uint8Array} bytes */
  add(bytes) {
    let at = 0;
    while (at < bytes.length) {
      const held = this.length % BLOCK;
      const taken = Math.min(BLOCK - held, bytes.length - at);
      this.rest.set(bytes.subarray(at, at + taken), held);
      this.length += taken;
      at += taken;
      if (held + taken === BLOCK) this.block(this.rest);
    }
    return this;
  }

  /** @param {Uint8Array} block */
  block(block) {
    const w = this.words;
    for (let t = 0; t < 16; t += 1) w[t] = (block[4 * t] << 24) | (block[4 * t + 1] << 16) | (block[4 * t + 2] << 8) | block[4 * t + 3];
    for (let t = 16; t < 64; t += 1) {
      const x = w[t - 15];
      const y = w[t - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[t] = (w[t - 16] + s0 + w[t - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, h] = this.state;
    for (let t = 0; t < 64; t += 1) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const one = (h + s1 + ((e & f) ^ (~e & g)) + K[t] + w[t]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + one) | 0;
      d = c;
      c = b;
      b = a;
      a = (one + two) | 0;
    }
    const sum = [a, b, c, d, e, f, g, h];
    for (let at = 0; at < 8; at += 1) this.state[at] += sum[at];
  }

  /** The 32 bytes; nothing may be added after. */
  end() {
    const bits = BigInt(this.length) * 8n;
    const tail = new Uint8Array(((2 * BLOCK - 9 - (this.length % BLOCK)) % BLOCK) + 9); // one bit, zeros, the length
    tail[0] = 0x80;
    new DataView(tail.buffer).setBigUint64(tail.length - 8, bits);
    this.add(tail);
    const told = new DataView(new ArrayBuffer(32));
    this.state.forEach((value, at) => told.setInt32(4 * at, value));
    return new Uint8Array(told.buffer);
  }
}
