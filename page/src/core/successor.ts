// Whether a manifest may follow another: rules 3 to 5 of escrowd/core/manifest.py.

import { fromHex, toHex } from "./bytes.ts";
import { conflictError, integrityError } from "./errors.ts";
import { strip, verifyAppointment, verifyManifest } from "./manifest.ts";
import { GROUPS, type Manifest, type ManifestSet } from "./types.ts";

/**
 * That `newer` may follow `older` (compact forms); returns the newer one. Throws as `verifyManifest`, and
 * `manifest.foreign-provider`, `manifest.foreign-client`, `manifest.older`, `manifest.same-revision`,
 * `manifest.key-superseded`, `manifest.set-changed`, `.set-dropped`, `.set-returned`, `.set-reused`,
 * `.retired-changed`.
 */
export function checkSuccessor(older: string, newer: string, root: string | null = null): Manifest {
  const before = verifyManifest(older, root);
  const after = verifyManifest(newer, root);
  if (after.iss !== before.iss) {
    throw integrityError("manifest.foreign-provider", { expected: before.iss, found: after.iss });
  }
  if (after.client !== before.client) {
    throw integrityError("manifest.foreign-client", { expected: before.client, found: after.client });
  }
  if (after.revision < before.revision) {
    throw conflictError("manifest.older", { seen: before.revision, found: after.revision });
  }
  if (after.revision === before.revision && strip(older) !== strip(newer)) {
    throw conflictError("manifest.same-revision", { revision: after.revision });
  }
  checkSigner(before, after);
  checkSets(before, after);
  return after;
}

/** A daily key that another one had followed signs nothing any more: it may have been stolen. */
function checkSigner(before: Manifest, after: Manifest): void {
  const root = fromHex(before.root, 32);
  const daily = (link: string): string => toHex(verifyAppointment(link, root));
  const known = before.chain.length ? before.chain.map(daily) : [before.root];
  const link = after.chain.at(-1);
  if (link === undefined) return;
  const signer = daily(link);
  if (signer !== known.at(-1) && known.slice(0, -1).includes(signer)) {
    throw integrityError("manifest.key-superseded", { revision: after.revision });
  }
}

function checkSets(before: Manifest, after: Manifest): void {
  const live = new Map(after.sets.map((own) => [own.set, own]));
  const ended = new Map(after.retired.map((own) => [own.set, own]));
  for (const was of before.retired) {
    if (live.has(was.set)) throw integrityError("manifest.set-returned", { set: was.set });
    const now = ended.get(was.set);
    if (!now || now.slip39_id !== was.slip39_id || now.date !== was.date) {
      throw integrityError("manifest.retired-changed", { set: was.set });
    }
  }
  for (const was of before.sets) {
    const [now, old] = [live.get(was.set), ended.get(was.set)];
    if (now) checkSame(was, now);
    else if (!old) throw integrityError("manifest.set-dropped", { set: was.set });
    else if (old.slip39_id !== was.slip39_id) {
      throw integrityError("manifest.set-changed", { set: was.set, claim: "slip39_id" });
    }
  }
  const known = identifiers(before);
  for (const [number, identifier] of identifiers(after)) {
    const reused = number < Math.max(...known.keys()) || [...known.values()].includes(identifier);
    if (!known.has(number) && reused) throw integrityError("manifest.set-reused", { set: number });
  }
}

/** SLIP-39 identifier by set number, of all sets that live or lived. */
function identifiers(manifest: Manifest): Map<number, number> {
  return new Map([...manifest.sets, ...manifest.retired].map((own) => [own.set, own.slip39_id]));
}

function checkSame(was: ManifestSet, now: ManifestSet): void {
  for (const claim of ["slip39_id", "recipient", "key_sha256"] as const) {
    if (was[claim] !== now[claim]) throw integrityError("manifest.set-changed", { set: was.set, claim });
  }
  GROUPS.forEach((name, at) => {
    // The nodes' own threshold and keys may change: another number of nodes needs no new cards.
    if (name !== "nodes" && JSON.stringify(was.groups[at]) !== JSON.stringify(now.groups[at])) {
      throw integrityError("manifest.set-changed", { set: was.set, claim: `groups.${name}` });
    }
  });
}
