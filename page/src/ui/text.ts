// Sentences, dates and numbers in the language of whoever reads.

import texts from "page:texts";
import type { EscrowError } from "../core/index.ts";
import { showFingerprint } from "../core/index.ts";

export type Language = "de" | "en";
export const LANGUAGES: readonly Language[] = ["de", "en"];
export const NAMES: Readonly<Record<Language, string>> = { de: "Deutsch", en: "English" };

const LOCALES: Readonly<Record<Language, string>> = { de: "de-DE", en: "en-GB" };
const books: Readonly<Record<Language, ReadonlyMap<string, string>>> = {
  de: flat(texts.de),
  en: flat(texts.en),
};
let language: Language = "en";

export type Values = Readonly<Record<string, string | number | boolean>>;
interface Table {
  readonly [key: string]: string | Table;
}

function flat(table: Table, above = "", into = new Map<string, string>()): ReadonlyMap<string, string> {
  for (const [key, value] of Object.entries(table)) {
    if (typeof value === "string") into.set(above + key, value.trim());
    else flat(value, `${above}${key}.`, into);
  }
  return into;
}

export function current(): Language {
  return language;
}

export function speak(wanted: Language): void {
  language = wanted;
}

/** The first language of the browser that the page speaks. */
export function preferred(): Language {
  for (const tag of navigator.languages) {
    const found = LANGUAGES.find((one) => tag.toLowerCase().split("-")[0] === one);
    if (found) return found;
  }
  return "en";
}

export function known(key: string): boolean {
  return books[language].has(key);
}

/** The sentence `key` with its values; `list.…` are those of the printed list. */
export function t(key: string, values: Values = {}): string {
  const sentence = books[language].get(key);
  if (sentence === undefined) throw new Error(`no sentence ${key}`);
  return sentence.replace(/\{\{ (\w+)(?: \| (\w+))? \}\}/g, (_, name: string, filter: string | undefined) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value ${name} for ${key}`);
    return filter === "day" ? day(Number(value)) : String(value);
  });
}

/** A day out of Unix seconds. */
export function day(seconds: number): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "long" }).format(seconds * 1000);
}

export function moment(seconds: number): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "long", timeStyle: "short" }).format(seconds * 1000);
}

/** A calendar date, whatever the zone of this device. */
export function isoDay(iso: string): string {
  const style = { dateStyle: "long", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat(LOCALES[language], style).format(Date.parse(`${iso}T00:00:00Z`));
}

export function number(value: number): string {
  return new Intl.NumberFormat(LOCALES[language]).format(value);
}

export function size(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte"] as const;
  let step = 0;
  let value = bytes;
  while (value >= 1000 && step < units.length - 1) {
    value /= 1000;
    step += 1;
  }
  return new Intl.NumberFormat(LOCALES[language], {
    style: "unit",
    unit: units[step]!,
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: 1,
  }).format(value);
}

/** A duration in the largest unit that divides it. */
export function span(seconds: number): string {
  const units = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]] as const;
  const [unit, length] = units.find(([, one]) => seconds % one === 0) ?? ["second", 1];
  const style = { style: "unit", unit, unitDisplay: "long" } as const;
  return new Intl.NumberFormat(LOCALES[language], style).format(seconds / length);
}

export function decimal(amount: string): string {
  return language === "de" ? amount.replace(".", ",") : amount;
}

/** A fingerprint that no key has: whoever compared said that the card shows another than the signature. */
export const ANOTHER_ROOT = "a".repeat(32);

export interface Told {
  readonly code: string;
  readonly says: string;
  readonly hint: string;
}

const SHOWN: Readonly<Record<string, (value: string | number | boolean) => string>> = {
  group: (value) => (known(`group.${value}`) ? t(`group.${value}`) : t("group.unknown")),
  found: fingerprint,
  expected: fingerprint,
  on: (value) => (/^\d{4}-\d\d-\d\d$/.test(String(value)) ? isoDay(String(value)) : String(value)),
};

function fingerprint(value: string | number | boolean): string {
  if (value === ANOTHER_ROOT) return t("check.root-card");
  return /^[a-z2-7]{32}$/.test(String(value)) ? showFingerprint(String(value)) : String(value);
}

/** Sentences for codes that nobody but a tinkerer meets: what they mean for whoever wants to open. */
const IN_SHORT: Readonly<Record<string, string>> = {
  json: "bundle.invalid",
  document: "bundle.invalid",
  jws: "manifest.damaged",
  hex: "manifest.damaged",
};

/** What an error says and what to do, in sentences. */
export function tell(error: EscrowError): Told {
  const own = known(`error.${error.code}.says`) ? error.code : (IN_SHORT[error.code.split(".")[0]!] ?? "unknown");
  const values: Record<string, string> = { path: "bundle.age" };
  for (const [name, value] of Object.entries(error.fields)) values[name] = (SHOWN[name] ?? String)(value);
  return { code: error.code, says: t(`error.${own}.says`, values), hint: t(`error.${own}.do`, values) };
}
