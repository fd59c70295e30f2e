// Opening: every check in its order, each cause with its own name. The twin of escrowd/recovery/opening.py.
//
// 1. The manifest is read and verified. If it is missing, damaged, foreign or does not fit, that is an error, or
//    with `unverified` a recorded problem: it never blocks the way in.
// 2. Each card is judged by the manifest; then the cards choose the set.
// 3. The set's sealed key is the one that the manifest names.
// 4. The cards combine (digest), and open the key.
// 5. The key opens the bundle, and the content is a sound payload.
// 6. The bundle is the one that the manifest names.
//
// An error of 5 or 6 names the revisions that were given beside this one (`others`): the newest may be spoilt.

import { openKey, unseal } from "./age.ts";
import { toHex } from "./bytes.ts";
import { attempt, cardError, EscrowError, inputError, integrityError, notFoundError } from "./errors.ts";
import { MAX_FILE } from "./gather.ts";
import { combineAll, suffice } from "./groups.ts";
import { chooseSet } from "./judge.ts";
import { checkBundle, lookAtManifest } from "./manifest.ts";
import { readPayload, sha256 } from "./payload.ts";
import { setAside } from "./revisions.ts";
import type { Card, KeyFile, Manifest, Materials, Opened, OpenOptions, Step } from "./types.ts";

interface Unlocked {
  readonly set: number | null;
  readonly identity: string;
  readonly cards: readonly Card[];
  readonly problem: EscrowError | null;
}

/**
 * Open what lies on the table. Throws what the first check that fails says: see escrowd/recovery/opening.py for
 * the codes. With `unverified`, a wrong or missing manifest is in `verification.problem` instead.
 */
export async function openMaterials(materials: Materials, options: OpenOptions = {}): Promise<Opened> {
  const { root = null, unverified = false } = options;
  const { bundle } = materials;
  if (bundle === null) throw inputError("recovery.no-bundle");
  if (bundle.length > MAX_FILE) throw inputError("file.too-large", { size: bundle.length, limit: MAX_FILE });
  const { manifest, error } = lookAtManifest(materials, root);
  if (error && !unverified) throw error;
  const report = reporter(options);
  await report("cards")(0);
  const unlocked = manifest ? await unlock(materials, manifest, unverified) : await unlockUnjudged(materials);
  await report("cards")(1);
  const hash = sha256(bundle);
  const { payload, found, differs } = await namingOthers(materials, async () => {
    const zip = await unseal(bundle, unlocked.identity, report("unseal"));
    const payload = await readPayload(zip, report("unpack"));
    const found = await hash;
    const differs = manifest ? attempt(() => checkBundle(manifest, found)).error : null;
    if (differs && !unverified) throw differs;
    return { payload, found, differs };
  });
  return {
    payload,
    verification: { manifest, problem: error ?? unlocked.problem ?? differs },
    set: unlocked.set,
    groups: [...new Set(unlocked.cards.map((card) => card.group))],
    sha256: found,
    aside: setAside(materials, manifest?.revision ?? 0),
  };
}

async function namingOthers<T>({ aside }: Materials, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const others = aside.filter(({ bundle }) => bundle !== null).map(({ claims }) => claims.revision);
    throw error instanceof EscrowError && others.length > 0 ? error.with({ others: others.join(", ") }) : error;
  }
}

/** With a manifest: the cards are judged, and the key is the one that it names. */
async function unlock(materials: Materials, manifest: Manifest, unverified: boolean): Promise<Unlocked> {
  const { set, cards } = chooseSet(materials.cards, manifest);
  const { keys, problem } = await keysOf(materials.keys, manifest, set.set);
  if (problem && !unverified) throw problem;
  return { set: set.set, identity: (await firstOpened(cards, keys)).identity, cards, problem };
}

/** The set's sealed key by its hash; else those with its name, and what is wrong with the first. */
async function keysOf(
  keys: readonly KeyFile[],
  manifest: Manifest,
  number: number,
): Promise<{ keys: readonly KeyFile[]; problem: EscrowError | null }> {
  const sets = new Map(manifest.sets.map((own) => [own.key_sha256, own.set]));
  const hashes = await Promise.all(keys.map(async (key) => sets.get(await sha256(key.data)) ?? null));
  const right = keys.filter((_, at) => hashes[at] === number).at(-1);
  if (right) return { keys: [right], problem: null };
  const named = keys.filter((key) => key.number === number || key.number === null);
  const [first] = named;
  if (!first) throw notFoundError("recovery.no-key", { set: number });
  const other = hashes[keys.indexOf(first)] ?? null;
  if (other === null) return { keys: named, problem: integrityError("manifest.key-differs", { set: number }) };
  return { keys: named, problem: integrityError("recovery.key-of-other-set", { set: number, found: other }) };
}

/** Without a manifest: the cards by their identifiers, and whichever key they open. */
async function unlockUnjudged({ cards, keys }: Materials): Promise<Unlocked> {
  const sets = new Map<number, Card[]>();
  for (const { card } of cards) sets.set(card.identifier, [...(sets.get(card.identifier) ?? []), card]);
  if (sets.size === 0) throw cardError("card.none");
  if (keys.length === 0) throw notFoundError("recovery.no-keys");
  const enough = [...sets.values()].filter(suffice);
  if (enough.length === 0 && sets.size > 1) throw cardError("card.different-sets");
  let last = cardError("card.none");
  for (const own of enough.length ? enough : sets.values()) {
    try {
      const { identity, key } = await firstOpened(own, keys);
      return { set: key.number, identity, cards: own, problem: null };
    } catch (error) {
      if (!(error instanceof EscrowError)) throw error;
      last = error;
    }
  }
  throw last;
}

/** The identity in the first key that the cards open; else the last one's error. */
async function firstOpened(cards: readonly Card[], keys: readonly KeyFile[]): Promise<{ identity: string; key: KeyFile }> {
  for (const key of keys.slice(0, -1)) {
    try {
      return { identity: await openKeyWith(cards, key.data), key };
    } catch (error) {
      if (!(error instanceof EscrowError)) throw error;
    }
  }
  const last = keys.at(-1) as KeyFile;
  return { identity: await openKeyWith(cards, last.data), key: last };
}

/** The identity in a sealed key. Of several secrets, which only a forged card can cause, the one that opens counts. */
async function openKeyWith(cards: readonly Card[], file: Uint8Array): Promise<string> {
  const found = combineAll(cards);
  for (const { secret } of found.slice(0, -1)) {
    try {
      return await openKey(file, toHex(secret));
    } catch (error) {
      if (!(error instanceof EscrowError) || error.family !== "card") throw error;
    }
  }
  return openKey(file, toHex((found.at(-1) as { secret: Uint8Array }).secret));
}

/** Reports progress, and lets the page draw it now and then. */
function reporter({ progress }: OpenOptions): (step: Step) => (done: number) => Promise<void> {
  let drawn = 0;
  return (step) => async (done) => {
    if (!progress) return;
    progress(step, done);
    if (performance.now() - drawn < 40) return;
    await new Promise((resolve) => setTimeout(resolve));
    drawn = performance.now();
  };
}
