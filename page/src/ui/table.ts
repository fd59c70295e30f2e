// What lies on the table: files, mails, pasted text, typed cards; and what follows from it.

import {
  attempt,
  type EscrowError,
  gather,
  type GivenCard,
  judgeCard,
  lookAtManifest,
  type ManifestLook,
  type Materials,
  type Missing,
  NOTHING,
  sameCard,
  whatIsMissing,
  withoutSurplus,
} from "../core/index.ts";

/** One thing that was brought: a file, a mail, a pasted text, the Mappe inside this page. */
export interface Source {
  readonly name: string;
  readonly materials: Materials;
  readonly embedded: boolean;
}

export interface JudgedCard {
  readonly given: GivenCard;
  readonly error: EscrowError | null;
  /** The set's number, null where no manifest says it. */
  readonly set: number | null;
}

/** What the table's content means. */
export interface Look {
  readonly all: Materials;
  /** Two different bundles, keys or manifests: which is meant is not for the page to guess. */
  readonly clash: EscrowError | null;
  readonly signature: ManifestLook;
  readonly cards: readonly JudgedCard[];
  /** Of the cards that are not wrong. */
  readonly missing: Missing;
}

export class Table {
  sources: readonly Source[] = [];
  typed: readonly GivenCard[] = [];
  /** Whoever compared said that the card shows another fingerprint. */
  rootDiffers = false;
  /** The revision that was asked for instead of the one that the manifests choose. */
  asked: number | null = null;
  /** What the last try to open met. */
  failed: EscrowError | null = null;
  /** What the last files met, and which of them were no help. Kept here, so that a change of language keeps it. */
  problems: readonly EscrowError[] = [];
  useless: readonly string[] = [];
  #look: Look | null = null;
  readonly #watchers: (() => void)[] = [];

  onChange(act: () => void): void {
    this.#watchers.push(act);
  }

  changed(): void {
    this.#look = null;
    // What failed before may be mended now; whether it is, opening tells.
    this.failed = null;
    for (const act of this.#watchers) act();
  }

  put(source: Source): void {
    // The same file once more is no second one. Another one of its name stays: which is meant is asked (`clash`).
    const again = (other: Source): boolean => other.name === source.name && same(other.materials, source.materials);
    this.sources = [...this.sources.filter((other) => !again(other)), source];
    this.changed();
  }

  remove(source: Source): void {
    this.sources = this.sources.filter((other) => other !== source);
    this.rootDiffers = false;
    this.asked = null;
    this.changed();
  }

  /** Whether the card is new on the table. */
  putCard(given: GivenCard): boolean {
    if (this.look().cards.some((other) => sameCard(other.given.card, given.card))) return false;
    this.typed = [...this.typed, given];
    this.changed();
    return true;
  }

  removeCard(given: GivenCard): void {
    this.typed = this.typed.filter((other) => other !== given);
    this.changed();
  }

  /** Another revision that is on the table; files, cards and shares stay. */
  ask(revision: number): void {
    this.asked = revision;
    this.changed();
  }

  look(): Look {
    this.#look ??= look(this.sources, this.typed, this.asked);
    return this.#look;
  }
}

/** Whether two sources brought the same. */
function same(one: Materials, other: Materials): boolean {
  const equal = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
    a === b || (a !== null && b !== null && a.length === b.length && a.every((byte, at) => byte === b[at]));
  return (
    equal(one.bundle, other.bundle) &&
    equal(one.manifest, other.manifest) &&
    one.keys.length === other.keys.length &&
    one.keys.every((key, at) => equal(key.data, other.keys[at]!.data)) &&
    one.cards.length === other.cards.length &&
    one.cards.every(({ card }, at) => sameCard(card, other.cards[at]!.card))
  );
}

function look(sources: readonly Source[], typed: readonly GivenCard[], asked: number | null): Look {
  const parts = [...sources.map((source) => source.materials), { ...NOTHING, cards: typed }];
  const { value, error: clash } = attempt(() => gather(parts, asked));
  const given = parts.flatMap((part) => part.cards);
  const all = value ?? { ...NOTHING, cards: given };
  const signature = lookAtManifest(all);
  const distinct = given.filter(({ card }, at) => given.findIndex((other) => sameCard(card, other.card)) === at);
  const { manifest } = signature;
  const cards = (manifest ? withoutSurplus(distinct, manifest) : distinct)
    .map((one) => judged(one, signature));
  const sound = cards.filter((card) => card.error === null).map((card) => card.given);
  return { all, clash, signature, cards, missing: whatIsMissing({ ...all, cards: sound }) };
}

function judged(given: GivenCard, { manifest }: ManifestLook): JudgedCard {
  if (!manifest) return { given, error: null, set: null };
  const { value: set, error } = attempt(() => judgeCard(given.card, manifest));
  return { given, error, set: set?.set ?? null };
}
