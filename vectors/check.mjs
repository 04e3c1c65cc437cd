// A second opinion on the vectors, written from the pages of spec/ and from nothing else.
//
//     npm ci && node check.mjs
//
// It shares no code, no language and no library with the station: whatever the two agree on is in
// the pages. Rules are named as there. It prints how many vectors stand, or the first that does not.

import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { gcm, gcmsiv } from "@noble/ciphers/aes.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { p384 } from "@noble/curves/nist.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as H } from "@noble/hashes/sha2.js";
import { sha3_256, shake256 } from "@noble/hashes/sha3.js";
import { ml_dsa44, ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";
import { ml_kem768, ml_kem1024 } from "@noble/post-quantum/ml-kem.js";

// --- bytes

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const raw = (text) => new Uint8Array(Buffer.from(text, "hex"));
const utf8 = (text) => new TextEncoder().encode(text);
const join = (...parts) =>
  new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === "string" ? utf8(part) : part))));
const uint = (number, width) => {
  const out = new Uint8Array(width);
  for (let at = width - 1, left = BigInt(number); at >= 0; at--, left >>= 8n) out[at] = Number(left & 255n);
  return out;
};
const number = (bytes) => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
const HMAC = (key, ...parts) => hmac(H, key, join(...parts));
const HKDF = (salt, secret, info) => HMAC(HMAC(salt, secret), info, uint(1, 1)); // K1: one block

// --- what is counted

let stood = 0;
let where = "";
function same(ours, given, what) {
  const [left, right] = [ours, given].map((value) => (value instanceof Uint8Array ? hex(value) : value));
  if (JSON.stringify(left) !== JSON.stringify(right))
    throw new Error(`${where}: ${what}\n  from the page: ${JSON.stringify(left)}\n  in the vector: ${JSON.stringify(right)}`);
  stood += 1;
}
class Refused extends Error {
  constructor(rule) {
    super(rule);
    this.rule = rule;
  }
}
const refuse = (rule) => {
  throw new Refused(rule);
};
function ruleOf(act) {
  try {
    act();
  } catch (error) {
    if (error instanceof Refused) return error.rule;
    throw error;
  }
  return "";
}
const page = (name) => {
  where = name;
  return JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), "utf8"));
};

// --- wire.md: a cursor, uvar, CBOR

class Cursor {
  constructor(data) {
    this.data = data;
    this.at = 0;
  }
  take(count) {
    if (BigInt(count) > BigInt(this.data.length - this.at)) refuse("W4");
    this.at += Number(count);
    return this.data.slice(this.at - Number(count), this.at);
  }
  uint(width) {
    return number(this.take(width));
  }
  uvar() {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.uint(1);
      value |= (byte & 127n) << shift;
      if (byte < 128n) {
        if ((byte === 0n && shift > 0n) || value >> 64n) refuse("W9");
        return value;
      }
      if (shift >= 63n) refuse("W9");
    }
  }
  get left() {
    return this.data.length - this.at;
  }
}
function uvar(value) {
  const out = [];
  for (let left = BigInt(value); ; left >>= 7n) {
    out.push(Number(left & 127n) | (left > 127n ? 128 : 0));
    if (left <= 127n) return new Uint8Array(out);
  }
}

// A value in the form the vectors give it: {int}, {bytes}, {text}, {list}, {map}, true, false, null.
function decode(data) {
  const cursor = new Cursor(data);
  const value = item(cursor, 8);
  if (cursor.left) refuse("W7");
  return value;
}
function head(cursor) {
  const first = Number(cursor.uint(1));
  const [major, low] = [first >> 5, first & 31];
  if (major === 7) return low >= 20 && low <= 22 ? [7, low] : refuse("W3");
  if (major === 6) refuse("W3");
  if (low < 24) return [major, BigInt(low)];
  if (low > 27) refuse("W2");
  const width = 1 << (low - 24);
  const value = cursor.uint(width);
  if (value < (width === 1 ? 24n : 1n << BigInt(4 * width))) refuse("W1");
  return [major, value];
}
function item(cursor, depth) {
  const [major, value] = head(cursor);
  if (major === 7) return [false, true, null][value - 20];
  if (major === 0) return { int: `${value}` };
  if (major === 1) return { int: `${-1n - value}` };
  if (value > BigInt(cursor.left)) refuse("W4");
  if (major === 2) return { bytes: hex(cursor.take(value)) };
  if (major === 3) {
    try {
      return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(cursor.take(value)) };
    } catch {
      return refuse("W5");
    }
  }
  if (depth === 0) refuse("W8");
  const items = [];
  let last = "";
  for (let count = 0n; count < value; count++) {
    if (major === 4) {
      items.push(item(cursor, depth - 1));
      continue;
    }
    const start = cursor.at;
    const key = item(cursor, 8);
    const kind = key && typeof key === "object" ? Object.keys(key)[0] : "";
    if (!["int", "bytes", "text"].includes(kind)) refuse("W6");
    const spelt = hex(cursor.data.slice(start, cursor.at));
    if (spelt <= last) refuse("W6");
    last = spelt;
    items.push([key, item(cursor, depth - 1)]);
  }
  return major === 4 ? { list: items } : { map: items };
}
function encode(value) {
  if (value === null) return raw("f6");
  if (typeof value === "boolean") return raw(value ? "f5" : "f4");
  const [kind, inner] = Object.entries(value)[0];
  if (kind === "int") {
    const n = BigInt(inner);
    return n < 0n ? lead(1, -1n - n) : lead(0, n);
  }
  if (kind === "bytes") return join(lead(2, BigInt(inner.length / 2)), raw(inner));
  if (kind === "text") return join(lead(3, BigInt(utf8(inner).length)), inner);
  if (kind === "list") return join(lead(4, BigInt(inner.length)), ...inner.map(encode));
  const pairs = inner.map(([key, item]) => [hex(encode(key)), encode(item)]);
  pairs.sort(([left], [right]) => (left < right ? -1 : 1));
  return join(lead(5, BigInt(inner.length)), ...pairs.flatMap(([key, item]) => [raw(key), item]));
}
function lead(major, value) {
  if (value < 24n) return uint((BigInt(major) << 5n) | value, 1);
  const power = [8n, 16n, 32n, 64n].findIndex((bits) => value >> bits === 0n);
  return join(uint((major << 5) | (24 + power), 1), uint(value, 1 << power));
}
const bytesOf = (data) => ({ bytes: hex(data) });
const int = (value) => ({ int: `${value}` });

function checkWire() {
  const wire = page("wire");
  for (const { value, cbor } of wire.values) {
    same(decode(raw(cbor)), inOrder(value), `the value of ${cbor}`);
    same(encode(value), cbor, "the encoding");
  }
  for (const { cbor, rule } of wire.refused) same(ruleOf(() => decode(raw(cbor))), rule, cbor);
  for (const { number, uvar: data } of wire.uvars) {
    same(uvar(number), data, number);
    same(`${new Cursor(raw(data)).uvar()}`, number, data);
  }
  for (const { uvar: data, rule } of wire["refused uvars"])
    same(ruleOf(() => new Cursor(raw(data)).uvar()), rule, data);
  const header = (kind) => uint((1 << 5) | (kind << 2), 1); // W12
  const headers = { envelope: header(0), packet: header(1), open: header(3) };
  for (const [kind, given] of Object.entries(wire["frame headers"])) same(headers[kind], given, kind);
}
// Maps of the vectors stand in the order in which they were written down.
function inOrder(value) {
  if (value === null || typeof value !== "object") return value;
  const [kind, inner] = Object.entries(value)[0];
  if (kind === "list") return { list: inner.map(inOrder) };
  if (kind !== "map") return value;
  const pairs = inner.map(([key, item]) => [hex(encode(key)), [key, inOrder(item)]]);
  pairs.sort(([left], [right]) => (left < right ? -1 : 1));
  return { map: pairs.map(([, pair]) => pair) };
}

// --- keys.md: key ids, blocks, sealing

const SIZES = { 1: 64, 4: 64, 6: 2420, 7: 2420, 8: 3309, 9: 4627, 10: 4627 };
const kindOf = (algorithm) => // U5: FF and a name where C2SP has assigned no type
  algorithm === 10 ? join(raw("ff"), "parley.invalid/cosignature/ml-dsa-87") : uint(algorithm, 1);
const keyId = (name, algorithm, key) => H(join(name, raw("0a"), kindOf(algorithm), key)).slice(0, 4);
// K4: exactly the wanted signatures, in order, under the key ids; [algorithm, message] pairs.
function checkBlock(data, name, ed, ml, wanted, lattice = ml_dsa44) {
  const cursor = new Cursor(data);
  if (Number(cursor.uint(1)) !== wanted.length) refuse("K4");
  const found = wanted.map(([algorithm, message]) => {
    const key = algorithm === 1 || algorithm === 4 ? ed : ml;
    const given = [Number(cursor.uint(1)), hex(cursor.take(4))];
    if (given[0] !== algorithm || given[1] !== hex(keyId(name, algorithm, key))) refuse("K4");
    return [algorithm, key, message, cursor.take(SIZES[algorithm])];
  });
  for (const [algorithm, key, message, signature] of found) {
    const by = algorithm === 1 || algorithm === 4;
    if (!(by ? ed25519.verify(signature, message, key) : lattice.verify(signature, message, key)))
      refuse("K4");
  }
  if (cursor.left) refuse("W7");
  return true;
}

// suites.md, U1: what the number stands for; K6 and U2 say how a prekey grows and a secret is shared.
const SUITES = {
  1: {
    lattice: ml_dsa44, plain: 7, head: 6, named: "ml-dsa-44",
    kem: ml_kem768, id: "647a", label: raw("5c2e2f2f5e5c"),
    prekey: 1216, sealed: 1168, kemCt: 1088, point: 32, scalar: 32,
    publicOf: (scalar) => x25519.getPublicKey(scalar),
    shared: (scalar, point) => x25519.getSharedSecret(scalar, point),
  },
  2: {
    lattice: ml_dsa87, plain: 9, head: 10, named: "ml-dsa-87",
    kem: ml_kem1024, id: "0051", label: utf8("MLKEM1024-P384"),
    prekey: 1665, sealed: 1713, kemCt: 1568, point: 97, scalar: 48,
    publicOf: (scalar) => p384.getPublicKey(scalar, false),
    shared: (scalar, point) => p384.getSharedSecret(scalar, point, false).slice(1, 49), // x alone
  },
};
function prekeyOf(seed, suite = SUITES[1]) {
  const wide = shake256(seed, { dkLen: 64 + suite.scalar });
  const kem = suite.kem.keygen(wide.slice(0, 64));
  const dh = wide.slice(64);
  const dhPublic = suite.publicOf(dh);
  return { suite, kem: kem.secretKey, dh, dhPublic, public: join(kem.publicKey, dhPublic) };
}
// RFC 9180, base mode, one shot; both KEMs give their shared secret themselves.
function openSealed(prekey, sealed, info) {
  const of = prekey.suite;
  const end = of.kemCt + of.point;
  const [forKem, forDh, body] = [sealed.slice(0, of.kemCt), sealed.slice(of.kemCt, end), sealed.slice(end)];
  const secret = sha3_256(
    join(
      of.kem.decapsulate(forKem, prekey.kem),
      of.shared(prekey.dh, forDh),
      forDh,
      prekey.dhPublic,
      of.label,
    ),
  );
  const suite = join("HPKE", raw(`${of.id}00010002`));
  const none = new Uint8Array(0);
  const extract = (salt, label, input) => HMAC(salt, "HPKE-v1", suite, label, input);
  const expand = (key, label, context, length) =>
    HMAC(key, uint(length, 2), "HPKE-v1", suite, label, context, uint(1, 1)).slice(0, length);
  const context = join(uint(0, 1), extract(none, "psk_id_hash", none), extract(none, "info_hash", info));
  const scheduled = extract(secret, "secret", none);
  const key = expand(scheduled, "key", context, 32);
  return gcm(key, expand(scheduled, "base_nonce", context, 12), none).decrypt(body);
}

function checkKeys() {
  const keys = page("keys");
  for (const { salt, secret, info, key } of keys.hkdf)
    same(HKDF(raw(salt), raw(secret), raw(info)), key, "hkdf");
  const signer = keys["signing key"];
  const ed = ed25519.getPublicKey(raw(signer["ed25519 seed"]));
  const ml = ml_dsa44.keygen(raw(signer["ml-dsa-44 seed"])).publicKey;
  same(ed, signer["ed25519 public"], "Ed25519");
  same(ml, signer["ml-dsa-44 public"], "ML-DSA-44");
  for (const [algorithm, id] of Object.entries(signer["key ids"])) {
    const code = parseInt(algorithm, 16);
    same(keyId(signer.name, code, code === 1 || code === 4 ? ed : ml), id, `key id ${algorithm}`);
  }
  const message = raw(keys.block.message);
  const both = [[1, message], [7, message]];
  const block = (data) => () => checkBlock(raw(data), signer.name, ed, ml, both);
  same(ruleOf(block(keys.block.block)), "", "the block");
  for (const { why, block: data, rule } of keys["refused blocks"]) same(ruleOf(block(data)), rule, why);
  for (const { "ed25519 public": key, rule } of keys["keys that are none"]) {
    let small = true;
    try {
      small = ed25519.Point.fromBytes(raw(key), true).isSmallOrder();
    } catch {
      // Not a point at all, in this library's reading: no key either.
    }
    same(small ? "I2" : "", rule, `a key of small order, ${key}`);
  }
  const prekey = prekeyOf(raw(keys.prekey.seed));
  same(prekey.public, keys.prekey.public, "prekey");
  same(openSealed(prekey, raw(keys.prekey.sealed), raw(keys.prekey.info)), keys.prekey.secret, "HPKE");
}

// --- identity.md: fingerprints, digits, line id, psk0

const digitsOf = (fingerprint) =>
  `${number(fingerprint)}`.padStart(48, "0").match(/.{4}/g).join(" ");
function readDigits(typed) {
  const run = typed.replace(/[\s.-]/g, "");
  if (!/^[0-9]{48}$/.test(run) || BigInt(run) >> 159n) refuse("I3");
  return uint(BigInt(run), 20);
}

function checkIdentity() {
  const identity = page("identity");
  const ed = ed25519.getPublicKey(raw(identity.root["ed25519 seed"]));
  const ml = ml_dsa65.keygen(raw(identity.root["ml-dsa-65 seed"])).publicKey;
  same(ed, identity.root["ed25519 public"], "root Ed25519");
  same(ml, identity.root["ml-dsa-65 public"], "root ML-DSA-65");
  const next = identity["next root"];
  same(H(join(raw(next["ed25519 public"]), raw(next["ml-dsa-65 public"]))), next.commit, "I4");
  for (const { party, fingerprint, digits } of identity.fingerprints) {
    const named = { list: [{ text: party }, bytesOf(ed), bytesOf(ml), { bytes: next.commit }] };
    const bits = number(H(join("parley letter v1", encode(named)))) >> 97n; // the first 159 of 256
    same(uint(bits, 20), fingerprint, `fingerprint of ${party}`);
    same(digitsOf(raw(fingerprint)), digits, `digits of ${party}`);
  }
  for (const { fingerprint, digits } of identity.digits) {
    same(digitsOf(raw(fingerprint)), digits, "digits");
    same(readDigits(digits), fingerprint, "digits read");
  }
  for (const { typed, rule } of identity["refused digits"]) same(ruleOf(() => readDigits(typed)), rule, typed);
  const line = identity["line id"];
  const [a, b] = [raw(line["fingerprint A"]), raw(line["fingerprint B"])];
  same(H(join("parley line v1", a, b, raw(line.nonce))).slice(0, 16), line["line id"], "I11");
  const psk = identity.psk0;
  const met = join(raw(psk["secret of A"]), raw(psk["secret of B"]));
  same(HKDF(new Uint8Array(32), met, join("pl1 psk0", a, b)), psk.psk0, "S2: psk0");
}

// --- entry.md: plaintext, pad, bodies, check groups, texts

function bodyOf(plaintext) {
  const body = plaintext.slice(8);
  if (!(plaintext[1] & 1)) return body;
  let end = body.length;
  while (end && body[end - 1] === 0) end -= 1; // E6
  return end && body[end - 1] === 0x80 ? body.slice(0, end - 1) : body;
}
const checkGroup = (leaf) =>
  `${number(H(join("pl1 check", leaf)).slice(0, 4)) % 1000000n}`.padStart(6, "0");
function checkText(text) {
  for (const letter of text) {
    const code = letter.codePointAt(0);
    const within = (low, high) => code >= low && code <= high;
    if ((code < 0x20 && code !== 0x0a) || within(0x7f, 0x9f)) refuse("E10");
    if (within(0x202a, 0x202e) || within(0x2066, 0x2069)) refuse("E11");
    if (code === 0xfeff) refuse("E12");
    if (within(0xfdd0, 0xfdef) || (code & 0xfffe) === 0xfffe || within(0xd800, 0xdfff)) refuse("E13");
  }
  if (/^[\p{White_Space}\p{Cf}]*$/u.test(text)) refuse("E14");
  if (utf8(text).length > 65536) refuse("E15");
}

function checkEntry() {
  const entry = page("entry");
  for (const given of entry.plaintexts) {
    const { type, marks, seen, time, body, plaintext } = given;
    same(join(uint(type, 1), uint(marks, 1), uint(seen, 2), uint(time, 4), raw(body)), plaintext, "plaintext");
  }
  for (const { plaintext, body } of entry.padded) same(bodyOf(raw(plaintext)), body, plaintext);
  const precedences = ["ROUTINE", "PRIORITY", "IMMEDIATE", "FLASH"];
  const statuses = ["ACTUAL", "EXERCISE", "TEST", "SERVICE"];
  for (const { precedence, status, marks } of entry.marks)
    same((precedences.indexOf(precedence) << 6) | (statuses.indexOf(status) << 3), marks, "E3");
  for (const { cbor, value } of entry.bodies) same(decode(raw(cbor)), value, cbor);
  for (const { leaf, digits } of entry["check groups"]) same(checkGroup(raw(leaf)), digits, "E9");
  for (const { text, rule } of entry.texts) same(ruleOf(() => checkText(text)), rule, JSON.stringify(text));
}

// --- declared.md: what two logs declare

const SUSPEND = 0x50, LIFT = 0x51, CLOSE = 0x52;
const isNumber = (value, below) => value?.int !== undefined && BigInt(value.int) >= 0n && BigInt(value.int) < below;
const areNumbers = (value, below) => Array.isArray(value?.list) && value.list.every((each) => isNumber(each, below));

function readOrder({ type, body }) {
  const value = decode(raw(body));
  const bare = type >= 0x10 && type <= 0x17;
  const [header, payload] = bare ? [{ map: [] }, value] : value.list;
  const rescue = header.map.some(([key, mark]) => key.int === "24" && mark === true);
  if (type !== SUSPEND) return { rescue };
  const [reason, from, types, precedences, ...more] = payload.list ?? [];
  const good =
    reason?.text !== undefined && isNumber(from, 1n << 32n) && areNumbers(types, 256n) &&
    areNumbers(precedences, 4n) && !more.length;
  const plain = (list) => list.list.map((each) => Number(each.int));
  return good // D2
    ? { rescue, from: Number(from.int), types: plain(types), precedences: plain(precedences) }
    : { rescue, from: 0, types: [], precedences: [] };
}

function checkDeclared() {
  for (const given of page("declared").logs) {
    const { name, notice, entries } = given;
    const all = entries.map((entry) => ({ ...entry, ...readOrder(entry) }));
    const known = (of) => (each) => (each.dir === of.dir ? each.n < of.n : each.n < of.seen);
    const lifted = (stop, among) => // D7
      among.some((each) => each.type === LIFT && each.dir === stop.dir && each.n > stop.n) &&
      among.some((each) => each.type === LIFT && each.dir !== stop.dir && each.seen > stop.n);
    const standing = (among) => among.filter((each) => each.type === SUSPEND && !lifted(each, among));
    const begins = (stop) => (stop.from || notice ? Math.max(stop.from, stop.time + notice) : 0); // D3
    const state = all.some((each) => each.type === CLOSE) ? "closed" : standing(all).length ? "suspended" : "open";
    const passes = (entry) => // D4
      [3, 5, 6, 7].includes(entry.type) || (entry.type >= 0x10 && entry.type < 0x30) ||
      (entry.type >= 0x50 && entry.type < 0x60) || entry.rescue || (given["flash passes"] && entry.marks >> 6 === 3);
    const covers = (stop, entry) =>
      (!stop.types.length || stop.types.includes(entry.type)) &&
      (!stop.precedences.length || stop.precedences.includes(entry.marks >> 6));
    const inSpite = (entry) => { // D10
      const before = all.filter(known(entry));
      const closes = before.filter((each) => each.type === CLOSE);
      if (closes.length && (entry.type !== CLOSE || closes.some((each) => each.dir === entry.dir))) return true;
      if (passes(entry)) return false;
      return standing(before).some((stop) => begins(stop) <= entry.time && covers(stop, entry));
    };
    const place = ({ dir, n }) => [dir, n];
    same(state, given.state, `D1: ${name}`);
    same(standing(all).map(place), given.standing, `D7: ${name}`);
    same(standing(all).map(begins), given.begins, `D3: ${name}`);
    same(all.filter(inSpite).map(place), given["in spite"], `D10: ${name}`);
  }
}

// --- seal.md: OPEN, epoch, envelope, packets, STATUS

function readStatus(data) {
  const cursor = new Cursor(data);
  const [size, contig] = [cursor.uvar(), cursor.uvar()];
  const count = Number(cursor.uint(1));
  if (count > 8) refuse("S10");
  const bits = cursor.take(count);
  const sack = [];
  for (let bit = 0; bit < 8 * count; bit++)
    if ((bits[bit >> 3] >> (bit & 7)) & 1) sack.push(Number(contig) + 1 + bit);
  const length = Number(cursor.uint(1));
  if (![8, 16, 32].includes(length)) refuse("S10");
  const roots = [hex(cursor.take(length)), hex(cursor.take(length))];
  const rest = [cursor.uvar(), cursor.uint(4), cursor.uvar(), cursor.uint(1)].map(Number);
  while (cursor.left) {
    cursor.uint(1);
    cursor.take(cursor.uvar());
  }
  return [`${size}`, `${contig}`, sack, length, ...roots, ...rest];
}

// S14 to S18: an offer of prekeys, a REKEY sealed to one of them, and what follows from it.
function checkRekey(given, line, place, stationKeys, before, suite) {
  const both = (message) => [[1, message], [suite.plain, message]];
  const { offer, epoch, entry } = given;
  const name = (side) => `parley.invalid/${line["line id"]}/${side}/station`;
  const list = new Cursor(raw(offer.packet));
  const start = raw(offer.packet).length;
  const offered = {};
  for (let left = Number(list.uint(1)); left; left--) offered[Number(list.uint(4))] = list.take(suite.prekey);
  const listed = raw(offer.packet).slice(0, start - list.left);
  for (const [number, seed] of Object.entries(offer.seeds)) same(prekeyOf(raw(seed), suite).public, hex(offered[number]), "S15");
  const theirs = join(raw(line["line id"]), uint(line.inc, 4), uint(1, 1));
  const offerSigned = join("pl1 prekeys", theirs, uint(offer.e, 4), raw(offer.et), H(listed));
  same(offerSigned, offer.signed, "S15 signed");
  const offerKeys = [raw(offer["station ed25519"]), raw(offer[`station ${suite.named}`])];
  const offerBlock = list.take(list.left);
  same(ruleOf(() => checkBlock(offerBlock, name("B"), ...offerKeys, both(offerSigned), suite.lattice)), "", "S15 block");

  const packet = new Cursor(raw(given.packet)); // S18
  const head = packet.take(16);
  const [e, number, base] = [head.slice(0, 4), head.slice(4, 8), head.slice(8)];
  const enc = packet.take(suite.sealed);
  const prekey = prekeyOf(raw(offer.seeds[Number(Buffer.from(number).readUInt32BE())]), suite);
  const bound = join(place, e, number, base, before.et);
  same(bound, given.bound, "bound");
  const info = join("pl1 rekey seal", bound, H(prekey.public));
  same(info, given["seal info"], "seal info");
  const secret = openSealed(prekey, enc, info);
  same(secret, given.secret, "s of the REKEY");
  const signed = join("pl1 rekey sig", bound, H(enc), H(prekey.public));
  same(signed, given.signed, "S18 signed");
  const block = packet.take(packet.left);
  same(ruleOf(() => checkBlock(block, name("A"), ...stationKeys, both(signed), suite.lattice)), "", "S18 block");

  const et = H(join("pl1 rekey", before.et, enc, H(prekey.public), e, base)); // S14
  const RK = HMAC(before.NK, secret, et);
  const [KL, KA, NK] = ["loc", "aux", "next"].map((label) => HMAC(RK, label));
  same([et, RK, KL, KA, NK].map(hex), ["et", "RK", "KL", "KA", "NK"].map((what) => epoch[what]), "S14");
  const MK = HMAC(HMAC(RK, "chain"), uint(1, 1)); // the chain starts at base
  const [K, blind] = [3, 4].map((what) => HMAC(MK, uint(what, 1)));
  same([K, blind].map(hex), [epoch.K, epoch.blind], "the first key of the epoch");
  same(HMAC(KL, uint(1, 1), uint(1, 1)).slice(0, 5), epoch["locator of STATUS"], "its locator of STATUS");
  const aad = join(place, e, uint(entry.n, 8), et);
  same(aad, entry.aad, "S6 in the second epoch");
  const locator = HMAC(KL, uint(0, 1), uint(entry.n, 8)).slice(0, 5);
  const sealed = gcmsiv(K, new Uint8Array(12), aad).encrypt(raw(entry.plaintext));
  same(join(raw("20"), locator, sealed), entry.frame, "an envelope of the second epoch");
}

// S1, S2: an OPEN, and what follows from it.
function checkOpening({ line, open, epoch }, suite) {
  const lineId = raw(line["line id"]);
  const place = join(lineId, uint(line.inc, 4), uint(line.dir, 1));
  const prekey = prekeyOf(raw(line["prekey seed"]), suite);
  const info0 = join("pl1 open", place, raw(line.agreement), H(prekey.public));
  same(info0, open.info0, "info0");
  const enc0 = raw(open.enc0);
  same(openSealed(prekey, enc0, info0), open.s0, "s0");
  const et = H(join(info0, enc0));
  same(et, epoch.et, "et");
  const RK = HKDF(raw(line.psk0), raw(open.s0), et);
  same(RK, epoch.RK, "RK");
  same(HMAC(RK, "open").slice(0, 16), open.kc, "kc");
  const alone = HKDF(new Uint8Array(32), raw(open.s0), et);
  same(HMAC(alone, "open").slice(0, 16), open["kc without psk0"], "kc without psk0");

  const packet = new Cursor(raw(open.packet));
  const document = decode(packet.take(packet.uvar())).list;
  const block = packet.take(packet.left);
  const fields = [int(1), bytesOf(lineId), int(line.inc), int(line.dir), { bytes: line.agreement }];
  same(document.slice(0, 6), [...fields, bytesOf(enc0)], "the fields of an OPEN");
  same(document[7], { bytes: open.kc }, "kc in the OPEN");
  const signed = join("pl1 open", info0, enc0, H(encode(document[6])));
  same(signed, open.signed, "what is signed");
  const name = `parley.invalid/${line["line id"]}/A/station`;
  const keys = [raw(line["station ed25519"]), raw(line[`station ${suite.named}`])];
  const both = [[1, signed], [suite.plain, signed]];
  same(ruleOf(() => checkBlock(block, name, ...keys, both, suite.lattice)), "", "its signatures");

  const [KL, KA, NK] = ["loc", "aux", "next"].map((label) => HMAC(RK, label));
  same([KL, KA, NK].map(hex), [epoch.KL, epoch.KA, epoch.NK], "KL, KA, NK");
  let CK = HMAC(RK, "chain");
  const keyOf = {};
  for (let n = 0; n < 8; n++) {
    const MK = HMAC(CK, uint(1, 1));
    keyOf[n] = { CK, MK, K: HMAC(MK, uint(3, 1)), blind: HMAC(MK, uint(4, 1)) };
    CK = HMAC(CK, uint(2, 1));
  }
  for (const { n, ...given } of epoch.keys)
    for (const [what, value] of Object.entries(given)) same(keyOf[n][what], value, `${what} of ${n}`);
  const locator = (n) => HMAC(KL, uint(0, 1), uint(n, 8)).slice(0, 5); // S5
  const packetLocator = (kind) => HMAC(KL, uint(1, 1), uint(kind, 1)).slice(0, 5);
  for (const [n, given] of Object.entries(epoch.locators["of entries"])) same(locator(n), given, `S5 ${n}`);
  for (const [kind, given] of Object.entries(epoch.locators["of packets"]))
    same(packetLocator(kind), given, `locator of kind ${kind}`);
  return { place, keys, et, KL, KA, NK, keyOf, locator, packetLocator };
}

function checkSeal() {
  const seal = page("seal");
  const { line, entries, packets, rekey, statuses } = seal;
  const { place, keys, et, KL, KA, NK, keyOf, locator, packetLocator } = checkOpening(seal, SUITES[1]);
  for (const { n, aad, plaintext, frame } of entries) {
    const ours = join(place, uint(0, 4), uint(n, 8), et); // S6
    same(ours, aad, "S6");
    const sealed = gcmsiv(keyOf[n].K, new Uint8Array(12), ours).encrypt(raw(plaintext));
    same(join(raw("20"), locator(n), sealed), frame, `envelope ${n}`);
  }
  for (const { kind, counter, aad, plaintext, frame } of packets) {
    const ours = join(place, uint(0, 4), et);
    same(ours, aad, "associated data of a packet");
    const nonce = join(new Uint8Array(7), uint(kind, 1), uint(counter, 4));
    const sealed = gcmsiv(KA, nonce, ours).encrypt(raw(plaintext));
    same(join(raw("24"), packetLocator(kind), uint(counter, 4), sealed), frame, `packet of kind ${kind}`);
  }
  checkRekey(rekey, line, place, keys, { et, KL, NK }, SUITES[1]);
  for (const given of statuses.read) {
    const names = ["size", "contig", "sack", "root bytes", "own root", "their root"];
    const wanted = [...names, "epoch", "echo", "cover", "flags"].map((what) => given[what]);
    same(readStatus(raw(given.packet)), wanted, "S10");
  }
  for (const { packet: data, rule } of statuses.refused) same(ruleOf(() => readStatus(raw(data))), rule, data);
}

// --- resume.md: two RESUMEs, where the logs ended, and the keys that follow

function readResume(data, line, side) {
  const cursor = new Cursor(data);
  const document = cursor.take(cursor.uvar());
  const value = decode(document).list;
  const kinds = ["int", "bytes", "int", "int", "bytes", "int", "int", "bytes", "int", "bytes", "bytes", "text"];
  if (!value || value.length !== kinds.length || value.some((each, at) => each?.[kinds[at]] === undefined)) refuse("N1");
  const [version, lineId, inc, dir, agreement, of, size, root, theirSize, theirRoot, prekey, reason] =
    value.map((each, at) => (kinds[at] === "int" ? BigInt(each.int) : each[kinds[at]]));
  const empty = hex(H(new Uint8Array(0)));
  const logs = [[size, root], [theirSize, theirRoot]];
  const stands =
    version === 1n && lineId === line["line id"] && dir === BigInt(side) && agreement === line.agreement &&
    BigInt(line.inc) <= of && of < inc && inc < 1n << 32n &&
    logs.every(([at, hash]) => at >= 0n && at < 1n << 63n && hash.length === 64 && (at || hash === empty)) &&
    prekey.length === 2 * (line.prekey ?? 1216) && utf8(reason).length > 0 && utf8(reason).length <= 400;
  if (!stands) refuse("N1"); // N1
  const signed = join("pl1 resume", H(document));
  return { document, inc, of, own: logs[0], held: logs[1], prekey, signed, block: cursor.take(cursor.left) };
}

function endsOf(a, b) {
  if (a.of !== b.of) return a.of > b.of ? [a.own, a.held] : [b.held, b.own]; // N4
  const longer = (held, own) => (own[0] > held[0] ? own : held);
  return [longer(b.held, a.own), longer(a.held, b.own)];
}

// The body of entry 0 of either side (N6).
function beginningOf(a, b) {
  const int = (value) => ({ int: `${value}` });
  const of = a.of > b.of ? a.of : b.of;
  const logs = endsOf(a, b).map(([size, root]) => ({ list: [int(size), { bytes: root }] }));
  return hex(encode({ list: [{ map: [] }, { list: [int(2), int(of), ...logs] }] }));
}

function checkResume() {
  const { line, pairs, keys, refused } = page("resume");
  const read = {};
  for (const { name, packets, ends, beginning } of pairs) {
    const [a, b] = packets.map((packet, side) => readResume(raw(packet), line, side));
    for (const [side, { signed, block }] of [a, b].entries()) {
      const key = `parley.invalid/${line["line id"]}/${"AB"[side]}/station`;
      const publics = line.stations[side].map(raw);
      same(ruleOf(() => checkBlock(block, key, ...publics, [[1, signed], [7, signed]])), "", `N1 ${name}`);
    }
    same(a.inc === b.inc, true, `one incarnation, ${name}`);
    const ended = endsOf(a, b);
    same(ended.map(([size, root]) => [Number(size), root]), ends, `N4 ${name}`);
    same(beginningOf(a, b), beginning, `N6 ${name}`);
    read[name] = [a, b];
  }
  const [a, b] = read[keys.pair];
  const bound = H(join("pl1 resume", raw(line.agreement), a.document, b.document));
  same(bound, keys.bound, "N3 bound");
  const later = HMAC(raw(line.psk0), "pl1 later");
  same(later, keys["later psk"], "N3 later psk");
  const psk0 = HMAC(later, "pl1 resume", uint(a.inc, 4));
  same(psk0, keys.psk0, "N3 psk0");
  const prekey = prekeyOf(raw(keys["prekey seed"]));
  same(prekey.public, b.prekey, "the prekey of B's RESUME");
  const info0 = join("pl1 open", raw(line["line id"]), uint(a.inc, 4), uint(0, 1), bound, H(prekey.public));
  same(info0, keys.info0, "info0");
  same(openSealed(prekey, raw(keys.enc0), info0), keys.s0, "s0");
  const et = H(join(info0, raw(keys.enc0)));
  const RK = HKDF(psk0, raw(keys.s0), et);
  same([et, HMAC(RK, "open").slice(0, 16), ...["loc", "aux", "next"].map((label) => HMAC(RK, label))].map(hex),
    ["et", "kc", "KL", "KA", "NK"].map((what) => keys[what]), "the first epoch of the new incarnation");
  for (const { packet, rule } of refused) same(ruleOf(() => readResume(raw(packet), line, 0)), rule, packet);
}

// --- record.md: leaf, tree, heads

// RFC 6962 section 2.1, by its recursive definition.
function rootOf(leaves) {
  if (leaves.length === 0) return H(new Uint8Array(0));
  if (leaves.length === 1) return leaves[0];
  let split = 1;
  while (2 * split < leaves.length) split *= 2;
  return H(join(uint(1, 1), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split))));
}

function checkRecord() {
  const record = page("record");
  const { leaf, seen, tree, head, signed } = record;
  const committed = H(join(uint(2, 1), raw(leaf.blind), raw(leaf.body)));
  same(committed, leaf.commitment, "R2");
  const data = join(
    uint(1, 1), raw(leaf["line id"]), uint(leaf.inc, 4), uint(leaf.dir, 1), uint(leaf.n, 8),
    uint(leaf.type, 1), uint(leaf.marks, 1), uint(leaf.time, 4), uint(leaf.seen, 8),
    raw(leaf["root at seen"]), raw(leaf.et), committed,
  );
  same(data.length, 140, "R1");
  same(H(join(uint(0, 1), data)), leaf.leaf, "leaf");
  for (const { before, sent, seen: whole } of seen) {
    let value = before; // R3: the smallest at or above the previous one that has these bits
    while ((value & 0xffff) !== sent) value += 1;
    same(value, whole, `R3 ${before} ${sent}`);
  }
  const leaves = tree.leaves.map(raw);
  for (const { size, root } of tree.roots) same(rootOf(leaves.slice(0, size)), root, `root at ${size}`);
  const order = [...record["joint order"]].sort(
    (left, right) => left.n + 1 + left.seen - (right.n + 1 + right.seen) || left.dir - right.dir,
  );
  same(order, record["joint order"], "R6");

  checkSigned(head, signed, leaf["line id"], leaf.inc, SUITES[1]);
  const root = raw(head.root);
  same(subtreeOf("a cosigner", 5, "a log", 8, root), record["subtree message"], "subtree message");
}

function checkSigned(head, signed, line, inc, suite) {
  const origin = `parley.invalid/${line}/${"AB"[head["origin dir"]]}/${inc}`; // R7
  const note = `${origin}\n${head.size}\n${Buffer.from(head.root, "hex").toString("base64")}\n`;
  same(note, head.note, "R7");
  const root = raw(head.root);
  const code = hex(uint(suite.head, 1));
  for (const given of signed) {
    const [name, time] = [given["key name"], given.time];
    const messages =
      given.kind === "checkpoint"
        ? { "01": utf8(note), [code]: subtreeOf(name, 0, origin, head.size, root) } // R8
        : {
            "04": utf8(`cosignature/v1\ntime ${time}\n${note}`), // R9
            [code]: subtreeOf(name, time, origin, head.size, root),
          };
    same(Object.fromEntries(Object.entries(messages).map(([k, v]) => [k, hex(v)])), given.messages, given.kind);
    const wanted = Object.entries(messages).map(([code, message]) => [parseInt(code, 16), message]);
    const keys = [raw(given["ed25519 public"]), raw(given[`${suite.named} public`])];
    for (const [block, needed] of [["block with both", wanted], ["block with one", wanted.slice(0, 1)]])
      same(ruleOf(() => checkBlock(raw(given[block]), name, ...keys, needed, suite.lattice)), "", `${given.kind}, ${block}`);
  }
}

// --- suites.md: what suite 2 has otherwise

function checkSuites() {
  const suites = page("suites");
  const suite = SUITES[2];
  const signer = suites["signing key"];
  const ed = ed25519.getPublicKey(raw(signer["ed25519 seed"]));
  const ml = suite.lattice.keygen(raw(signer["ml-dsa-87 seed"])).publicKey;
  same(ed, signer["ed25519 public"], "Ed25519");
  same(ml, signer["ml-dsa-87 public"], "U4: ML-DSA-87");
  for (const [algorithm, id] of Object.entries(signer["key ids"])) {
    const code = parseInt(algorithm, 16);
    same(keyId(signer.name, code, code === 1 || code === 4 ? ed : ml), id, `key id ${algorithm}`);
  }
  const prekey = prekeyOf(raw(suites.prekey.seed), suite);
  same(prekey.public, suites.prekey.public, "U2: prekey");
  const opened = openSealed(prekey, raw(suites.prekey.sealed), raw(suites.prekey.info));
  same(opened, suites.prekey.secret, "U2: HPKE 0051");
  for (const { why, public: key, rule } of suites.prekey["keys that are none"])
    same(ruleOf(() => checkPrekey(raw(key))), rule, why);
  const signers = ["station", "log", "cosigner"];
  for (const { certificate, hash, "keys of suite 2": both } of suites.certificates) {
    const fields = plain(decode(raw(certificate)));
    same(Object.keys(fields).length, both ? 8 : 7, "U3");
    same(H(join("parley certificate v1", raw(certificate))), hash, "the hash of a certificate");
    signers.forEach((use, at) => {
      const seed = H(join("parley vectors/", `${use} ml-dsa`));
      same(ml_dsa44.keygen(seed).publicKey, hex(fields[3 + at][1]), `ML-DSA-44 of the ${use} key`);
      if (both) same(ml_dsa87.keygen(seed).publicKey, hex(fields[8][at]), `U4: ML-DSA-87 of the ${use} key`);
    });
  }
  const { place, keys, et, KL, NK } = checkOpening(suites, suite);
  checkRekey(suites.rekey, suites.line, place, keys, { et, KL, NK }, suite);
  checkSigned(suites.head, suites.signed, suites.line["line id"], suites.line.inc, suite);
}
function checkPrekey(key) {
  if (key.length !== 1665 || key[1568] !== 4) refuse("K6");
  try {
    p384.Point.fromBytes(key.slice(1568)).assertValidity();
  } catch {
    refuse("K6");
  }
}

// --- record.md: an exported record, and one entry of it with its proof

const base64 = (text) => {
  const data = new Uint8Array(Buffer.from(text, "base64"));
  return Buffer.from(data).toString("base64") === text ? data : refuse("R10");
};
const plain = (value) => {
  if (value === null || typeof value !== "object") return value;
  const [kind, inner] = Object.entries(value)[0];
  if (kind === "int") return BigInt(inner);
  if (kind === "bytes") return raw(inner);
  if (kind === "list") return inner.map(plain);
  return kind === "map" ? Object.fromEntries(inner.map(([key, item]) => [plain(key), plain(item)])) : inner;
};
function sectionsOf(text, names) {
  const found = {};
  for (const name of [...names].reverse()) {
    const at = text.indexOf(`\n--- ${name}\n`);
    if (at < 0) refuse("R13");
    found[name] = text.slice(at + `\n--- ${name}\n`.length);
    text = text.slice(0, at);
  }
  return found;
}
// The documents of a record, and behind them both RESUMEs where it began by these (R22).
const documentsOf = (text, ...following) => {
  const later = text.includes("\n--- resume A\n") ? ["resume A", "resume B"] : [];
  return sectionsOf(text, ["agreement", "letter A", "letter B", ...later, ...following]);
};
function file(data, label) {
  const cursor = new Cursor(data);
  const body = cursor.take(cursor.uvar());
  return [plain(decode(body)), join(label, body), cursor.take(cursor.left)];
}
// Who signs what on the line (I11, R7, R8, R9), from the three documents.
function lineOf(sections) {
  const [agreement, ...letters] = ["agreement", "letter A", "letter B"].map((name) =>
    base64(sections[name].replaceAll("\n", "")),
  );
  const [terms, message, blocks] = file(agreement, "parley agreement v1");
  const [fingerprintA, fingerprintB] = terms[6];
  const suite = SUITES[terms[14]] ?? refuse("U1");
  const id = H(join("parley line v1", fingerprintA, fingerprintB, terms[2])).slice(0, 16);
  const sides = letters.map((letter, side) => {
    const [given, signed, after] = file(letter, "parley letter v1");
    const root = given[3];
    const name = "parley.invalid/root";
    const rooted = (block, words) => checkBlock(block, name, ...root, [[1, words], [8, words]], ml_dsa65);
    const size = 1 + 5 + 64 + 5 + 3309;
    rooted(blocks.slice(side * size, (side + 1) * size), message);
    rooted(after.slice(0, size), signed);
    const [certificate, block] = given[5][0];
    rooted(block, join("parley certificate v1", certificate));
    const keys = plain(decode(certificate));
    const stronger = suite === SUITES[2] ? keys[8] : null; // U3: with the same Ed25519 keys
    const of = (at) => (stronger ? [keys[at][0], stronger[at - 3]] : keys[at]);
    return { station: of(3), log: of(4), cosigner: of(5) };
  });
  const base = `parley.invalid/${hex(id)}`;
  const agreed = { hash: H(message), prekeys: terms[9] };
  const line = { id, inc: terms[3], base, sides, suite, deniable: terms[15] === 1n, agreed };
  return sections["resume A"] === undefined ? line : begunAnew(line, sections);
}
// A later incarnation: two RESUMEs of one number, signed by both stations, and what entry 0 says (N1, N6, R22).
function begunAnew(line, sections) {
  const given = {
    "line id": hex(line.id), agreement: hex(line.agreed.hash), inc: `${line.inc}`, prekey: line.suite.prekey,
  };
  const [a, b] = ["resume A", "resume B"].map((name, side) => {
    const resume = readResume(base64(sections[name].replaceAll("\n", "")), given, side);
    signedByStation(line, side, resume.signed, resume.block);
    return resume;
  });
  if (a.inc !== b.inc) refuse("R22");
  return { ...line, inc: a.inc, began: beginningOf(a, b) };
}
const subtreeOf = (name, time, log, size, root) =>
  join(
    "subtree/v1\n\0", uint(name.length, 1), name, uint(time, 8), uint(log.length, 1), log,
    uint(0, 8), uint(size, 8), root,
  );
// H2: one code under the record key, and nothing beside it.
const codeLead = (base) => {
  const id = keyId(`${base}/record`, 0x10, new Uint8Array(0));
  return join(uint(1, 1), uint(0x10, 1), id);
};
function checkCode(base, key, text, block) {
  const lead = codeLead(base);
  if (block.length !== lead.length + 32 || hex(block.slice(0, lead.length)) !== hex(lead)) refuse("H2");
  if (key && hex(block.slice(lead.length)) !== hex(HMAC(key, text))) refuse("H2");
}
function checkHead(line, dir, size, root, kind, time, block, recordKey) {
  const side = kind === "checkpoint" ? dir : 1 - dir;
  const use = kind === "checkpoint" ? "log" : "cosigner";
  const name = `${line.base}/${"AB"[side]}/${use}`;
  const origin = `${line.base}/${"AB"[dir]}/${line.inc}`;
  const note = `${origin}\n${size}\n${Buffer.from(root).toString("base64")}\n`;
  if (line.deniable) return kind === "checkpoint" ? checkCode(line.base, recordKey, utf8(note), block) : refuse("H8");
  const wanted = [
    kind === "checkpoint" ? [1, utf8(note)] : [4, utf8(`cosignature/v1\ntime ${time}\n${note}`)],
    [line.suite.head, subtreeOf(name, time, origin, size, root)],
  ];
  checkBlock(block, name, ...line.sides[side][use], wanted.slice(0, block[0]), line.suite.lattice);
}
function leafOf(line, fields, seenRoot) {
  const [dir, n, type, marks, time, seen, et, blind, body] = fields;
  const committed = blind === null ? body : H(join(uint(2, 1), blind, body));
  return H(
    join(
      uint(0, 1), uint(1, 1), line.id, uint(line.inc, 4), uint(dir, 1), uint(n, 8), uint(type, 1),
      uint(marks, 1), uint(time, 4), uint(seen, 8), seenRoot, et, committed,
    ),
  );
}
// RFC 6962 section 2.1.1, by its recursive definition.
function rootBy(path, leaf, n, size) {
  if (size === 1) return path.length ? refuse("R19") : leaf;
  if (!path.length || n >= size) refuse("R19");
  let split = 1;
  while (2 * split < size) split *= 2;
  const [below, top] = [path.slice(0, -1), path.at(-1)];
  return n < split
    ? H(join(uint(1, 1), rootBy(below, leaf, n, split), top))
    : H(join(uint(1, 1), top, rootBy(below, leaf, n - split, size - split)));
}
function readEvidence(text, recordKey) {
  const sections = documentsOf(text, "heads", "entries", "end");
  const line = lineOf(sections);
  const logs = [[], []];
  let last = [0n, 0n];
  for (const row of sections.entries.split("\n").filter(Boolean)) {
    const [letter, number, packed] = row.split(" ");
    const fields = plain(decode(base64(packed)));
    const [dir, n, , , , seen] = fields;
    const order = [n + 1n + seen, dir];
    if (letter !== "AB"[dir] || number !== `${n}` || n !== BigInt(logs[dir].length)) refuse("R10");
    if (order[0] < last[0] || (order[0] === last[0] && order[1] <= last[1])) refuse("R10");
    if (seen > BigInt(logs[1n - dir].length)) refuse("R10");
    last = order;
    const leaf = leafOf(line, fields, rootOf(logs[1n - dir].slice(0, Number(seen))));
    if (hex(leaf) !== hex(fields[9])) refuse("R12");
    if (n === 0n && line.began && fields[7] !== null && hex(fields[8]) !== line.began) refuse("R22");
    logs[dir].push(leaf);
  }
  const heads = sections.heads.split("\n").filter(Boolean);
  for (const row of heads) {
    const [letter, size, kind, time, root, block] = row.split(" ");
    const dir = "AB".indexOf(letter);
    if (Number(size) > logs[dir].length) refuse("R14");
    if (hex(rootOf(logs[dir].slice(0, Number(size)))) !== hex(base64(root))) refuse("R12");
    checkHead(line, dir, size, base64(root), kind, time, base64(block), recordKey);
  }
  return [...logs.map((log) => log.length), heads.length];
}
function readProof(text) {
  const sections = documentsOf(text, "proof");
  const line = lineOf(sections);
  const [top, checkpoint, notes] = sections.proof.split("\n\n");
  const [standard, extra, index, ...path] = top.split("\n");
  if (standard !== "c2sp.org/tlog-proof@v1") refuse("R18");
  const [dir, type, marks, time, seen, seenRoot, et, blind, body] = plain(decode(base64(extra.slice(6))));
  const n = BigInt(index.slice(6));
  const leaf = leafOf(line, [dir, n, type, marks, time, seen, et, blind, body], seenRoot);
  const [origin, size, root] = checkpoint.split("\n");
  const reached = rootBy(path.map(base64), leaf, Number(n), Number(size));
  if (hex(reached) !== hex(base64(root))) refuse("R19");
  if (origin !== `${line.base}/${"AB"[dir]}/${line.inc}`) refuse("R19");
  const signed = { log: [], cosigner: [] };
  const times = { log: 0n, cosigner: 0n };
  for (const row of notes.split("\n").filter(Boolean)) {
    const [, name, packed] = row.split(" ");
    const use = name.endsWith("/log") ? "log" : "cosigner";
    const signature = base64(packed);
    const code = { 68: 1, 76: 4, 2432: 6, 4639: 10 }[signature.length];
    if (code !== 1) times[use] = number(signature.slice(4, 12));
    signed[use].push(join(uint(code, 1), signature.slice(0, 4), signature.slice(code === 1 ? 4 : 12)));
  }
  for (const [use, kind] of [["log", "checkpoint"], ["cosigner", "cosign"]])
    checkHead(line, Number(dir), size, reached, kind, times[use], join(uint(signed[use].length, 1), ...signed[use]));
  return [`${"AB"[dir]} ${n}`, Object.values(signed).map((each) => each.length)];
}
// A changed character of an entry or of a proof is refused, by whatever rule.
function everyChangeRefused(read, text, from, to, step) {
  for (let at = from; at < to; at += step) {
    const other = text[at] === "A" ? "B" : "A";
    let passed = true;
    try {
      read(text.slice(0, at) + other + text.slice(at + 1));
    } catch {
      passed = false;
    }
    same(passed, false, `a change at ${at}`);
  }
}

// --- contradiction.md: two things that one station signed

// RFC 6962 section 2.1.2, by its recursive definition: what is left of the path, and the roots of both trees.
// Hashed side by side, 31 bytes and 33 would be what 32 and 32 are.
function bothRoots(size, later, held, path, whole = true) {
  if ([held, ...path].some((hash) => hash.length !== 32)) refuse("Z2");
  if (size === later) {
    const root = whole ? held : path.shift();
    return root ? [root, root] : refuse("Z2");
  }
  let split = 1;
  while (2 * split < later) split *= 2;
  const beside = path.pop() ?? refuse("Z2");
  const [small, large] = size <= split
    ? bothRoots(size, split, held, path, whole)
    : bothRoots(size - split, later - split, held, path, false);
  return size <= split
    ? [small, H(join(uint(1, 1), large, beside))]
    : [H(join(uint(1, 1), beside, small)), H(join(uint(1, 1), beside, large))];
}
function signedByStation(line, side, message, block) {
  const both = [[1, message], [line.suite.plain, message]];
  checkBlock(block, `${line.base}/${"AB"[side]}/station`, ...line.sides[side].station, both, line.suite.lattice);
}
const documentOf = (data) => {
  const cursor = new Cursor(data);
  return [cursor.take(cursor.uvar()), cursor.take(cursor.left)];
};
const CONTRADICTIONS = {
  heads(line, side, rows) {
    const [first, held, second, ...way] = rows;
    const [size, root, block] = first.slice(1);
    const [later, laterRoot, laterBlock] = second.slice(1);
    if (line.deniable) refuse("Z2");
    checkHead(line, side, size, base64(root), "checkpoint", 0n, base64(block));
    checkHead(line, side, later, base64(laterRoot), "checkpoint", 0n, base64(laterBlock));
    const path = way.map(([hash]) => base64(hash));
    const reached = bothRoots(Number(size), Number(later), base64(held[1]), path);
    if (path.length || held[1] === root) refuse("Z2");
    if (reached.map(hex).join() !== [held[1], laterRoot].map((hash) => hex(base64(hash))).join()) refuse("Z2");
  },
  opens(line, side, rows) {
    const documents = rows.map(([, packed]) => {
      const [document, block] = documentOf(base64(packed));
      const [version, id, inc, dir, agreement, sealed] = plain(decode(document));
      const prekeys = decode(document).list[6];
      if (version !== 1n || inc !== line.inc || dir !== BigInt(side)) refuse("Z3");
      if (hex(id) !== hex(line.id) || hex(agreement) !== hex(line.agreed.hash)) refuse("Z3");
      const prekey = line.agreed.prekeys[1 - side];
      const info0 = join("pl1 open", line.id, uint(inc, 4), uint(side, 1), agreement, H(prekey));
      const message = join("pl1 open", info0, sealed, H(encode(prekeys)));
      signedByStation(line, side, message, block);
      return hex(message); // the key confirmation is not signed
    });
    if (documents[0] === documents[1]) refuse("Z3");
  },
  resumes(line, side, rows) {
    const given = { "line id": hex(line.id), agreement: hex(line.agreed.hash), inc: Number(line.inc) };
    const [one, other] = rows.map(([, packed]) => {
      const resume = readResume(base64(packed), given, side);
      signedByStation(line, side, resume.signed, resume.block);
      return resume;
    });
    if (one.inc !== other.inc || hex(one.document) === hex(other.document)) refuse("Z4");
  },
};
function readContradiction(text) {
  const sections = sectionsOf(text, ["agreement", "letter A", "letter B", "contradiction"]);
  const line = lineOf(sections);
  if (!sections.contradiction.endsWith("\n")) refuse("Z5");
  const [[kind, letter], ...rows] = sections.contradiction.slice(0, -1).split("\n").map((row) => row.split(" "));
  const side = "AB".indexOf(letter);
  const labels = kind === "heads" ? ["first", "held", "second"] : ["first", "second"];
  if (side < 0 || labels.some((label, at) => rows[at]?.[0] !== label)) refuse("Z5");
  if (kind !== "heads" && rows.length !== 2) refuse("Z5");
  (CONTRADICTIONS[kind] ?? refuse("Z5"))(line, side, rows);
  return [kind, letter];
}

function checkContradictions() {
  for (const kind of Object.keys(CONTRADICTIONS)) {
    where = `sample.${kind}`;
    const text = readFileSync(new URL(where, import.meta.url), "utf8");
    same(readContradiction(text), [kind, "B"], "Z1");
    const from = text.indexOf("\n--- contradiction\n") + 19;
    everyChangeRefused(readContradiction, text, from, text.length - 1, kind === "heads" ? 7 : 97);
  }
  const bytes = Uint8Array.from({ length: 64 }, (_, at) => at);
  const [whole, ...cut] = [32, 31, 33].map((at) => [bytes.slice(0, at), bytes.slice(at)]);
  same(bothRoots(1, 2, whole[0], [whole[1]]).length, 2, "Z2");
  for (const [held, beside] of cut) same(ruleOf(() => bothRoots(1, 2, held, [beside])), "Z2", held.length);
}

function checkSample() {
  where = "sample.evidence";
  const text = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
  const record = text("sample.evidence");
  same(readEvidence(record), [28, 32, 18], "entries of A and B, heads");
  const first = record.indexOf("\n--- entries\n") + 13;
  everyChangeRefused(readEvidence, record, first, record.indexOf("\n--- end\n"), 997);
  where = "sample-2.evidence";
  same(readEvidence(text("sample-2.evidence")), [11, 13, 6], "entries of A and B, heads");
  where = "sample-later.evidence";
  const later = text("sample-later.evidence");
  same(readEvidence(later), [31, 31, 20], "entries of A and B, heads");
  everyChangeRefused(readEvidence, later, later.indexOf("\n--- resume A\n") + 14, later.indexOf("\n--- heads\n"), 197);
  everyChangeRefused(readEvidence, later, later.indexOf("\n--- entries\n") + 13, later.indexOf("\n--- end\n"), 997);
  const parts = later.split(/\n--- (resume [AB]|heads)\n/);
  const swapped = [parts[0], "resume A", parts[4], "resume B", parts[2], "heads", parts[6]];
  const without = [parts[0], "heads", parts[6]];
  for (const [made, rule] of [[swapped, "N1"], [without, "R12"]]) {
    const text = made.reduce((so, each, at) => so + (at % 2 ? `\n--- ${each}\n` : each), "");
    same(ruleOf(() => readEvidence(text)), rule, "R22");
  }
  where = "sample-later.proof";
  same(readProof(text("sample-later.proof")), ["B 9", [2, 2]], "the entry and its signatures");
  where = "sample-2.proof";
  same(readProof(text("sample-2.proof")), ["B 9", [2, 2]], "the entry and its signatures");
  where = "sample.proof";
  const proof = text("sample.proof");
  same(readProof(proof), ["B 9", [2, 2]], "the entry and its signatures");
  everyChangeRefused(readProof, proof, proof.indexOf("\n--- proof\n") + 11, proof.length - 1, 397);
}

// --- succession.md: revocation, succession

const ROOT_BLOCK = 1 + 5 + 64 + 5 + 3309;
const rootBlock = (block, root, words) =>
  checkBlock(block, "parley.invalid/root", ...root, [[1, words], [8, words]], ml_dsa65);
const fieldsOf = (map, count, rule) => {
  if (Object.keys(map).length !== count || map[1] !== 1n) refuse(rule);
  return map;
};
function readRevocation(data, party) {
  const [map, message, block] = file(data, "parley revocation v1");
  const { 2: fingerprint, 3: serial, 4: reason, 5: made } = fieldsOf(map, 5, "C5");
  if (fingerprint.length !== 20 || serial < 1n || serial >> 32n || !reason) refuse("C5");
  rootBlock(block, party.root, message); // C6
  return { fingerprint, serial, reason, made };
}
function readSuccession(data, party) {
  const [map, message, blocks] = file(data, "parley succession v1");
  const { 2: fingerprint, 3: root, 4: commit } = fieldsOf(map, 6, "C9");
  const [newer, older] = [blocks.slice(0, ROOT_BLOCK), blocks.slice(ROOT_BLOCK)];
  const byOld = older.length === ROOT_BLOCK;
  if (!byOld && hex(older) !== "00") refuse("C9");
  rootBlock(newer, root, message);
  if (hex(fingerprint) !== party.fingerprint) refuse("C10");
  if (byOld) rootBlock(older, party.root, message);
  if (hex(H(join(...root))) !== party.commit) refuse("C10");
  const named = { list: [{ text: party.name }, ...root.map(bytesOf), bytesOf(commit)] };
  return { byOld, after: uint(number(H(join("parley letter v1", encode(named)))) >> 97n, 20) };
}

function checkSuccession() {
  const succession = page("succession");
  const told = succession.party;
  const party = {
    name: told.name,
    root: [raw(told["root ed25519"]), raw(told["root ml-dsa-65"])],
    commit: told["next root commit"],
    fingerprint: told.fingerprint,
  };
  const revocation = readRevocation(raw(succession.revocation.file), party);
  same(revocation.fingerprint, succession.revocation.fingerprint, "C5: whose");
  same(Number(revocation.serial), succession.revocation.serial, "C5: serial");
  same(revocation.reason, succession.revocation.reason, "C5: reason");
  for (const vector of succession.successions) {
    const read = readSuccession(raw(vector.file), party);
    same(read.byOld, vector["signed by the old root"], "C9");
    same(read.after, vector["fingerprint after"], "C10");
  }
  for (const { why, file: data, rule } of succession.refused) {
    const read = why.startsWith("revocation") ? readRevocation : readSuccession;
    same(ruleOf(() => read(raw(data), party)), rule, why);
  }
}

// --- deniable.md: the record key, codes, a REKEY that is bound to no size

function checkDeniable() {
  const { "record key": made, head, "refused blocks": refused, rekey, "sample record key": sampleKey } = page("deniable");
  const shares = [made["RK of A to B"], made["RK of B to A"]].map((RK) => HMAC(raw(RK), "rec"));
  same(shares.map(hex), made.shares, "H1: shares");
  const lineId = raw(made["line id"]);
  const K = HKDF(new Uint8Array(32), join(...shares), join("pl1 rec", lineId, uint(made.inc, 4)));
  same(K, made.key, "H1");
  const base = `parley.invalid/${made["line id"]}`;
  const note = `${base}/A/${made.inc}\n${head.size}\n${Buffer.from(head.root, "hex").toString("base64")}\n`;
  same(note, head.text, "R7");
  same(`${base}/record`, head["key name"], "H2: the name");
  same(codeLead(base).slice(2), head["key id"], "H2: the key id");
  same(join(codeLead(base), HMAC(K, note)), head.block, "H2");
  for (const { why, block, rule } of refused) same(ruleOf(() => checkCode(base, K, utf8(note), raw(block))), rule, why);

  const packet = new Cursor(raw(rekey.packet)); // H5
  const [e, number, at] = [packet.take(4), packet.take(4), packet.take(8)];
  const [enc, code] = [packet.take(1168), packet.take(32)];
  const block = packet.take(packet.left);
  same(HMAC(K, "base", uint(0, 1), e, at), rekey["code of the base"], "H5: the code");
  same(hex(code), rekey["code of the base"], "H5: where it stands");
  same(Number(Buffer.from(at).readBigUInt64BE()), rekey.base, "H5: the base");
  const prekey = prekeyOf(raw(rekey["prekey seed"]));
  const none = new Uint8Array(8);
  const bound = join(lineId, uint(made.inc, 4), uint(0, 1), e, number, none, raw(rekey.et));
  same(bound, rekey.bound, "H5: bound");
  const secret = openSealed(prekey, enc, join("pl1 rekey seal", bound, H(prekey.public)));
  same(secret, rekey.secret, "s of the REKEY");
  const signed = join("pl1 rekey sig", bound, H(enc), H(prekey.public));
  same(signed, rekey.signed, "H7: what is signed");
  const keys = [raw(rekey["station ed25519"]), raw(rekey["station ml-dsa-44"])];
  same(ruleOf(() => checkBlock(block, `${base}/A/station`, ...keys, [[1, signed], [7, signed]])), "", "its block");
  const et = H(join("pl1 rekey", raw(rekey.et), enc, H(prekey.public), e, none));
  same(et, rekey.next.et, "H5: et");
  const RK = HMAC(raw(rekey.NK), secret, et);
  same(RK, rekey.next.RK, "the next RK");
  same(HMAC(HMAC(HMAC(RK, "chain"), uint(1, 1)), uint(3, 1)), rekey.next["K at base"], "K at base");

  where = "sample.deniable";
  const record = readFileSync(new URL("sample.deniable", import.meta.url), "utf8");
  const read = (key) => () => readEvidence(record, key);
  same(read(raw(sampleKey))(), [10, 10, 2], "entries of A and B, heads");
  same(read(undefined)(), [10, 10, 2], "H8: without the key, as far as it goes");
  same(ruleOf(read(K)), "H2", "H8: under another key");
}

// --- media.md: headers, keys and sealed frames

function readFrame(frame) {
  if (frame.length < 41) refuse("M1"); // 24 of header, 16 of tag, and something sealed
  const [first, track, flags, length, zero, w, h] = [0, 1, 2, 3, 21, 22, 23].map((at) => frame[at]);
  const uintAt = (at, width) => Number(number(frame.slice(at, at + width)));
  if (first !== 0x11 && first !== 0x12 && first !== 0x15) refuse("M2");
  const sound = first === 0x11;
  if (zero) refuse("M3");
  if (sound ? ![10, 20, 40, 60].includes(length) || flags || w || h : length || flags > 1 || !w || !h) refuse("M3");
  if (first === 0x15 && flags !== 1) refuse("M3"); // each stands by itself
  if (frame.length > (sound ? 4096 : 262144)) refuse("M4");
  const header = { kind: first & 15, track, sequence: uintAt(4, 4), captured_us: uintAt(8, 8), epoch: frame[20] };
  const party = uintAt(16, 2);
  const sender = uintAt(18, 2);
  const rest = sound ? { length_ms: length } : { ...(flags && { key: true }), width: 8 * w, height: 8 * h };
  return { ...header, ...rest, ...(party && { party }), ...(sender && { sender }) };
}

function checkMedia() {
  const { secret, frames, refused, lengths } = page("media");
  const sorted = (object) => Object.fromEntries(Object.entries(object).sort());
  for (const { header, key, salt, plain, frame: given } of frames) {
    const frame = raw(given);
    same(sorted(readFrame(frame)), sorted(header), "M1");
    const info = join("parley media 1", uint(header.kind, 1), frame.slice(1, 2), frame.slice(16, 21));
    const K = HMAC(new Uint8Array(32), raw(secret)); // M5: two blocks of HKDF
    const [one, two] = [HMAC(K, info, uint(1, 1)), HMAC(K, HMAC(K, info, uint(1, 1)), info, uint(2, 1))];
    same(one, key, "M5: key");
    same(two.slice(0, 12), salt, "M5: salt");
    const nonce = raw(salt).map((byte, at) => byte ^ (at < 8 ? 0 : frame[at - 4])); // M6
    same(gcm(one, nonce, frame.slice(0, 24)).encrypt(raw(plain)), frame.slice(24), "M6");
  }
  for (const { why, frame, rule } of refused) same(ruleOf(() => readFrame(raw(frame))), rule, why);
  for (const { why, header, bytes, rule } of lengths)
    same(ruleOf(() => readFrame(join(raw(header), new Uint8Array(bytes - 24)))), rule, why);
}

// --- media-link.md: greetings, keys, sealed datagrams and what is inside

function readInside(plain) {
  if (plain.length < 9) refuse("X10");
  const kind = plain[0];
  if (kind < 1 || kind > 5 || ((kind === 3 || kind === 4) && number(plain.slice(1, 5)))) refuse("X10");
  const body = plain.slice(9);
  if (kind === 1) {
    if (!(body[0] >= 1 && body[0] <= 3)) refuse("X11");
    let at = 1;
    for (let left = body[0]; left; left--) {
      const end = at + 2 + (body.length < at + 2 ? Infinity : Number(number(body.slice(at, at + 2))));
      if (end > body.length) refuse("X11");
      const frame = body.slice(at + 2, end);
      if (ruleOf(() => readFrame(frame)) || frame[0] !== 0x11) refuse("X11");
      at = end;
    }
    if (at < body.length) refuse("X11");
  }
  if (kind === 2 || kind === 5) {
    const [index, last, piece] = [body[7], body[8], body.length - 9];
    if (!(piece > 0 && piece <= 1080) || index > last || last >= Math.ceil(262144 / 1080)) refuse("X12");
    if (index < last && piece < 1080) refuse("X12");
  }
  if (kind === 3 && body.length !== 19) refuse("X13");
  if (kind === 4) {
    if (body.length < 2 || body[0] > 20 || body[1] > 8) refuse("X14");
    if (body.length !== 2 + 4 * body[0] + 3 * body[1]) refuse("X14");
  }
}

function checkMediaLink() {
  const { secret, tag, hellos, keys, sealed, refused } = page("media-link");
  const K = HMAC(new Uint8Array(32), raw(secret));
  const expand = (info, size) => {
    let [block, all] = [new Uint8Array(0), new Uint8Array(0)];
    for (let n = 1; all.length < size; n++) {
      block = HMAC(K, block, "parley media link 1 ", info, uint(n, 1));
      all = join(all, block);
    }
    return all.slice(0, size);
  };
  same(expand("tag", 4), tag, "X6: tag");
  for (const { side, run, echo, nonce, datagram } of hellos) {
    const clear = join(uint(0x12, 1), raw(tag));
    const cipher = gcm(expand(join("hello", uint(side, 1)), 32), raw(nonce), clear);
    same(join(clear, raw(nonce), cipher.encrypt(join(raw(run), raw(echo)))), datagram, "X7");
  }
  const runs = hellos.map(({ run }) => raw(run));
  keys.forEach(({ key, salt }, side) => {
    const okm = expand(join("data", uint(side, 1), runs[side], runs[1 - side]), 44);
    same(okm, key + salt, "X8: key and salt");
  });
  for (const { what, side, counter, inside, rule, datagram } of sealed) {
    const clear = join(uint(0x11, 1), raw(tag), uint(counter, 8));
    const nonce = raw(keys[side].salt).map((byte, at) => byte ^ (at < 4 ? 0 : uint(counter, 8)[at - 4]));
    same(join(clear, gcm(raw(keys[side].key), nonce, clear).encrypt(raw(inside))), datagram, `X8: ${what}`);
    same(ruleOf(() => readInside(raw(inside))), rule, what);
  }
  for (const { why, inside, rule } of refused) same(ruleOf(() => readInside(raw(inside))), rule, why);
}

// --- minute.md: texts that are minutes, and what two sides agree on

const isLine = (value, most = 200) => value && value.trim() === value && utf8(value).length <= most;
const minutesOf = (text) => { // Y1: minutes since 1970
  const found = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d)Z$/.exec(text);
  const at = found && Date.UTC(found[1], found[2] - 1, found[3], found[4], found[5]);
  return found && new Date(at).toISOString().slice(0, 16) === text.slice(0, 16).replace(" ", "T") ? at / 60000 : NaN;
};

function readLines(text, title, order) { // Y1: [label, value] in their order, or null
  const [first, ...rest] = text.split("\n");
  const lines = rest.map((line) => /^([^:]+): (.*)$/.exec(line)?.slice(1) ?? ["", ""]);
  const at = lines.map(([label]) => order.indexOf(label));
  if (first !== title || at.includes(-1) || at.some((each, i) => i && each < at[i - 1])) return null;
  const all = (label) => lines.filter(([each]) => each === label).map(([, value]) => value);
  return order.every((label) => all(label).length <= 40) ? all : null;
}

function readMinute(text) {
  const once = ["Call", "Held by", "Began", "Ended"];
  const all = readLines(text, "CALL MINUTE", [...once, "Present", "Touched", "Not touched", "Interrupted", "Recorded", "Shown", "Agreed"]);
  if (!all || once.some((label) => all(label).length !== 1)) return null;
  const [call, , began, ended] = once.map((label) => all(label)[0]);
  const lines = ["Call", "Held by", "Present", "Touched", "Not touched"].flatMap(all);
  if (!lines.every((each) => isLine(each)) || !all("Agreed").every((each) => isLine(each, 1000))) return null;
  const present = all("Present").map((each) => each.split("; "));
  for (const each of [...all("Recorded"), ...all("Shown")]) {
    const [span, ...rest] = each.split("; ");
    const [from, to] = span.split(" to ");
    const known = ["document", "screen"].includes(rest[0]) && isLine(rest[1]) && !rest[1].includes(";");
    if (all("Shown").includes(each) && !known) return null;
    const by = all("Shown").includes(each) ? rest.slice(2) : rest;
    if (span.split(" to ").length !== 2 || !isLine(by.join("; "))) return null;
    if (![from, to].every((at, i) => minutesOf(at) >= minutesOf(i ? from : began) && minutesOf(at) <= minutesOf(ended))) return null;
    present.push(by);
  }
  if (present.some((parts) => ![2, 3].includes(parts.length) || parts.some((part) => !part || part.includes(";")))) return null;
  const times = [began, ...all("Interrupted").flatMap((each) => each.split(" to ")), ended].map(minutesOf); // Y2
  if (times.some((each, i) => !(each >= times[Math.max(i - 1, 0)]))) return null;
  if (all("Interrupted").some((each) => each.split(" to ").length !== 2)) return null;
  return times.at(-1) - times[0] > 1440 ? null : { call, began: times[0], ended: times.at(-1) };
}

function readReadout(text) { // Y7
  const at = text.indexOf("\n\n");
  const once = ["Call", "By", "Date", "With"];
  const all = at < 0 ? null : readLines(text.slice(0, at), "CALL READOUT", [...once, "Topic"]);
  if (!all || once.some((label) => all(label).length !== 1) || !text.slice(at).trim()) return null;
  const good = [...once, "Topic"].flatMap(all).every((each) => isLine(each));
  return good && !Number.isNaN(minutesOf(`${all("Date")[0]} 00:00Z`)) ? { call: all("Call")[0] } : null;
}

function checkMinutes() {
  const { minutes, readouts, talks, calls } = page("minute");
  for (const given of minutes) same(readMinute(given.text) !== null, given["is one"], `Y3: ${given.text}`);
  for (const given of readouts) same(readReadout(given.text) !== null, given["is one"], `Y7: ${given.text}`);
  for (const { name, entries, agreed, replaced, proposed } of talks) {
    const after = (a, b) => a.inc - b.inc || a.n - b.n;
    const sees = (a, b) => b.inc < a.inc || (b.inc === a.inc && b.n < a.seen);
    const goneOn = (a, b) => // b's speaker had said another by then, and a knew
      entries.some((each) => each.dir === b.dir && after(each, b) > 0 && sees(a, each));
    const joint = (a, b) => a.inc - b.inc || a.n + a.seen - b.n - b.seen || a.dir - b.dir; // R6
    const pairs = [];
    for (const a of entries.filter(({ dir }) => dir === 0))
      for (const b of entries.filter(({ dir }) => dir === 1))
        if (a.text === b.text && !goneOn(a, b) && !goneOn(b, a)) // Y5
          pairs.push({ a, b, text: a.text, last: joint(a, b) > 0 ? a : b });
    pairs.sort((one, other) => joint(one.last, other.last));
    const texts = pairs.map(({ text }) => text).filter((text, at, all) => !all.includes(text, at + 1)); // Y6
    const stands = texts.pop() ?? null;
    const newest = [0, 1].flatMap((side) => entries.filter(({ dir }) => dir === side).sort(after).slice(-1));
    const open = newest.filter((each) => each.text !== stands && !pairs.some(({ a, b }) => a === each || b === each));
    same([stands, texts, open.map(({ inc, dir, n }) => [inc, dir, n])], [agreed, replaced, proposed], `Y6: ${name}`);
  }
  const named = (call) => // Y4
    calls.parties.some((party) => {
      const found = call.startsWith(party) && /^ (?:0|[1-9]\d*)(?:, incarnation (\d+))?$/.exec(call.slice(party.length));
      return found && found[1] !== "1";
    });
  const groups = [];
  for (const entry of calls.entries) {
    const minute = readMinute(entry.text);
    const overlaps = (first) =>
      !named(minute.call) && !named(first.call) &&
      ((first.began === minute.began && first.ended === minute.ended) || (first.began < minute.ended && minute.began < first.ended));
    const mine =
      groups.find((group) => group.some((each) => each.call === minute.call)) ?? groups.find(([first]) => overlaps(first));
    if (mine) mine.push({ ...minute, n: entry.n });
    else groups.push([{ ...minute, n: entry.n }]);
  }
  same(groups.map((group) => group.map(({ n }) => n)), calls["of one call"], "Y4");
}

// --- held.md: events, and what pages agree on

function checkHeld() {
  const { leaf, changes, round, pages, transcript, digits, secret, events } = page("held");
  const number = ({ party, sender }) => join(uint(party, 2), uint(sender, 2));
  const keyOf = ({ key }) => new Uint8Array(Buffer.from(key, "base64"));
  same(H(join("parley call round 1", raw(leaf), uint(changes, 4), ...pages.map(number))).slice(0, 16), round, "V9");
  for (const each of pages)
    same(H(join("parley call commitment 1", raw(round), number(each), keyOf(each))), each.commitment, "V10");
  const shown = pages.map((each) => join(number(each), keyOf(each)));
  const told = H(join("parley call digits 1", raw(leaf), raw(round), ...shown));
  same(told, transcript, "V11");
  const first = new DataView(told.buffer, told.byteOffset).getBigUint64(0);
  same(String(first % 100_000_000n).padStart(8, "0"), digits, "V11: digits");
  const info = join("parley call secret 1", number(pages[secret.from]), number(pages[secret.to]), uint(secret.epoch, 1));
  const K = HMAC(told, join(raw(secret.x25519), raw(secret["ml-kem"])));
  const key = HMAC(K, info, uint(1, 1));
  same(gcm(key, new Uint8Array(12), new Uint8Array(0)).encrypt(raw(secret.plain)), secret.sealed, "V12");
  for (const { text, words, ...given } of events) {
    const lines = Object.entries(given).flatMap(([label, value]) => // an item of a plan has a line of its own
      (Array.isArray(value) ? value.map((parts) => parts.join(" ")) : [value]).map(
        (each) => `${label[0].toUpperCase()}${label.slice(1)}: ${each}`,
      ));
    same(["CALL EVENT", ...lines].join("\n") + (words ? `\n\n${words}` : ""), text, "V1");
  }
}

// --- files.md: which files are shown, how they are named and cut

const crcTable = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});
const crc = (data) => (data.reduce((sum, byte) => crcTable[(sum ^ byte) & 255] ^ (sum >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;

function isPlainPicture(data) { // F7
  const chunks = [];
  const word = (at) => Number(number(data.slice(at, at + 4)));
  if (hex(data.slice(0, 8)) !== "89504e470d0a1a0a") return false;
  for (let at = 8; at < data.length; ) {
    if (data.length - at < 12 || at + 12 + word(at) > data.length) return false;
    const end = at + 8 + word(at);
    if (crc(data.slice(at + 4, end)) !== word(end)) return false;
    chunks.push([new TextDecoder("latin1").decode(data.slice(at + 4, at + 8)), data.slice(at + 8, end)]);
    at = end + 4;
  }
  const kinds = chunks.map(([kind]) => kind);
  if (!/^IHDR(,IDAT)+,IEND$/.test(kinds.join()) || chunks.at(-1)[1].length) return false;
  const [head, ...pixels] = chunks.slice(0, -1).map(([, body]) => body);
  if (pixels.some((body) => !body.length) || head.length !== 13 || hex(head.slice(8)) !== "0802000000") return false;
  const [width, height] = [0, 4].map((at) => Number(number(head.slice(at, at + 4))));
  if (!(width >= 1 && width <= 2048 && height >= 1 && height <= 2048)) return false;
  const stream = join(...pixels);
  try {
    const { buffer, engine } = inflateSync(stream, { info: true });
    const row = 1 + 3 * width;
    return engine.bytesWritten === stream.length && buffer.length === row * height &&
      buffer.every((byte, at) => at % row !== 0 || byte <= 4);
  } catch {
    return false;
  }
}

function isPlainText(data) { // F8
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    return !ruleOf(() => checkText(text));
  } catch {
    return false;
  }
}

function checkFiles() {
  const { shown, named, pieces, follows, cut, ...rest } = page("files");
  same("other hash", rest["other hash"], "F6");
  for (const { name, media, file, sha256, verdict } of shown) {
    const data = raw(file);
    same(H(data), sha256, name);
    const right = { "image/png": isPlainPicture, "text/plain": isPlainText }[media];
    same(right ? (right(data) ? "shown" : "other form") : "other kind", verdict, `F7, F8: ${name}`);
  }
  const isHash = (item) => typeof item?.bytes === "string" && item.bytes.length === 64;
  const length = (item, most) => typeof item?.text === "string" && utf8(item.text).length <= most;
  for (const { name, body, files } of named) {
    const list = decode(raw(body)).list[0].map.find(([key]) => key.int === "16")?.[1]?.list ?? [];
    const each = list.map((item) => item.list ?? []);
    const sizes = each.map(([, size]) => Number(size?.int));
    const good = each.length >= 1 && each.length <= 8 &&
      each.every(([hash, , media, name], at, all) => all[at].length === 4 && isHash(hash) && sizes[at] >= 1 &&
        sizes[at] <= 2 ** 21 && length(media, 64) && length(name, 120) && name.text.length > 0) &&
      new Set(each.map(([hash]) => hash?.bytes)).size === each.length && sizes.reduce((sum, size) => sum + size, 0) <= 2 ** 22;
    same(good ? each.map(([hash, size, media, name]) => [hash.bytes, Number(size.int), media.text, name.text]) : null, files, `F2: ${name}`);
  }
  const pieceOf = (body) => {
    const [hash, start, data, ...more] = decode(raw(body)).list[1].list;
    const bytes = (data?.bytes ?? "").length / 2;
    const good = isHash(hash) && !more.length && isNumber(start, 1n << 21n) && bytes >= 1 && bytes <= 16_384;
    return good ? { hash: hash.bytes, start: Number(start.int), data: raw(data.bytes) } : null;
  };
  for (const given of pieces) same(pieceOf(given.body) !== null, given["is one"], `F3: ${given.name}`);
  for (const { held, size, start, bytes, follows: told } of follows)
    same(start === held && start + bytes <= size && (bytes >= 1024 || start + bytes === size), told, `F4: ${start}`);
  const parts = cut.bodies.map(pieceOf);
  let held = 0;
  for (const part of parts) {
    same([part.hash, part.start], [cut.sha256, held], "F3");
    held += part.data.length;
  }
  same(H(join(...parts.map((part) => part.data))), cut.sha256, "F5");
}

for (const check of [
  checkWire, checkKeys, checkIdentity, checkEntry, checkDeclared, checkSeal, checkResume, checkRecord, checkSuccession,
  checkSuites, checkSample, checkContradictions, checkDeniable, checkMedia, checkMediaLink, checkMinutes, checkHeld, checkFiles,
])
  check();
console.log(`${stood} vectors stand`);
