// age files (age-encryption.org/v1), opened by `age-encryption`; every cause gets escrowd's own name. The twin of
// the reading half of escrowd/core/seal.py.

import { Decrypter, identityToRecipient } from "age-encryption";
import { fromLatin1, startsWith, utf8 } from "./bytes.ts";
import { cardError, inputError, integrityError } from "./errors.ts";

const VERSION = utf8("age-encryption.org/v1\n");
const SCRYPT = /^age-encryption\.org\/v1\n-> scrypt [A-Za-z0-9+/]{22} ([1-9][0-9]?)\n/;
const LONGEST_INTRO = 80;
/** The largest log2(N) that is computed for a foreign file: 1 GiB. */
const MAX_WORK_FACTOR = 20;
const PIECE = 1024 * 1024;
const CHUNK = 64 * 1024;
const OVERHEAD = 16;
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
 * Open a sealed file with an identity, a piece at a time; `progress` runs from 0 to 1. Throws `age.not-age`,
 * `age.wrong-key`, `age.damaged`.
 */
export async function unseal(
  file: Uint8Array,
  identity: string,
  progress: (done: number) => void | Promise<void> = () => {},
): Promise<Uint8Array> {
  if (!isAge(file)) throw integrityError("age.not-age");
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  try {
    const opened = (await decrypter.decrypt(pieces(file, progress))) as ReadableStream<Uint8Array>;
    return await collect(opened, file.length);
  } catch (error) {
    throw isUnmatched(error) ? integrityError("age.wrong-key") : integrityError("age.damaged");
  }
}

function isUnmatched(error: unknown): boolean {
  return error instanceof Error && error.message === UNMATCHED;
}

function pieces(file: Uint8Array, progress: (done: number) => void | Promise<void>): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (at >= file.length) {
          controller.close();
          return;
        }
        controller.enqueue(file.subarray(at, at + PIECE));
        at += PIECE;
        await progress(Math.min(at / file.length, 1));
      },
    },
    { highWaterMark: 0 },
  );
}

/** All bytes of a stream, which are fewer than `most`. */
async function collect(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const result = new Uint8Array(Math.max(0, most - Math.ceil(most / (CHUNK + OVERHEAD)) * OVERHEAD));
  let size = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return result.subarray(0, size);
    result.set(value, size);
    size += value.length;
  }
}
