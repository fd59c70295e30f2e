// Time-based one-time passwords (RFC 6238), and Steam's alphabet.

import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import type { Totp } from "./types.ts";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEAM = "23456789BCDFGHJKMNPQRTVWXY";
const STEAM_DIGITS = 5;
const HASHES = { SHA1: sha1, SHA256: sha256, SHA512: sha512 };

/** The code at a wall time in Unix seconds, and for how many whole seconds more it is the one. */
export function totp(own: Totp, seconds: number): { readonly code: string; readonly left: number } {
  const now = Math.floor(seconds);
  const counter = new Uint8Array(8);
  new DataView(counter.buffer).setBigUint64(0, BigInt(Math.floor(now / own.period)));
  const digest = hmac(HASHES[own.algorithm], decode(own.secret), counter);
  const offset = (digest.at(-1) as number) & 15;
  const number = new DataView(digest.buffer, digest.byteOffset + offset, 4).getUint32(0) & 0x7fffffff;
  const left = own.period - (now % own.period);
  if (own.encoder === "steam") return { code: steam(number), left };
  return { code: String(number % 10 ** own.digits).padStart(own.digits, "0"), left };
}

function steam(number: number): string {
  let code = "";
  for (let rest = number; code.length < STEAM_DIGITS; rest = Math.floor(rest / STEAM.length)) {
    code += STEAM.charAt(rest % STEAM.length);
  }
  return code;
}

/** Base32 without padding; what is left of a last incomplete byte is dropped. */
function decode(secret: string): Uint8Array {
  const bytes: number[] = [];
  let value = 0;
  let bits = 0;
  for (const character of secret) {
    value = ((value << 5) | BASE32.indexOf(character)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 255);
    }
  }
  return Uint8Array.from(bytes);
}
