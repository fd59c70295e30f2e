// Recovering a SLIP-39 secret from shares: two levels of Shamir over GF(256), digest, Feistel decryption.
// Reading only; https://github.com/satoshilabs/slips/blob/master/slip-0039.md names the steps.

import { hmac } from "@noble/hashes/hmac.js";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concat, sameBytes, utf8 } from "./bytes.ts";
import { checksumHolds } from "./words.ts";

/** A share's fields. Indices count from 0; the value is as long as the secret. */
export interface Share {
  readonly identifier: number;
  readonly extendable: boolean;
  readonly exponent: number;
  readonly groupIndex: number;
  readonly groupThreshold: number;
  readonly groupCount: number;
  readonly memberIndex: number;
  readonly memberThreshold: number;
  readonly value: Uint8Array;
}

const RADIX_BITS = 10;
const HEAD_WORDS = 4;
const CHECKSUM_WORDS = 3;
const SHORTEST = 20;
const SECRET_INDEX = 255;
const DIGEST_INDEX = 254;
const DIGEST_BYTES = 4;
const ROUNDS = 4;
const ITERATIONS = 10_000;

const EXP = new Uint8Array(255);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power++) {
  EXP[power] = value;
  LOG[value] = power;
  value ^= value << 1; // times (x + 1)
  if (value & 0x100) value ^= 0x11b;
}

/** The share that words (as indices) spell; null if they are none. */
export function readShare(indices: readonly number[]): Share | null {
  if (indices.length < SHORTEST) return null;
  const head = ((indices[0] as number) << RADIX_BITS) | (indices[1] as number);
  const extendable = ((head >> 4) & 1) === 1;
  if (!checksumHolds(indices, extendable)) return null;
  const params = ((indices[2] as number) << RADIX_BITS) | (indices[3] as number);
  const value = readValue(indices.slice(HEAD_WORDS, -CHECKSUM_WORDS));
  if (value === null) return null;
  const share = {
    identifier: head >> 5,
    extendable,
    exponent: head & 15,
    groupIndex: params >> 16,
    groupThreshold: ((params >> 12) & 15) + 1,
    groupCount: ((params >> 8) & 15) + 1,
    memberIndex: (params >> 4) & 15,
    memberThreshold: (params & 15) + 1,
    value,
  };
  return share.groupThreshold > share.groupCount ? null : share;
}

/** The bytes of a value's words: left-padded with at most 8 zero bits. */
function readValue(indices: readonly number[]): Uint8Array | null {
  const padding = (RADIX_BITS * indices.length) % 16;
  if (padding > 8) return null;
  const bits = indices.map((index) => index.toString(2).padStart(RADIX_BITS, "0")).join("");
  if (bits.slice(0, padding).includes("1")) return null;
  return Uint8Array.from(bits.slice(padding).match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

/** The polynomials through the points, at `x`. The points' x differ. */
function interpolate(points: readonly (readonly [number, Uint8Array])[], x: number): Uint8Array {
  const known = points.find(([own]) => own === x);
  if (known) return known[1];
  const log = (value: number): number => LOG[value] as number;
  const all = points.reduce((sum, [own]) => sum + log(own ^ x), 0);
  const result = new Uint8Array((points[0] as readonly [number, Uint8Array])[1].length);
  for (const [own, values] of points) {
    const others = points.reduce((sum, [other]) => sum + (other === own ? 0 : log(own ^ other)), 0);
    const basis = (((all - log(own ^ x) - others) % 255) + 255) % 255;
    values.forEach((value, at) => {
      if (value) result[at] = (result[at] as number) ^ (EXP[(log(value) + basis) % 255] as number);
    });
  }
  return result;
}

/** The secret shared by just `threshold` points; null if its digest does not fit. */
function recoverSecret(threshold: number, points: readonly (readonly [number, Uint8Array])[]): Uint8Array | null {
  if (threshold === 1) return (points[0] as readonly [number, Uint8Array])[1];
  const secret = interpolate(points, SECRET_INDEX);
  const digest = interpolate(points, DIGEST_INDEX);
  const expected = hmac(sha256, digest.subarray(DIGEST_BYTES), secret).subarray(0, DIGEST_BYTES);
  return sameBytes(expected, digest.subarray(0, DIGEST_BYTES)) ? secret : null;
}

/**
 * The secret of just as many shares as it takes: `groupThreshold` groups, `memberThreshold` of each. Null if
 * they do not fit each other.
 */
export function recover(shares: readonly Share[], passphrase = ""): Uint8Array | null {
  const first = shares[0];
  if (!first) return null;
  const groups = new Map<number, Share[]>();
  for (const share of shares) {
    const same =
      share.identifier === first.identifier &&
      share.extendable === first.extendable &&
      share.exponent === first.exponent &&
      share.groupThreshold === first.groupThreshold &&
      share.groupCount === first.groupCount &&
      share.value.length === first.value.length;
    if (!same) return null;
    groups.set(share.groupIndex, [...(groups.get(share.groupIndex) ?? []), share]);
  }
  if (groups.size !== first.groupThreshold) return null;
  const points: [number, Uint8Array][] = [];
  for (const [index, members] of groups) {
    const threshold = (members[0] as Share).memberThreshold;
    const places = new Set(members.map((member) => member.memberIndex));
    const fits = members.every((member) => member.memberThreshold === threshold);
    if (!fits || members.length !== threshold || places.size !== threshold) return null;
    const value = recoverSecret(
      threshold,
      members.map((member) => [member.memberIndex, member.value] as const),
    );
    if (value === null) return null;
    points.push([index, value]);
  }
  const encrypted = recoverSecret(first.groupThreshold, points);
  return encrypted && decrypt(encrypted, first, utf8(passphrase));
}

function decrypt(encrypted: Uint8Array, share: Share, passphrase: Uint8Array): Uint8Array {
  const half = encrypted.length / 2;
  const identifier = Uint8Array.of(share.identifier >> 8, share.identifier & 255);
  const salt = share.extendable ? new Uint8Array() : concat([utf8("shamir"), identifier]);
  let left = encrypted.slice(0, half);
  let right = encrypted.slice(half);
  for (let round = ROUNDS - 1; round >= 0; round--) {
    const key = concat([Uint8Array.of(round), passphrase]);
    const c = (ITERATIONS << share.exponent) / ROUNDS;
    const mask = pbkdf2(sha256, key, concat([salt, right]), { c, dkLen: half });
    [left, right] = [right, left.map((byte, at) => byte ^ (mask[at] as number))];
  }
  return concat([right, left]);
}
