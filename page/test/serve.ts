// Answers Python's tests: each line of standard input is a JSON array [what, …arguments], each line of standard
// output {"value": …} or {"error": [code, fields]}. Bytes travel as base64.
import { createInterface } from "node:readline";
import { openKey, unseal } from "../src/core/age.ts";
import { readBundle } from "../src/core/bundle.ts";
import { parseCard, parseCards, proofKey } from "../src/core/cards.ts";
import { EscrowError } from "../src/core/errors.ts";
import { openMaterials, parseCode, readMaterials, readPasted, signProof, totp, verifyManifest } from "../src/core/index.ts";
import { inflate, InflateError } from "../src/core/inflate.ts";
import { readJson } from "../src/core/json.ts";
import { verify } from "../src/core/keys.ts";
import { readMappe } from "../src/core/mappe.ts";
import { readPayload } from "../src/core/payload.ts";
import { readRelease } from "../src/core/release.ts";
import { tokens } from "../src/core/words.ts";
import type { Materials, ProofPurpose, Totp } from "../src/core/types.ts";

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
const text = (data: Uint8Array): string => Buffer.from(data).toString("base64");
const shape = ({ bundle, keys, manifest, cards }: Materials) => ({
  bundle: bundle && text(bundle),
  keys: keys.map(({ number, data }) => [number, text(data)]),
  manifest: manifest && text(manifest),
  cards: cards.map(({ card }) => card.words.join(" ")),
});

// biome-ignore lint: what a test sends is as it is
type Argument = any;
const acts: Record<string, (...given: Argument[]) => unknown> = {
  tokens,
  card: (typed: string) => {
    const { value: _, words, ...own } = parseCard(typed);
    return { ...own, words, proofKey: proofKey(parseCard(typed)) };
  },
  cards: (typed: string) => parseCards(typed).map((card) => card.words.join(" ")),
  json: (data: string, limit: number) => readJson(bytes(data), limit),
  manifest: (data: string, root: string | null) => verifyManifest(bytes(data), root),
  release: (data: string) => shape(readRelease(bytes(data), "mail")),
  pasted: (typed: string) => shape(readPasted(typed, "pasted")),
  mappe: (block: string) => {
    const { materials, ...own } = readMappe(block);
    return { ...own, ...shape(materials) };
  },
  files: (files: [string, string][]) => {
    const { materials, found, errors } = readMaterials(files.map(([name, data]) => ({ name, data: bytes(data) })));
    return { ...shape(materials), found, errors: errors.map(({ name, error }) => [name, error.code]) };
  },
  payload: async (data: string) => (await readPayload(bytes(data))).files,
  bundle: (data: string) => readBundle(bytes(data)),
  inflate: (data: string, limit: number) => {
    try {
      const { data: found, rest } = inflate(bytes(data), limit);
      return [text(found), rest];
    } catch (error) {
      if (error instanceof InflateError) return error.kind;
      throw error;
    }
  },
  unseal: async (data: string, identity: string) => text(await unseal(bytes(data), identity)),
  key: async (data: string, passphrase: string) => openKey(bytes(data), passphrase),
  open: async (files: [string, string][], options: { root?: string; unverified?: boolean }) => {
    const { materials, errors } = readMaterials(files.map(([name, data]) => ({ name, data: bytes(data) })));
    if (errors[0]) throw errors[0].error;
    const started = performance.now();
    const opened = await openMaterials(materials, { ...options, progress: () => {} });
    return { set: opened.set, sha256: opened.sha256, files: opened.payload.files, seconds: (performance.now() - started) / 1000 };
  },
  verify: (key: string, signature: string, data: string) => verify(bytes(key), bytes(signature), bytes(data)),
  proof: (typed: string, purpose: ProofPurpose, codes: string[], seconds: number) =>
    signProof(parseCard(typed), purpose, codes.map(parseCode), seconds),
  totp: (own: Totp, seconds: number) => totp(own, seconds),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [what, ...given] = JSON.parse(line) as [string, ...Argument[]];
  let answer: unknown;
  try {
    answer = { value: await (acts[what] as (...own: Argument[]) => unknown)(...given) };
  } catch (error) {
    if (error instanceof EscrowError) answer = { error: [error.code, error.fields] };
    else answer = { broken: String(error instanceof Error ? error.stack : error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
