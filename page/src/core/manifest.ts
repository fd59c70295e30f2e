// manifest.jws: who sealed a bundle, for whom, with which cards it opens. The twin of escrowd/core/manifest.py.
//
// It never stands between a beneficiary and the opening: each way in which it can be wrong has its own code.

import { fromHex } from "./bytes.ts";
import { attempt, EscrowError, inputError, integrityError } from "./errors.ts";
import { readJson } from "./json.ts";
import { APPOINTMENT, claims, MANIFEST, MAX_COMPACT, peek, verifyPayload } from "./jws.ts";
import { fingerprint } from "./keys.ts";
import * as s from "./schema.ts";
import { GROUPS, type Manifest, type ManifestLook, type ManifestSet, type Materials } from "./types.ts";

const MAX_MEMBERS = 16;
const MAX_CHAIN = 8;
const MAX_LIVE_SETS = 2;
const MAX_WALL = 253_402_214_400;

const fingerprintText = s.text({ pattern: /^[a-z2-7]{32}$/ });
const hex32 = s.text({ pattern: /^[0-9a-f]{64}$/ });
const wall = s.whole(0, MAX_WALL);
const setNumber = s.whole(1, 9999);
const slip39Id = s.whole(0, 32_767);
const compactText = s.text({ pattern: /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, max: MAX_COMPACT });

const group = s.object(
  {
    name: s.needed(s.oneOf(...GROUPS)),
    k: s.needed(s.whole(1, MAX_MEMBERS)),
    n: s.needed(s.whole(1, MAX_MEMBERS)),
    proof_keys: s.needed(s.list(hex32, 1, MAX_MEMBERS)),
  },
  // SLIP-39 allows a member threshold of 1 only for a group of one.
  ({ k, n, proof_keys: keys }) => (keys.length !== n || k > n || (k === 1 && n > 1) ? "group_shape" : null),
);

const liveSet = s.object(
  {
    set: s.needed(setNumber),
    slip39_id: s.needed(slip39Id),
    recipient: s.needed(s.text({ pattern: /^age1[0-9a-z]{58}$/ })),
    key_sha256: s.needed(hex32),
    groups: s.needed(s.list(group, 4, 4)),
  },
  ({ groups }) => {
    if (groups.some((own, at) => own.name !== GROUPS[at])) return "groups_order";
    return isUnique(groups.flatMap((own) => own.proof_keys)) ? null : "proof_key_twice";
  },
);

const manifestClaims: s.Reader<Manifest> = s.object(
  {
    iss: s.needed(fingerprintText),
    client: s.needed(s.text({ pattern: /^[a-z0-9-]{1,32}$/ })),
    revision: s.needed(s.whole(1)),
    created: s.needed(wall),
    next_revision_by: s.needed(wall),
    bundle_sha256: s.needed(hex32),
    root: s.needed(hex32),
    chain: s.needed(s.list(compactText, 0, MAX_CHAIN)),
    sets: s.needed(s.list(liveSet, 1, MAX_LIVE_SETS)),
    retired: s.optional(
      s.list(s.object({ set: s.needed(setNumber), slip39_id: s.needed(slip39Id), date: s.needed(wall) }), 0, 1000),
      () => [],
    ),
  },
  ({ sets, retired, created, next_revision_by: next }) => {
    const [live, old] = [sets.map((own) => own.set), retired.map((own) => own.set)];
    if (!ascends(live) || !ascends(old) || !isUnique([...live, ...old])) return "set_numbers";
    if (!isUnique([...sets, ...retired].map((own) => own.slip39_id))) return "identifier_twice";
    return next <= created ? "next_revision" : null;
  },
);

const appointmentClaims = s.object({
  iss: s.needed(fingerprintText),
  daily: s.needed(hex32),
  created: s.needed(wall),
});

const isUnique = (values: readonly unknown[]): boolean => new Set(values).size === values.length;
const ascends = (values: readonly number[]): boolean =>
  values.every((value, at) => at === 0 || value > (values[at - 1] as number));

/** White space that Python's `strip` takes away, at both ends. */
export const strip = (text: string): string => text.replace(/^[\s\x1c-\x1f\x85]+|[\s\x1c-\x1f\x85]+$/g, "");

/**
 * Read a manifest: signature, chain, and the rules that one manifest can break by itself.
 *
 * `root`: the fingerprint that it must come from, null to take any. Throws `manifest.damaged`,
 * `manifest.wrong-kind` (`found`), `manifest.foreign-provider` (`expected`, `found`), `manifest.root-mismatch`,
 * `manifest.chain-broken` (`position`), `manifest.bad-signature`, `manifest.invalid` (`claim`, `problem`).
 */
export function verifyManifest(data: Uint8Array | string, root: string | null = null): Manifest {
  const { text, rootKey, chain } = readUnverified(data);
  const found = fingerprint(rootKey);
  if (root !== null && found !== root) throw integrityError("manifest.foreign-provider", { expected: root, found });
  let signer = rootKey;
  chain.forEach((appointment, at) => {
    const { value } = attempt(() => verifyAppointment(appointment, rootKey));
    if (!value) throw integrityError("manifest.chain-broken", { position: at + 1 });
    signer = value;
  });
  const payload = attempt(() => verifyPayload(text, MANIFEST, signer));
  if (payload.error) throw integrityError("manifest.bad-signature");
  const manifest = attempt(() =>
    s.readDocument("Manifest", manifestClaims, readJson(payload.value, MAX_COMPACT)),
  );
  if (manifest.error) {
    const { claim = "", problem = manifest.error.code } = manifest.error.fields;
    throw integrityError("manifest.invalid", { claim, problem });
  }
  if (manifest.value.iss !== found) throw integrityError("manifest.root-mismatch");
  return manifest.value;
}

/** What the manifest on the table tells, or what is wrong with it (`manifest.missing` if there is none). */
export function lookAtManifest(materials: Materials, root: string | null = null): ManifestLook {
  const { manifest } = materials;
  if (manifest === null) return { manifest: null, error: integrityError("manifest.missing") };
  const look = attempt(() => verifyManifest(manifest, root));
  return look.error ? { manifest: null, error: look.error } : { manifest: look.value, error: null };
}

/** The daily public key that an appointment by this root key names. */
export function verifyAppointment(compact: string, root: Uint8Array): Uint8Array {
  const payload = readJson(verifyPayload(compact, APPOINTMENT, root), MAX_COMPACT);
  const own = s.readDocument("_AppointmentClaims", appointmentClaims, payload);
  if (own.iss !== fingerprint(root)) throw integrityError("statement.root-mismatch");
  return fromHex(own.daily, 32);
}

/** That a bundle is the one signed for. Throws `manifest.bundle-differs`. */
export function checkBundle(manifest: Manifest, sha256: string): void {
  if (sha256 !== manifest.bundle_sha256) {
    throw integrityError("manifest.bundle-differs", { client: manifest.client, revision: manifest.revision });
  }
}

/** The live set of that number. */
export function liveSetOf(manifest: Manifest, number: number): ManifestSet | null {
  return manifest.sets.find((own) => own.set === number) ?? null;
}

function readUnverified(data: Uint8Array | string): { text: string; rootKey: Uint8Array; chain: string[] } {
  const damaged = integrityError("manifest.damaged");
  const text = strip(typeof data === "string" ? data : ascii(data, damaged));
  const unverified = attempt(() => peek(text));
  if (unverified.error) throw damaged;
  if (unverified.value.typ !== MANIFEST) {
    throw integrityError("manifest.wrong-kind", { found: unverified.value.typ.slice(0, 64) });
  }
  const own = attempt(() => claims(unverified.value));
  if (own.error) throw damaged;
  const { root, chain } = own.value;
  const rootKey = attempt(() => fromHex(typeof root === "string" ? root : "", 32));
  if (rootKey.error || !Array.isArray(chain)) throw damaged;
  const links = chain.filter((link) => typeof link === "string");
  if (links.length !== chain.length) throw damaged;
  return { text, rootKey: rootKey.value, chain: links };
}

function ascii(data: Uint8Array, damaged: EscrowError): string {
  if (data.length > 2 * MAX_COMPACT) throw inputError("file.too-large", { size: data.length, limit: MAX_COMPACT });
  if (data.some((byte) => byte > 127)) throw damaged;
  return String.fromCharCode(...data);
}
