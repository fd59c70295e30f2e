// The core of the recovery page: what the user interface may use. It touches no document, no network, no clock.
//
// Everything that fails throws an `EscrowError` with the code and fields of escrowd's Python side, so one
// table of sentences serves all. Opening runs in the order of escrowd/recovery/opening.py.

export { attempt, EscrowError } from "./errors.ts";
export type { Family, Fields } from "./errors.ts";
export * from "./types.ts";

// Words and cards
export { checkWord, readTyped } from "./typing.ts";
export { CARD_WORDS } from "./words.ts";
export { findCards, parseCard, parseCards, proofKey, sameCard } from "./cards.ts";

// Materials: files, mails, pasted text, an embedded Mappe
export { gather, NOTHING, readCards, readMaterials, readPasted } from "./materials.ts";
export { MAPPE_ID, readMappe } from "./mappe.ts";
export type { Mappe } from "./mappe.ts";

// Looking, before opening
export { judgeCard, withoutSurplus } from "./judge.ts";
export { lookAtManifest, verifyManifest } from "./manifest.ts";
export { setAside } from "./revisions.ts";
export { whatIsMissing } from "./missing.ts";
export { showFingerprint } from "./keys.ts";

// Opening
export { openMaterials } from "./opening.ts";
export { documentPath, EXPORT_CSV, EXPORT_KEEPASS, EXPORT_PASSWORD } from "./payload.ts";

// Signing with a card
export { parseCode, signProof } from "./proofs.ts";

// One-time passwords
export { totp } from "./totp.ts";
