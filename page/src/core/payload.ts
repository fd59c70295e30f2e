// The ZIP inside a bundle: nothing is shown before everything was checked. The twin of escrowd/core/payload.py.

import { sha256 as digestNow } from "@noble/hashes/sha2.js";
import { MAX_BUNDLE_BYTES, readBundle } from "./bundle.ts";
import { toHex } from "./bytes.ts";
import { integrityError, notFoundError } from "./errors.ts";
import type { BundleDocument, Payload } from "./types.ts";
import { type Limits, type Member, readDirectory, shown, unpack } from "./zip.ts";

const README = "READ-ME-FIRST.html";
const BUNDLE = "bundle.json";
/** What may be there for an expert: a table, a KeePass file, and the password of that. */
export const EXPORT_CSV = "exports/credentials.csv";
export const EXPORT_KEEPASS = "exports/credentials.kdbx";
export const EXPORT_PASSWORD = "exports/password.txt";
const OPTIONAL: readonly string[] = [EXPORT_CSV, EXPORT_KEEPASS, EXPORT_PASSWORD];
const LIMITS: Limits = {
  archive: 64 * 2 ** 20 - 64 * 1024,
  names: { [BUNDLE]: MAX_BUNDLE_BYTES, [README]: 64 * 2 ** 20, [EXPORT_PASSWORD]: 128 },
  unpacked: 256 * 2 ** 20,
  members: 5000,
};

/** The name of the document's member. */
export function documentPath(document: BundleDocument): string {
  return `documents/${document.id}/${document.file}`;
}

/** SHA-256 in hex; by the browser itself where it may (it is not everywhere allowed to). */
export async function sha256(data: Uint8Array): Promise<string> {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (!subtle) return toHex(digestNow(data));
  return toHex(new Uint8Array(await subtle.digest("SHA-256", data as Uint8Array<ArrayBuffer>)));
}

/**
 * Read and check a whole ZIP. `progress` runs from 0 to 1. Throws `payload.*` as escrowd/core/payload.py, and as
 * `readBundle`. Names in fields are escaped and shortened.
 */
export async function readPayload(
  zip: Uint8Array,
  progress: (done: number) => void | Promise<void> = () => {},
): Promise<Payload> {
  const members = readDirectory(zip, LIMITS);
  const byName = new Map(members.map((member) => [member.name, member]));
  for (const name of [README, BUNDLE]) {
    if (!byName.has(name)) throw integrityError("payload.missing-file", { name });
  }
  const bundle = readBundle(unpack(zip, byName.get(BUNDLE) as Member));
  const expected = new Map(bundle.documents.map((document) => [documentPath(document), document]));
  for (const name of byName.keys()) {
    if (!expected.has(name) && name !== README && name !== BUNDLE && !OPTIONAL.includes(name)) {
      throw integrityError("payload.unexpected-file", { name: shown(name) });
    }
  }
  // A KeePass file and its password: both or neither.
  const pair = [EXPORT_KEEPASS, EXPORT_PASSWORD];
  for (const name of [...expected.keys(), ...(pair.some((one) => byName.has(one)) ? pair : [])]) {
    if (!byName.has(name)) throw integrityError("payload.missing-file", { name: shown(name) });
  }
  const all = members.reduce((sum, member) => sum + member.size, 0);
  let done = 0;
  for (const member of members) {
    const content = unpack(zip, member);
    const document = expected.get(member.name);
    if (document && (document.size !== member.size || document.sha256 !== (await sha256(content)))) {
      throw integrityError("payload.document-changed", { name: shown(document.name) });
    }
    done += member.size;
    await progress(all ? done / all : 1);
  }
  const openFile = (name: string): Uint8Array => {
    const member = byName.get(name);
    if (!member) throw notFoundError("payload.no-such-file", { name });
    return unpack(zip, member).slice();
  };
  return {
    bundle,
    files: members.map(({ name, size }) => ({ name, size })),
    zip,
    openFile,
    openDocument: (document) => openFile(documentPath(document)),
  };
}
