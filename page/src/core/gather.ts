// Putting together what lies on the table. The twin of `gather` in escrowd/recovery/materials.py.

import { sameBytes } from "./bytes.ts";
import { inputError } from "./errors.ts";
import { strip } from "./manifest.ts";
import { fromLatin1 } from "./bytes.ts";
import { bundleHash, chooseRevision, soundManifests } from "./revisions.ts";
import type { GivenCard, KeyFile, Materials } from "./types.ts";

/** The largest bundle, in bytes. */
export const MAX_FILE = 64 * 1024 * 1024;
/** The largest key, share or manifest, in bytes. */
export const MAX_SMALL_FILE = 64 * 1024;
export const KEY_NAME = /^key-([1-9][0-9]{0,3})\.age$/;
export const NOTHING: Materials = { bundle: null, keys: [], manifest: null, cards: [], aside: [], unproved: [], asked: false };

/**
 * All parts as one; where they bring different bundles or manifests, `chooseRevision` chooses, or `revision` does. Of
 * different keys all stay: which is the right one, the manifest says, or the cards. Throws `recovery.two-bundles`,
 * `recovery.two-manifests` where nothing decides: which is meant is not for us to guess; `recovery.no-revision`
 * (`revision`).
 */
export function gather(parts: readonly Materials[], revision: number | null = null): Materials {
  const all = [...parts, ...parts.flatMap((part) => part.aside)];
  const cards = parts.flatMap((part) => part.cards);
  const bundles = [...all.flatMap(({ bundle }) => bundle ?? []), ...parts.flatMap((part) => part.unproved)];
  const manifests = new Map(all.flatMap(({ manifest }) => (manifest ? [[stripped(manifest), manifest] as const] : [])));
  const chosen = choose(bundles, [...manifests.values()], cards, revision);
  const keys: KeyFile[] = [];
  for (const key of parts.flatMap((part) => part.keys)) {
    if (!keys.some((known) => known.number === key.number && sameBytes(known.data, key.data))) keys.push(key);
  }
  keys.sort((one, other) => Number(one.number === null) - Number(other.number === null));
  return { ...chosen, keys, cards, asked: revision !== null };
}

function choose(
  bundles: readonly Uint8Array[],
  manifests: readonly Uint8Array[],
  cards: readonly GivenCard[],
  revision: number | null,
): Pick<Materials, "bundle" | "manifest" | "aside" | "unproved"> {
  const same = bundles.every((bundle) => sameBytes(bundle, bundles[0] as Uint8Array));
  const plain = { bundle: bundles.at(-1) ?? null, manifest: manifests[0] ?? null, aside: [], unproved: [] };
  if (revision === null && same && manifests.length < 2) return plain;
  const signed = soundManifests(manifests);
  // Of one bundle, a damaged manifest beside a sound one is passed over; alone, it is judged later.
  if (revision === null && same && signed.length < 2) return { ...plain, manifest: signed[0]?.manifest ?? plain.manifest };
  const byHash = new Map(bundles.map((bundle) => [bundleHash(bundle), bundle]));
  const found = chooseRevision(byHash, signed, cards.map(({ card }) => card), revision);
  if (!found) throw inputError(same ? "recovery.two-manifests" : "recovery.two-bundles");
  const named = new Set(signed.map(({ claims }) => claims.bundle_sha256));
  const unproved = [...byHash].filter(([hash]) => !named.has(hash)).map(([, bundle]) => bundle);
  return { bundle: found.chosen.bundle, manifest: found.chosen.manifest, aside: found.aside, unproved };
}

function stripped(manifest: Uint8Array): string {
  return strip(fromLatin1(manifest));
}
