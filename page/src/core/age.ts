// age files (age-encryption.org/v1), opened by `age-encryption`; every cause gets escrowd's own name. The twin of
// the reading half of escrowd/core/seal.py.

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { Decrypter, identityToRecipient } from "age-encryption";
import { fromLatin1, startsWith, utf8 } from "./bytes.ts";
import { cardError, inputError, integrityError } from "./errors.ts";

const VERSION = utf8("age-encryption.org/v1\n");
const SCRYPT = /^age-encryption\.org\/v1\n-> scrypt [A-Za-z0-9+/]{22} ([1-9][0-9]?)\n/;
const LONGEST_INTRO = 80;
/** The largest log2(N) that is computed for a foreign file: 1 GiB. */
const MAX_WORK_FACTOR = 20;
const LONGEST_HEADER = 256 * 1024;
const NONCE = 16;
const CHUNK = 64 * 1024;
const OVERHEAD = 16;
/** Chunks between two reports of progress. */
const OFTEN = 16;
const UNMATCHED = "no identity matched any of the file's recipients";

export function isAge(data: Uint8Array): boolean {
  return startsWith(data, VERSION);
}

/** Whether an age file opens with a passphrase: a sealed key, and no bundle. */
export function isPassphraseFile(data: Uint8Array): boolean {
  return SCRYPT.test(fromLatin1(data.subarray(0, LONGEST_INTRO)));
}

/**
 * The identity in `key-N.age`, opened with a set's secret in hex. Throws `card.key-mismatch`, `age.not-age`,
 * `age.not-passphrase`, `age.work-factor`, `age.damaged`, `key.identity-malformed`.
 */
export async function openKey(file: Uint8Array, passphrase: string): Promise<string> {
  if (!isAge(file)) throw integrityError("age.not-age");
  const match = SCRYPT.exec(fromLatin1(file.subarray(0, LONGEST_INTRO)));
  if (!match) throw integrityError("age.not-passphrase");
  const workFactor = Number(match[1]);
  // Before computing: each step doubles time and memory, and the file may come from anybody.
  if (workFactor > MAX_WORK_FACTOR) {
    throw integrityError("age.work-factor", { work_factor: workFactor, limit: MAX_WORK_FACTOR });
  }
  const content = await openPassphrase(file, passphrase);
  return readIdentity(content);
}

/** What one scrypt stanza seals. Throws `card.key-mismatch`, `age.damaged`. */
export async function openPassphrase(file: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await decrypter.decrypt(file);
  } catch (error) {
    if (isUnmatched(error)) throw cardError("card.key-mismatch");
    throw integrityError("age.damaged");
  }
}

/** An identity file: exactly one identity line and LF. Throws `key.identity-malformed`. */
export function readIdentity(content: Uint8Array): string {
  const text = fromLatin1(content);
  if (!/^AGE-SECRET-KEY-1[A-Z0-9]+\n$/.test(text)) throw inputError("key.identity-malformed");
  try {
    new Decrypter().addIdentity(text.slice(0, -1));
  } catch {
    throw inputError("key.identity-malformed");
  }
  return text.slice(0, -1);
}

/** The public half of an identity. */
export async function recipientOf(identity: string): Promise<string> {
  return identityToRecipient(identity);
}

/**
 * Open a sealed file with an identity; `progress` runs from 0 to 1. Throws `age.not-age`, `age.wrong-key`,
 * `age.damaged`.
 *
 * The library reads the header and finds the file's key. The payload is opened here, in place and chunk by chunk:
 * through the library's streams 50 MB take twice as long.
 */
export async function unseal(
  file: Uint8Array,
  identity: string,
  progress: (done: number) => void | Promise<void> = () => {},
): Promise<Uint8Array> {
  if (!isAge(file)) throw integrityError("age.not-age");
  const damaged = integrityError("age.damaged");
  // No line of a header but its last begins so: the others are "-> " and base64.
  const end = /\n--- [^\n]*\n/.exec(fromLatin1(file.subarray(0, LONGEST_HEADER)));
  if (!end) throw damaged;
  const size = end.index + end[0].length;
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  let fileKey: Uint8Array;
  try {
    fileKey = await decrypter.decryptHeader(file.subarray(0, size));
  } catch (error) {
    throw isUnmatched(error) ? integrityError("age.wrong-key") : damaged;
  }
  const nonce = file.subarray(size, size + NONCE);
  const sealed = file.subarray(size + NONCE);
  if (nonce.length < NONCE) throw damaged;
  return openStream(hkdf(sha256, fileKey, nonce, utf8("payload"), 32), sealed, damaged, progress);
}

/** STREAM: chunks of 64 KiB, each under an 11-byte big-endian counter and a byte that marks the last. */
async function openStream(
  key: Uint8Array,
  sealed: Uint8Array,
  damaged: Error,
  progress: (done: number) => void | Promise<void>,
): Promise<Uint8Array> {
  const chunks = Math.ceil(sealed.length / (CHUNK + OVERHEAD));
  const opened = new Uint8Array(Math.max(0, sealed.length - chunks * OVERHEAD));
  const counter = new Uint8Array(12);
  const view = new DataView(counter.buffer);
  let at = 0;
  for (let number = 0; number < chunks; number++) {
    const chunk = sealed.subarray(number * (CHUNK + OVERHEAD), (number + 1) * (CHUNK + OVERHEAD));
    view.setUint32(7, number);
    counter[11] = number === chunks - 1 ? 1 : 0;
    const size = chunk.length - OVERHEAD;
    // Only an empty payload has an empty chunk.
    if (size < 0 || (size === 0 && number > 0)) throw damaged;
    try {
      chacha20poly1305(key, counter).decrypt(chunk, opened.subarray(at, at + size));
    } catch {
      throw damaged;
    }
    at += size;
    if (number % OFTEN === 0) await progress(number / chunks);
  }
  if (chunks === 0) throw damaged;
  await progress(1);
  return opened;
}

function isUnmatched(error: unknown): boolean {
  return error instanceof Error && error.message === UNMATCHED;
}
