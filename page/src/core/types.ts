// The shapes that pass between the core and the page. Functions are listed in index.ts.

import type { EscrowError } from "./errors.ts";

/** A file as the browser hands it over. */
export interface InputFile {
  readonly name: string;
  readonly data: Uint8Array;
}

export type GroupName = "nodes" | "client" | "successor" | "reserve";
/** In the order of SLIP-39's group index. */
export const GROUPS: readonly GroupName[] = ["nodes", "client", "successor", "reserve"];

/** One share as it stands on a card. Group and member count from 0. */
export interface Card {
  /** 20, full, lower case. */
  readonly words: readonly string[];
  readonly identifier: number;
  readonly groupIndex: number;
  readonly groupThreshold: number;
  readonly groupCount: number;
  readonly memberIndex: number;
  readonly memberThreshold: number;
  readonly value: Uint8Array;
  /** `client`: of a client's share set, whoever holds it; `provider`: one of the provider's own. */
  readonly kind: "client" | "provider";
  readonly group: GroupName | "provider";
}

/** A card and where it came from: a file's name, or what the page calls the input. */
export interface GivenCard {
  readonly card: Card;
  readonly source: string;
}

/** A sealed key. `number`: the set's, if the file's name says it. */
export interface KeyFile {
  readonly number: number | null;
  readonly data: Uint8Array;
  readonly source: string;
}

/** What lies on the table. Nothing is opened here. */
export interface Materials {
  readonly bundle: Uint8Array | null;
  readonly keys: readonly KeyFile[];
  readonly manifest: Uint8Array | null;
  readonly cards: readonly GivenCard[];
  /** Other revisions that were given, and are not the one that is to be opened. */
  readonly aside: readonly Candidate[];
  /** Bundles that no manifest names, beside one that is named. */
  readonly unproved: readonly Uint8Array[];
  /** The revision to open was asked for by its number. */
  readonly asked: boolean;
}

/** A signed revision. `bundle`: null if only its manifest is there. */
export interface Candidate {
  readonly claims: Manifest;
  readonly manifest: Uint8Array;
  readonly bundle: Uint8Array | null;
}

/**
 * A revision that was given, and is not the one that is opened. `why`: it is older; it is newer, and its bundle is
 * missing; it is newer, and these cards do not open it; it is newer, and another one was asked for; or it is a bundle
 * that no manifest proves.
 */
export type Aside =
  | {
      readonly revision: number;
      readonly created: number;
      readonly why: "older" | "no-bundle" | "other-cards" | "other-asked";
    }
  | { readonly revision: null; readonly created: null; readonly why: "unproved" };

/** What a file turned out to be. */
export type FoundKind = "bundle" | "key" | "manifest" | "mail" | "mappe" | "cards" | "surplus" | "unknown";

/** What came of some files: those that failed keep their own error, the others count all the same. */
export interface ReadResult {
  readonly materials: Materials;
  readonly found: readonly { readonly name: string; readonly kind: FoundKind }[];
  readonly errors: readonly { readonly name: string; readonly error: EscrowError }[];
  /** Who a Mappe says that it is for; unproved. */
  readonly client: string | null;
}

export interface ManifestGroup {
  readonly name: GroupName;
  readonly k: number;
  readonly n: number;
  readonly proof_keys: readonly string[];
}

export interface ManifestSet {
  readonly set: number;
  readonly slip39_id: number;
  readonly recipient: string;
  readonly key_sha256: string;
  readonly groups: readonly ManifestGroup[];
}

export interface RetiredSet {
  readonly set: number;
  readonly slip39_id: number;
  readonly date: number;
}

/** A verified manifest. Times are wall times in Unix seconds. `iss`: fingerprint of the root key. */
export interface Manifest {
  readonly iss: string;
  readonly client: string;
  readonly revision: number;
  readonly created: number;
  readonly next_revision_by: number;
  readonly bundle_sha256: string;
  readonly root: string;
  readonly chain: readonly string[];
  readonly sets: readonly ManifestSet[];
  readonly retired: readonly RetiredSet[];
}

/** What a look at the manifest tells before anything is opened. Exactly one of both is null. */
export type ManifestLook =
  | { readonly manifest: Manifest; readonly error: null }
  | { readonly manifest: null; readonly error: EscrowError };

/** Who sealed it, as far as that is proved. `problem`: what "open unverified" passed over. */
export interface Verification {
  readonly manifest: Manifest | null;
  readonly problem: EscrowError | null;
}

/** What is still needed. `ready`: nothing that can be told without opening. */
export interface Missing {
  readonly ready: boolean;
  readonly bundle: boolean;
  /** No sealed key that could belong to the cards' set. `set`: its number, null if not known. */
  readonly key: { readonly set: number | null } | null;
  readonly manifest: boolean;
  readonly cards: MissingCards | null;
}

/** Cards still needed for the set that the cards at hand are best for. */
export interface MissingCards {
  /** The set, null where no manifest says it. */
  readonly set: number | null;
  /** Groups that are complete already. */
  readonly have: readonly (GroupName | "provider")[];
  /** How many more groups it takes. */
  readonly groups: number;
  /** Groups any of which would do. */
  readonly candidates: readonly GroupName[];
  /** Groups of several cards of which some are here, and how many of them are still needed. */
  readonly incomplete: readonly { readonly group: GroupName | "provider"; readonly needed: number }[];
}

export interface PayloadFile {
  readonly name: string;
  readonly size: number;
}

/** A payload that passed every check. */
export interface Payload {
  readonly bundle: Bundle;
  readonly files: readonly PayloadFile[];
  /** The ZIP itself, to save. */
  readonly zip: Uint8Array;
  /** The bytes of one member. Throws `payload.no-such-file`. */
  readonly openFile: (name: string) => Uint8Array;
  readonly openDocument: (document: BundleDocument) => Uint8Array;
}

/** An opened bundle. `set`: the share set's number, null where nothing says it. */
export interface Opened {
  readonly payload: Payload;
  readonly verification: Verification;
  readonly set: number | null;
  readonly groups: readonly string[];
  readonly sha256: string;
  /** Revisions that were given beside it, the newest first. */
  readonly aside: readonly Aside[];
}

export type Step = "cards" | "unseal" | "unpack";
/** Called while opening. `done` runs from 0 to 1 within the step. */
export type Progress = (step: Step, done: number) => void;

export interface OpenOptions {
  /** The fingerprint on the card, to refuse another provider's manifest. */
  readonly root?: string | null;
  /** Open even if the manifest is missing or wrong; the problem is in the result. */
  readonly unverified?: boolean;
  readonly progress?: Progress;
}

/** What a node's page shows, `escrow-code/1.<node>.<nonce>`. */
export interface ProofCode {
  readonly node: string;
  readonly nonce: string;
}
export type ProofPurpose = "request" | "card-proof" | "retire";

/** How far a word is typed. `completions`: words of the list that begin so, at most 8. */
export interface WordCheck {
  readonly state: "empty" | "ok" | "prefix" | "unknown";
  /** The full word, if `ok`. */
  readonly word: string | null;
  readonly completions: readonly string[];
}

/** A card as far as it is typed. */
export interface TypedCard {
  /** Each token in order, with its position from 1. */
  readonly words: readonly { readonly position: number; readonly check: WordCheck }[];
  /** The card, once all 20 words are there and everything holds. */
  readonly card: Card | null;
  /** What is wrong with all that was typed as one card; null while fewer than 20 words are there. */
  readonly error: EscrowError | null;
}

// bundle.json (escrow-bundle/1): absent fields are filled with their empty value ------------------------------

export type Language = "de" | "en";
export type Profile = "expert" | "guided" | "full-service";

export interface Totp {
  readonly secret: string;
  readonly algorithm: "SHA1" | "SHA256" | "SHA512";
  readonly digits: number;
  readonly period: number;
  readonly issuer: string;
  readonly account: string;
  readonly encoder: "" | "steam";
}

export interface SecondFactor {
  readonly kind: "none" | "totp" | "sms" | "key" | "passkey" | "push";
  readonly device: string;
  readonly codes_where: string;
  readonly codes: readonly string[];
}

export interface Money {
  readonly amount: string;
  readonly currency: string;
  readonly every: "once" | "month" | "quarter" | "year" | null;
}

export interface FreeField {
  readonly name: string;
  readonly value: string;
  readonly protected: boolean;
}

export interface Decision {
  readonly id: string;
  readonly date: string;
  readonly status: "wish" | "open" | "decided" | "revised";
  readonly topic: string;
  readonly choice: string;
  readonly alternatives: readonly string[];
  readonly reason: string;
  readonly asked_by: string;
  readonly review: string | null;
}

export interface Origin {
  readonly source: string;
  readonly scope: string;
  readonly key: string;
  readonly seen: Readonly<Record<string, string>>;
  readonly missing_since: string | null;
}

/** Something of the provider's that an entry needs, in words that the client may read. */
export interface Shared {
  readonly own: string;
  readonly what: string;
  readonly away: string;
}

export type EntryKind =
  | "website-login"
  | "domain-registrar"
  | "hosting"
  | "mail"
  | "server"
  | "database"
  | "wifi"
  | "licence"
  | "payment"
  | "identity"
  | "note"
  | "other";

export interface Entry {
  readonly id: string;
  readonly title: string;
  readonly kind: EntryKind;
  readonly urls: readonly string[];
  readonly user: string;
  readonly password: string;
  readonly totp: Totp | null;
  readonly second_factor: SecondFactor | null;
  readonly recovery_mailbox: string;
  readonly contract_holder: string;
  readonly renewal: string | null;
  readonly cost: Money | null;
  readonly purpose: string;
  readonly depends_on: readonly string[];
  readonly shared: readonly Shared[];
  readonly notes: string;
  readonly tags: readonly string[];
  readonly fields: readonly FreeField[];
  readonly group: readonly string[];
  readonly decisions: readonly Decision[];
  readonly origin: Origin | null;
}

export interface BundleDocument {
  readonly id: string;
  readonly name: string;
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
  readonly entry: string | null;
  readonly note: string;
  readonly origin: Origin | null;
}

export interface Contact {
  readonly id: string;
  readonly name: string;
  readonly kind: "provider" | "client" | "successor" | "witness" | "supplier" | "other";
  readonly role: string;
  readonly organisation: string;
  readonly phone: string;
  readonly mail: string;
  readonly address: string;
  readonly note: string;
}

export interface Change {
  readonly subject: "entry" | "document" | "contact" | "decision" | "bundle";
  readonly action: "added" | "changed" | "removed";
  readonly id: string | null;
  readonly title: string;
  readonly fields: readonly string[];
  readonly entry: Entry | null;
  readonly document: BundleDocument | null;
  readonly contact: Contact | null;
  readonly decision: Decision | null;
  readonly values: Readonly<Record<string, string | readonly (readonly string[])[]>>;
}

export interface Revision {
  readonly number: number;
  readonly when: number;
  readonly reason: string;
  readonly why: string;
  readonly asked_by: string;
  readonly changes: readonly Change[];
}

export interface Bundle {
  readonly schema: "escrow-bundle/1";
  readonly client: string;
  readonly name: string;
  readonly language: Language;
  readonly profile: Profile;
  readonly revision: number;
  readonly entries: readonly Entry[];
  readonly documents: readonly BundleDocument[];
  readonly contacts: readonly Contact[];
  readonly decisions: readonly Decision[];
  readonly groups: readonly (readonly string[])[];
  readonly history: readonly Revision[];
}
