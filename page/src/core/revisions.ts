// Which revision is opened where several lie on the table. The twin of escrowd/recovery/revisions.py, with its rules:
//
// 1. Signed manifests decide, or nobody does: of those that verify, each may follow the one before it. Else nothing is
//    chosen: which is meant is not for us to guess. A bundle that none of them names is set aside where one that is
//    named is there: a damaged stick holds up no whole one.
// 2. A revision whose bundle is there comes before one whose manifest alone is; then one for which the cards suffice;
//    then one to which a holder's card belongs; then the newest.
// 3. What is left aside stays on the table and is told: another card may choose otherwise.
// 4. Whoever asks for a revision gets that one: the newest may be spoilt, and was sealed by a thief.

import { sha256 } from "@noble/hashes/sha2.js";
import { fromLatin1, toHex } from "./bytes.ts";
import { attempt, notFoundError } from "./errors.ts";
import { suffice } from "./groups.ts";
import { verifyManifest } from "./manifest.ts";
import { checkSuccessor } from "./successor.ts";
import type { Aside, Candidate, Card, Manifest, Materials } from "./types.ts";

type Signed = { readonly claims: Manifest; readonly manifest: Uint8Array };

const hashes = new WeakMap<Uint8Array, string>();

/** SHA-256 in hex, once for each bundle: cards are typed beside the same ones. */
export function bundleHash(bundle: Uint8Array): string {
  const known = hashes.get(bundle) ?? toHex(sha256(bundle));
  hashes.set(bundle, known);
  return known;
}

/**
 * The revision to open, and the others, the newest first; null where nothing decides (rule 1). `bundles`, by their
 * hashes; `signed`, of `soundManifests`, no two the same; `revision`, the one that is asked for. Throws
 * `recovery.no-revision` (`revision`).
 */
export function chooseRevision(
  bundles: ReadonlyMap<string, Uint8Array>,
  signed: readonly Signed[],
  cards: readonly Card[],
  revision: number | null = null,
): { chosen: Candidate; aside: Candidate[] } | null {
  const candidates = signed.map((own) => ({ ...own, bundle: bundles.get(own.claims.bundle_sha256) ?? null }));
  const chosen = revision === null ? best(candidates, cards) : askedFor(candidates, revision);
  // A manifest whose bundle is not there says nothing of those that are.
  if (!chosen || (revision === null && bundles.size > 0 && chosen.bundle === null)) return null;
  return { chosen, aside: candidates.filter((own) => own !== chosen).reverse() };
}

/** What is told of the others, when the one that `materials` name is opened. */
export function setAside({ aside, unproved, asked }: Materials, opened: number): Aside[] {
  const others = aside.map(({ claims: { revision, created }, bundle }): Aside => {
    const newer = bundle === null ? "no-bundle" : asked ? "other-asked" : "other-cards";
    return { revision, created, why: revision < opened ? "older" : newer };
  });
  return [...others, ...unproved.map((): Aside => ({ revision: null, created: null, why: "unproved" }))];
}

/** Those that verify, in the order of their revisions. */
export function soundManifests(manifests: readonly Uint8Array[]): Signed[] {
  const found = manifests.flatMap((manifest) => {
    const claims = attempt(() => verifyManifest(manifest)).value;
    return claims ? [{ claims, manifest }] : [];
  });
  return found.sort((one, other) => one.claims.revision - other.claims.revision);
}

function best(candidates: readonly Candidate[], cards: readonly Card[]): Candidate | null {
  const [first, ...more] = candidates;
  if (!first || !attempt(() => checkOrder(candidates)).value) return null;
  return more.reduce((found, other) => (isLower(rank(found, cards), rank(other, cards)) ? other : found), first);
}

function askedFor(candidates: readonly Candidate[], revision: number): Candidate | null {
  const [own, ...more] = candidates.filter(({ claims }) => claims.revision === revision);
  if (!own) throw notFoundError("recovery.no-revision", { revision });
  return more.length > 0 ? null : own;
}

/** Throws if one does not follow. */
function checkOrder(signed: readonly Signed[]): true {
  for (const [at, { manifest }] of signed.slice(1).entries()) {
    checkSuccessor(fromLatin1((signed[at] as Signed).manifest), fromLatin1(manifest));
  }
  return true;
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
