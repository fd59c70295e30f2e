// Putting together what lies on the table. The twin of `gather` in escrowd/recovery/materials.py.

import { sameBytes } from "./bytes.ts";
import { inputError } from "./errors.ts";
import { strip } from "./manifest.ts";
import { fromLatin1 } from "./bytes.ts";
import type { KeyFile, Materials } from "./types.ts";

/** The largest bundle, in bytes. */
export const MAX_FILE = 64 * 1024 * 1024;
/** The largest key, share or manifest, in bytes. */
export const MAX_SMALL_FILE = 64 * 1024;
export const KEY_NAME = /^key-([1-9][0-9]{0,3})\.age$/;
export const NOTHING: Materials = { bundle: null, keys: [], manifest: null, cards: [] };

/**
 * All parts as one. Throws `recovery.two-bundles`, `recovery.two-manifests`, `recovery.two-keys` (`set`) where two
 * parts bring different ones: which is meant is not for us to guess.
 */
export function gather(parts: readonly Materials[]): Materials {
  let { bundle, manifest } = NOTHING;
  const numbered = new Map<number, KeyFile>();
  const unnumbered: KeyFile[] = [];
  for (const part of parts) {
    if (part.bundle !== null) {
      if (bundle !== null && !sameBytes(bundle, part.bundle)) throw inputError("recovery.two-bundles");
      bundle = part.bundle;
    }
    if (part.manifest !== null) {
      if (manifest !== null && stripped(manifest) !== stripped(part.manifest)) throw inputError("recovery.two-manifests");
      manifest = part.manifest;
    }
    for (const key of part.keys) {
      if (key.number === null) {
        unnumbered.push(key);
        continue;
      }
      const known = numbered.get(key.number) ?? key;
      numbered.set(key.number, known);
      if (!sameBytes(known.data, key.data)) throw inputError("recovery.two-keys", { set: key.number });
    }
  }
  return { bundle, manifest, keys: [...numbered.values(), ...unnumbered], cards: parts.flatMap((part) => part.cards) };
}

function stripped(manifest: Uint8Array): string {
  return strip(fromLatin1(manifest));
}
