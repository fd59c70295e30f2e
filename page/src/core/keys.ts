// Fingerprints, share-proof keys and Ed25519, as escrowd/core/keys.py has them.

import { ed25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { concat, sameBytes, toBase32, utf8 } from "./bytes.ts";

const ORDER = ed25519.Point.Fn.ORDER;

/** The first 20 bytes of SHA-256 of a 32-byte public key, as 32 base32 characters. */
export function fingerprint(publicKey: Uint8Array): string {
  return toBase32(sha256(publicKey).subarray(0, 20));
}

/** A fingerprint as it is printed: groups of four characters, a space between. */
export function showFingerprint(text: string): string {
  return (text.match(/.{1,4}/g) ?? []).join(" ");
}

/** The seed of the key that proves possession of a card: HKDF-SHA256 of its full words, lower case. */
export function shareProofSeed(words: readonly string[]): Uint8Array {
  return hkdf(sha256, utf8(words.join(" ")), undefined, utf8("escrowd/share-proof/1"), 32);
}

export function publicKey(seed: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(seed);
}

/** The 64-byte Ed25519 signature (RFC 8032). */
export function sign(seed: Uint8Array, data: Uint8Array): Uint8Array {
  return ed25519.sign(data, seed);
}

/**
 * Whether `signature` is the Ed25519 signature of `data`, with the outcome of OpenSSL for every input.
 *
 * The check is cofactorless: R is computed anew and compared byte for byte, so R must be canonical and exact. S
 * must be below the group's order. The public key is read as OpenSSL reads it: also in a form that is not
 * canonical, also of small order. (The library's own check multiplies by the cofactor, and accepts crafted
 * signatures that the Python side refuses.)
 */
export function verify(publicKey: Uint8Array, signature: Uint8Array, data: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const s = littleEndian(signature.subarray(32));
  if (s >= ORDER) return false;
  let point: InstanceType<typeof ed25519.Point>;
  try {
    point = ed25519.Point.fromBytes(publicKey, true);
  } catch {
    return false;
  }
  const r = signature.subarray(0, 32);
  const k = littleEndian(sha512(concat([r, publicKey, data]))) % ORDER;
  const expected = ed25519.Point.BASE.multiplyUnsafe(s).add(point.negate().multiplyUnsafe(k));
  return sameBytes(expected.toBytes(), r);
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
