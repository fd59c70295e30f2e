// Which revision is opened where several lie on the table. The twin of escrowd/recovery/revisions.py, with its rules:
//
// 1. Signed manifests decide, or nobody does: each one verifies and may follow the one before it, and each bundle is
//    named by one of them. Else nothing is chosen: which is meant is not for us to guess.
// 2. A revision whose bundle is there comes before one whose manifest alone is; then one for which the cards suffice;
//    then one to which a holder's card belongs; then the newest.
// 3. What is left aside stays on the table and is told: another card may choose otherwise.

import { sha256 } from "@noble/hashes/sha2.js";
import { fromLatin1, toHex } from "./bytes.ts";
import { attempt } from "./errors.ts";
import { suffice } from "./groups.ts";
import { verifyManifest } from "./manifest.ts";
import { checkSuccessor } from "./successor.ts";
import type { Aside, Candidate, Card, Manifest } from "./types.ts";

const hashes = new WeakMap<Uint8Array, string>();

/** SHA-256 in hex, once for each bundle: cards are typed beside the same ones. */
export function bundleHash(bundle: Uint8Array): string {
  const known = hashes.get(bundle) ?? toHex(sha256(bundle));
  hashes.set(bundle, known);
  return known;
}

/**
 * The revision to open, and the others, the newest first; null where nothing decides (rule 1). `bundles`, by their
 * hashes; `manifests`, no two the same.
 */
export function chooseRevision(
  bundles: ReadonlyMap<string, Uint8Array>,
  manifests: readonly Uint8Array[],
  cards: readonly Card[],
): { chosen: Candidate; aside: Candidate[] } | null {
  const signed = attempt(() => inOrder(manifests)).value ?? [];
  const named = new Set(signed.map(({ claims }) => claims.bundle_sha256));
  const [first, ...more] = signed.map((own) => ({ ...own, bundle: bundles.get(own.claims.bundle_sha256) ?? null }));
  if (!first || ![...bundles.keys()].every((hash) => named.has(hash))) return null;
  const chosen = more.reduce((best, other) => (isLower(rank(best, cards), rank(other, cards)) ? other : best), first);
  return { chosen, aside: [first, ...more].filter((own) => own !== chosen).reverse() };
}

/** What is told of the others, when the revision `opened` is. */
export function setAside(opened: number, others: readonly Candidate[]): Aside[] {
  return others.map(({ claims: { revision, created }, bundle }) => {
    const why = revision < opened ? "older" : bundle === null ? "no-bundle" : "other-cards";
    return { revision, created, why };
  });
}

/** Throws if one of them is not sound, or does not follow. */
function inOrder(manifests: readonly Uint8Array[]): { claims: Manifest; manifest: Uint8Array }[] {
  const found = manifests.map((manifest) => ({ claims: verifyManifest(manifest), manifest }));
  found.sort((one, other) => one.claims.revision - other.claims.revision);
  for (const [at, { manifest }] of found.slice(1).entries()) {
    checkSuccessor(fromLatin1((found[at] as { manifest: Uint8Array }).manifest), fromLatin1(manifest));
  }
  return found;
}

/** Rule 2. */
function rank({ claims, bundle }: Candidate, cards: readonly Card[]): number[] {
  const of = (identifier: number): Card[] => cards.filter((card) => card.identifier === identifier);
  const enough = claims.sets.some((own) => suffice(of(own.slip39_id)));
  const held = cards.filter((card) => card.group !== "nodes");
  const belongs = held.length === 0 || held.some((card) => claims.sets.some((own) => own.slip39_id === card.identifier));
  return [Number(bundle !== null), Number(enough), Number(belongs), claims.revision];
}

function isLower(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((value, place) => value !== other[place]);
  return at >= 0 && (one[at] as number) < (other[at] as number);
}
