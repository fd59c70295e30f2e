// Bytes and their spellings: UTF-8, lower-case hex, base32, base64.

import { inputError } from "./errors.ts";

const HEX = /^(?:[0-9a-f]{2})*$/;
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PAD = 61;
/** Value of each base64 character, both alphabets; 255: none of them. */
const VALUES = new Uint8Array(256).fill(255);
for (let at = 0; at < 64; at++) VALUES[BASE64.charCodeAt(at)] = at;
VALUES[45] = 62;
VALUES[95] = 63;

const encoder = new TextEncoder();

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of UTF-8 bytes; null if they are none. A byte order mark stays in it. */
export function fromUtf8(data: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return null;
  }
}

/** As `fromUtf8`, with replacement characters for what is none. */
export function fromUtf8Loosely(data: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(data);
}

/** Each byte as the character of that number. */
export function fromLatin1(data: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < data.length; at += 8192) parts.push(String.fromCharCode(...data.subarray(at, at + 8192)));
  return parts.join("");
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

export function startsWith(data: Uint8Array, head: Uint8Array): boolean {
  return data.length >= head.length && sameBytes(data.subarray(0, head.length), head);
}

export function toHex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Throws `hex.malformed` (`size`: expected bytes, 0 if any). */
export function fromHex(text: string, size = 0): Uint8Array {
  if (!HEX.test(text) || (size && text.length !== 2 * size)) throw inputError("hex.malformed", { size });
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Base32 (RFC 4648), lower case, no padding. */
export function toBase32(data: Uint8Array): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of data) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32.charAt((value >> bits) & 31);
    }
  }
  return bits ? text + BASE32.charAt((value << (5 - bits)) & 31) : text;
}

export function toBase64Url(data: Uint8Array): string {
  let text = "";
  for (let at = 0; at < data.length; at += 3) {
    const left = data.length - at;
    const group = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    for (let place = 0; place < (left > 2 ? 4 : left + 1); place++) {
      text += BASE64.charAt((group >> (18 - 6 * place)) & 63);
    }
  }
  return text.replaceAll("+", "-").replaceAll("/", "_");
}

/** What unpadded base64url stands for; null for any other form than the one canonical one. */
export function fromBase64Url(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null;
  const data = fromBase64Loosely(utf8(text));
  return toBase64Url(data) === text ? data : null;
}

/** What standard base64 stands for; null for anything else. */
export function fromBase64(text: string): Uint8Array | null {
  let plain: string;
  try {
    plain = atob(text);
  } catch {
    return null;
  }
  const data = new Uint8Array(plain.length);
  for (let at = 0; at < plain.length; at++) data[at] = plain.charCodeAt(at);
  return data;
}

/** Base64 as mails bring it: whatever is not of the alphabet is skipped, padding ends it. */
export function fromBase64Loosely(text: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.ceil((text.length * 3) / 4));
  let size = 0;
  let value = 0;
  let bits = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as number;
    if (character === PAD) break;
    const six = VALUES[character] as number;
    if (six === 255) continue;
    value = ((value << 6) | six) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      result[size++] = (value >> bits) & 255;
    }
  }
  return result.subarray(0, size);
}
