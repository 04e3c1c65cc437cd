// A WebM file (RFC 9559, WebM guidelines) of encoded sound and pictures as they are: Opus and VP8, each
// sender with a track of its own. Numbers of elements are those of RFC 9559, section 5.

const SCALE_NS = 1_000_000; // times in the file are milliseconds
const BLOCK_MS_MAX = 30_000; // of a cluster: a block's time is 16 bits beside it
const SEEK_PRE_ROLL_NS = 80_000_000; // RFC 7845: a decoder needs so much before it is exact
const PRE_SKIP = 312; // samples, of the encoder's start
const OPUS_HEAD = [...new TextEncoder().encode("OpusHead"), 1, 1, PRE_SKIP & 255, PRE_SKIP >> 8, 0x80, 0xbb, 0, 0, 0, 0, 0];

/** @typedef {{sound: boolean, name: string, width: number, height: number, number: number}} Track */

/** @param {number} value @param {number} [length] in bytes */
function uint(value, length) {
  const bytes = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  while (length && bytes.length < length) bytes.unshift(0);
  return bytes;
}

/** An element: its number, its size in eight bytes, what it holds. @param {number} id @param {ArrayLike<number>[]} parts */
export function element(id, ...parts) {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [...uint(id), 1, ...uint(size, 7)];
  const whole = new Uint8Array(head.length + size);
  whole.set(head);
  let at = head.length;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {string} words */
const utf8 = (words) => new TextEncoder().encode(words);
/** @param {number} value */
const float = (value) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return new Uint8Array(view.buffer);
};

/** @param {Track} track */
function trackEntry({ sound, name, width, height, number }) {
  const about = [element(0xd7, [number]), element(0x73c5, [number]), element(0x83, [sound ? 2 : 1]), element(0x9c, [0]), element(0x22b59c, utf8("und")), element(0x536e, utf8(name))];
  if (!sound) return element(0xae, ...about, element(0x86, utf8("V_VP8")), element(0xe0, element(0xb0, uint(width)), element(0xba, uint(height))));
  const delay_ns = Math.round((PRE_SKIP * 1e9) / 48_000);
  return element(0xae, ...about, element(0x86, utf8("A_OPUS")), element(0x56aa, uint(delay_ns)), element(0x56bb, uint(SEEK_PRE_ROLL_NS)), element(0x63a2, OPUS_HEAD), element(0xe1, element(0xb5, float(48_000)), element(0x9f, [1])));
}

/** Clusters as they fill, and the head at the end: only then it is known who took part and how long. */
export class WebM {
  /** @param {(cluster: Uint8Array<ArrayBuffer>) => void} give each cluster when it is full */
  constructor(give) {
    this.give = give;
    /** @type {Track[]} */
    this.tracks = [];
    /** @type {{at: number, track: Track, key: boolean, data: Uint8Array}[]} */
    this.waiting = [];
    /** @type {{at: number, offset: number}[]} */
    this.clusters = [];
    this.bytes = 0;
    this.end_ms = 0;
  }

  /** @param {boolean} sound @param {string} name @param {number} width @param {number} height */
  track(sound, name, width = 0, height = 0) {
    const track = { sound, name, width, height, number: this.tracks.length + 1 };
    this.tracks.push(track);
    return track;
  }

  /** @param {Track} track @param {number} at ms from the beginning @param {number} length_ms @param {boolean} key @param {Uint8Array} data */
  add(track, at, length_ms, key, data) {
    const first = this.waiting.length > 0 ? this.waiting[0].at : at;
    if (at - first > BLOCK_MS_MAX || (!track.sound && key && at - first > 1_000)) this.flush();
    this.waiting.push({ at: Math.max(at, this.clusters.at(-1)?.at ?? 0), track, key: key || track.sound, data });
    this.end_ms = Math.max(this.end_ms, at + length_ms);
  }

  flush() {
    if (this.waiting.length === 0) return;
    this.waiting.sort((a, b) => a.at - b.at); // senders arrive each with a delay of their own
    const at = this.waiting[0].at;
    const blocks = this.waiting.map((each) => {
      const beside = Math.min(0x7fff, each.at - at);
      return element(0xa3, [0x80 | each.track.number, beside >> 8, beside & 255, each.key ? 0x80 : 0], each.data);
    });
    const cluster = element(0x1f43b675, element(0xe7, uint(at)), ...blocks);
    this.clusters.push({ at, offset: this.bytes });
    this.bytes += cluster.length;
    this.waiting = [];
    this.give(cluster);
  }

  /** What stands before the clusters and behind them. @param {string} title */
  finish(title) {
    this.flush();
    const ebml = element(0x1a45dfa3, element(0x4286, [1]), element(0x42f7, [1]), element(0x42f2, [4]), element(0x42f3, [8]), element(0x4282, utf8("webm")), element(0x4287, [4]), element(0x4285, [2]));
    const info = element(0x1549a966, element(0x2ad7b1, uint(SCALE_NS)), element(0x4489, float(this.end_ms)), element(0x7ba9, utf8(title)), element(0x4d80, utf8("Parley")), element(0x5741, utf8("Parley")));
    const before = [info, element(0x1654ae6b, ...this.tracks.map(trackEntry))];
    const seekable = this.tracks.find((track) => !track.sound) ?? this.tracks[0];
    const seek = (/** @type {number[]} */ id, /** @type {number} */ place) => element(0x4dbb, element(0x53ab, id), element(0x53ac, uint(place, 8)));
    const seekHead = (/** @type {number} */ place) => element(0x114d9b74, seek([0x1c, 0x53, 0xbb, 0x6b], place));
    const start = before.reduce((sum, part) => sum + part.length, seekHead(0).length);
    const cues = element(0x1c53bb6b, ...this.clusters.map(({ at, offset }) => element(0xbb, element(0xb3, uint(at)), element(0xb7, element(0xf7, [seekable?.number ?? 1]), element(0xf1, uint(start + offset))))));
    const size = start + this.bytes + cues.length;
    const segment = new Uint8Array([0x18, 0x53, 0x80, 0x67, 1, ...uint(size, 7)]);
    return { head: [ebml, segment, seekHead(start + this.bytes), ...before], tail: cues };
  }
}
