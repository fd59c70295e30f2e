// Putting together what lies on the table. The twin of `gather` in escrowd/recovery/materials.py.

import { sameBytes } from "./bytes.ts";
import { inputError } from "./errors.ts";
import { strip } from "./manifest.ts";
import { fromLatin1 } from "./bytes.ts";
import { bundleHash, chooseRevision } from "./revisions.ts";
import type { GivenCard, KeyFile, Materials } from "./types.ts";

/** The largest bundle, in bytes. */
export const MAX_FILE = 64 * 1024 * 1024;
/** The largest key, share or manifest, in bytes. */
export const MAX_SMALL_FILE = 64 * 1024;
export const KEY_NAME = /^key-([1-9][0-9]{0,3})\.age$/;
export const NOTHING: Materials = { bundle: null, keys: [], manifest: null, cards: [], aside: [] };

/**
 * All parts as one; where they bring different bundles or manifests, `chooseRevision` chooses. Throws
 * `recovery.two-bundles`, `recovery.two-manifests` where nothing decides, and `recovery.two-keys` (`set`): which is
 * meant is not for us to guess.
 */
export function gather(parts: readonly Materials[]): Materials {
  const all = [...parts, ...parts.flatMap((part) => part.aside)];
  const cards = parts.flatMap((part) => part.cards);
  const bundles = all.flatMap(({ bundle }) => bundle ?? []);
  const manifests = new Map(all.flatMap(({ manifest }) => (manifest ? [[stripped(manifest), manifest] as const] : [])));
  const chosen = choose(bundles, [...manifests.values()], cards);
  const numbered = new Map<number, KeyFile>();
  const unnumbered: KeyFile[] = [];
  for (const key of parts.flatMap((part) => part.keys)) {
    if (key.number === null) {
      unnumbered.push(key);
      continue;
    }
    const known = numbered.get(key.number) ?? key;
    numbered.set(key.number, known);
    if (!sameBytes(known.data, key.data)) throw inputError("recovery.two-keys", { set: key.number });
  }
  return { ...chosen, keys: [...numbered.values(), ...unnumbered], cards };
}

function choose(
  bundles: readonly Uint8Array[],
  manifests: readonly Uint8Array[],
  cards: readonly GivenCard[],
): Pick<Materials, "bundle" | "manifest" | "aside"> {
  const same = bundles.every((bundle) => sameBytes(bundle, bundles[0] as Uint8Array));
  if (same && manifests.length < 2) return { bundle: bundles.at(-1) ?? null, manifest: manifests[0] ?? null, aside: [] };
  const byHash = new Map(bundles.map((bundle) => [bundleHash(bundle), bundle]));
  const found = chooseRevision(byHash, manifests, cards.map(({ card }) => card));
  if (!found) throw inputError(same ? "recovery.two-manifests" : "recovery.two-bundles");
  return { bundle: found.chosen.bundle, manifest: found.chosen.manifest, aside: found.aside };
}

function stripped(manifest: Uint8Array): string {
  return strip(fromLatin1(manifest));
}
