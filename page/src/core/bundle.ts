// bundle.json (escrow-bundle/1): the twin of escrowd/core/bundle/model.py and codec.py.

import { isDay } from "./days.ts";
import { inputError } from "./errors.ts";
import { isObject, readJson } from "./json.ts";
import * as s from "./schema.ts";
import type * as t from "./types.ts";

const SCHEMA = "escrow-bundle/1";
export const MAX_BUNDLE_BYTES = 32 * 2 ** 20;

const id = s.text({ pattern: /^[a-z2-7]{8}$/ });
const isoDay = s.text({ check: isDay });
const plain = s.text();

/** Whether `name` is one file in the folder where it is written, and is not hidden. */
export function isPlainFile(name: string): boolean {
  return /^[^\x00-\x1f\x7f/\\:*?"<>|]+$/.test(name) && !name.startsWith(".") && !/[. ]$/.test(name);
}

const totp: s.Reader<t.Totp> = s.object({
  secret: s.needed(s.text({ pattern: /^[A-Z2-7]{1,2048}$/ })),
  algorithm: s.needed(s.oneOf("SHA1", "SHA256", "SHA512")),
  digits: s.needed(s.whole(4, 10)),
  period: s.needed(s.whole(1, 86_400)),
  issuer: s.words(),
  account: s.words(),
  encoder: s.optional(s.oneOf("", "steam"), (): "" => ""),
});

const secondFactor: s.Reader<t.SecondFactor> = s.object({
  kind: s.needed(s.oneOf("none", "totp", "sms", "key", "passkey", "push")),
  device: s.words(),
  codes_where: s.words(),
  codes: s.many(plain),
});

const money: s.Reader<t.Money> = s.object({
  amount: s.needed(s.text({ pattern: /^-?\p{Nd}{1,15}(\.\p{Nd}{1,4})?$/u })),
  currency: s.needed(s.text({ pattern: /^[A-Z]{3}$/ })),
  every: s.maybe(s.oneOf("once", "month", "quarter", "year")),
});

const freeField: s.Reader<t.FreeField> = s.object({
  name: s.words(),
  value: s.words(),
  protected: s.optional(s.flag, () => false),
});

const shared: s.Reader<t.Shared> = s.object({
  own: s.needed(id),
  what: s.needed(plain),
  away: s.words(),
});

const decision: s.Reader<t.Decision> = s.object({
  id: s.needed(id),
  date: s.needed(isoDay),
  status: s.needed(s.oneOf("wish", "open", "decided", "revised")),
  topic: s.words(),
  choice: s.words(),
  alternatives: s.many(plain),
  reason: s.words(),
  asked_by: s.words(),
  review: s.maybe(isoDay),
});

const origin: s.Reader<t.Origin> = s.object({
  source: s.needed(plain),
  scope: s.words(),
  key: s.words(),
  seen: s.optional(s.mapping(plain), () => ({})),
  missing_since: s.maybe(isoDay),
});

const entry: s.Reader<t.Entry> = s.object({
  id: s.needed(id),
  title: s.needed(plain),
  kind: s.needed(
    s.oneOf(
      "website-login",
      "domain-registrar",
      "hosting",
      "mail",
      "server",
      "database",
      "wifi",
      "licence",
      "payment",
      "identity",
      "note",
      "other",
    ),
  ),
  urls: s.many(plain),
  user: s.words(),
  password: s.words(),
  totp: s.maybe(totp),
  second_factor: s.maybe(secondFactor),
  recovery_mailbox: s.words(),
  contract_holder: s.words(),
  renewal: s.maybe(isoDay),
  cost: s.maybe(money),
  purpose: s.words(),
  depends_on: s.many(id),
  shared: s.many(shared),
  notes: s.words(),
  tags: s.many(plain),
  fields: s.many(freeField),
  group: s.many(plain),
  decisions: s.many(decision),
  origin: s.maybe(origin),
});

const document: s.Reader<t.BundleDocument> = s.object({
  id: s.needed(id),
  name: s.needed(plain),
  file: s.needed(s.text({ min: 1, max: 160, check: isPlainFile })),
  size: s.needed(s.whole(0)),
  sha256: s.needed(s.text({ pattern: /^[0-9a-f]{64}$/ })),
  entry: s.maybe(id),
  note: s.words(),
  origin: s.maybe(origin),
});

const contact: s.Reader<t.Contact> = s.object({
  id: s.needed(id),
  name: s.needed(plain),
  kind: s.needed(s.oneOf("provider", "client", "successor", "witness", "supplier", "other")),
  role: s.words(),
  organisation: s.words(),
  phone: s.words(),
  mail: s.words(),
  address: s.words(),
  note: s.words(),
});

const change: s.Reader<t.Change> = s.object({
  subject: s.needed(s.oneOf("entry", "document", "contact", "decision", "bundle")),
  action: s.needed(s.oneOf("added", "changed", "removed")),
  id: s.maybe(id),
  title: s.words(),
  fields: s.many(plain),
  entry: s.maybe(entry),
  document: s.maybe(document),
  contact: s.maybe(contact),
  decision: s.maybe(decision),
  values: s.optional(s.mapping(s.textOr(s.list(s.list(plain)))), () => ({})),
});

const revision: s.Reader<t.Revision> = s.object({
  number: s.needed(s.whole(1)),
  when: s.needed(s.whole(0)),
  reason: s.words(),
  why: s.words(),
  asked_by: s.words(),
  changes: s.many(change),
});

const bundle: s.Reader<t.Bundle> = s.object(
  {
    schema: s.needed(s.oneOf(SCHEMA)),
    client: s.needed(s.text({ pattern: /^[a-z0-9-]{1,32}$/ })),
    name: s.needed(plain),
    language: s.needed(s.oneOf("de", "en")),
    profile: s.needed(s.oneOf("expert", "guided", "full-service")),
    revision: s.needed(s.whole(0)),
    entries: s.many(entry),
    documents: s.many(document),
    contacts: s.many(contact),
    decisions: s.many(decision),
    groups: s.many(s.list(plain)),
    history: s.many(revision),
  },
  (own) => {
    const decisions = own.entries.flatMap((one) => one.decisions);
    const all = [...own.entries, ...decisions, ...own.documents, ...own.contacts, ...own.decisions];
    if (new Set(all.map((one) => one.id)).size !== all.length) return "id_twice";
    const entries = new Set(own.entries.map((one) => one.id));
    const wanted = own.documents.flatMap((one) => (one.entry === null ? [] : [one.entry]));
    const references = [...own.entries.flatMap((one) => one.depends_on), ...wanted];
    if (references.some((reference) => !entries.has(reference))) return "reference_unknown";
    const numbers = own.history.map((one) => one.number);
    const rises = numbers.every((number, at) => at === 0 || number > (numbers[at - 1] as number));
    return rises && (numbers.at(-1) ?? 0) <= own.revision ? null : "history_order";
  },
);

/** Throws `json.*`, `document.invalid`, and `bundle.schema-unknown` (`schema`) for what this page cannot know. */
export function readBundle(data: Uint8Array): t.Bundle {
  const value = readJson(data, MAX_BUNDLE_BYTES);
  const schema = isObject(value) ? value["schema"] : null;
  if (schema !== SCHEMA) {
    throw inputError("bundle.schema-unknown", { schema: typeof schema === "string" ? schema.slice(0, 40) : "" });
  }
  return s.readDocument("Bundle", bundle, value);
}
