// A release, saved by any mail program: attachments, and the node's share in the text. The twin of
// escrowd/recovery/release_mail.py: the share is looked for, not expected in one place.

import { fromUtf8Loosely } from "./bytes.ts";
import { findCards, sameCard } from "./cards.ts";
import { inputError } from "./errors.ts";
import { gather, KEY_NAME, MAX_SMALL_FILE, NOTHING } from "./gather.ts";
import { NotAMail, type Part, readMail } from "./mime.ts";
import type { GivenCard, Materials } from "./types.ts";

/** The largest mail read, in bytes: 64 MiB of attachment in base64, and room. */
export const MAX_MAIL = 96 * 1024 * 1024;
const MAX_TEXT = 1024 * 1024;

/**
 * What a saved release holds. Throws `file.too-large`, `release.not-a-release` (`source`),
 * `release.part-too-large` (`source`, `name`), and as `gather`.
 */
export function readRelease(mail: Uint8Array, source: string): Materials {
  if (mail.length > MAX_MAIL) throw inputError("file.too-large", { path: source, size: mail.length, limit: MAX_MAIL });
  let parts: Part[];
  try {
    parts = readMail(mail);
  } catch (error) {
    if (error instanceof NotAMail) throw inputError("release.not-a-release", { source });
    throw error;
  }
  const found = gather(parts.map((part) => readPart(part, source)));
  const cards = found.cards.filter(
    ({ card }, at) => found.cards.findIndex((other) => sameCard(card, other.card)) === at,
  );
  if (found.keys.length === 0 && found.bundle === null && cards.length === 0) {
    throw inputError("release.not-a-release", { source });
  }
  return { ...found, cards };
}

function readPart({ type, name, data }: Part, source: string): Materials {
  if (name === "bundle.age") return { ...NOTHING, bundle: data };
  const key = KEY_NAME.exec(name);
  if (key || name === "manifest.jws") {
    if (data.length > MAX_SMALL_FILE) throw inputError("release.part-too-large", { source, name });
    if (key) return { ...NOTHING, keys: [{ number: Number(key[1]), data, source: name }] };
    return { ...NOTHING, manifest: data };
  }
  if ((type.startsWith("text/") || name.endsWith(".txt")) && data.length <= MAX_TEXT) {
    // The words are ASCII, whatever the rest of the text is written in.
    const text = fromUtf8Loosely(data);
    const cards: GivenCard[] = findCards(type === "text/html" ? withoutTags(text) : text).map((card) => ({ card, source }));
    return { ...NOTHING, cards };
  }
  return NOTHING;
}

/** Not an HTML parser: words are looked for. */
export function withoutTags(html: string): string {
  return html.replace(/<[^<>]*>/g, " ");
}
