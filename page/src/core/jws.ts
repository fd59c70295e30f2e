// JWS in the compact form with Ed25519 and a header of exactly `alg` and `typ`. The twin of
// escrowd/core/statements/_jws.py, with its rules.

import { fromBase64Url, toBase64Url, utf8 } from "./bytes.ts";
import { attempt, inputError, integrityError } from "./errors.ts";
import { isObject, type JsonObject, readJson } from "./json.ts";
import { sign as signBytes, verify } from "./keys.ts";

export const APPOINTMENT = "escrow-appointment+jwt";
export const MANIFEST = "escrow-manifest+jwt";
export const PROOF = "escrow-proof+jwt";

/** The longest compact JWS that is read, in characters. */
export const MAX_COMPACT = 65_536;
const ALG = "Ed25519";
const SHAPE = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const MAX_HEADER = 256;

/** What a compact JWS says of itself, unproved. */
export interface Unverified {
  readonly typ: string;
  readonly payload: Uint8Array;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** Read a compact JWS without checking its signature. Throws `jws.too-large`, `jws.damaged` (`part`). */
export function peek(compact: string): Unverified {
  if (compact.length > MAX_COMPACT) throw inputError("jws.too-large", { size: compact.length, limit: MAX_COMPACT });
  if (!SHAPE.test(compact)) throw integrityError("jws.damaged", { part: "shape" });
  const [head, body, end] = compact.split(".") as [string, string, string];
  const typ = readTyp(head);
  const signature = decode(end, "signature");
  if (signature.length !== 64) throw integrityError("jws.damaged", { part: "signature" });
  return { typ, payload: decode(body, "payload"), signed: utf8(`${head}.${body}`), signature };
}

/** The payload as a JSON object. Throws `jws.damaged` (`part`: `payload`). */
export function claims(unverified: Unverified): JsonObject {
  const { value } = attempt(() => readJson(unverified.payload, MAX_COMPACT));
  if (!isObject(value ?? undefined)) throw integrityError("jws.damaged", { part: "payload" });
  return value as JsonObject;
}

/**
 * Check kind and signature; returns the payload's bytes. Throws as `peek`, and `jws.wrong-kind` (`expected`,
 * `found`), `jws.bad-signature`.
 */
export function verifyPayload(compact: string, typ: string, publicKey: Uint8Array): Uint8Array {
  const unverified = peek(compact);
  if (unverified.typ !== typ) {
    throw integrityError("jws.wrong-kind", { expected: typ, found: unverified.typ.slice(0, 64) });
  }
  if (!verify(publicKey, unverified.signature, unverified.signed)) throw integrityError("jws.bad-signature");
  return unverified.payload;
}

/** Sign claims whose keys and texts are ASCII. Returns the compact form. */
export function sign(typ: string, body: Readonly<Record<string, unknown>>, seed: Uint8Array): string {
  const head = toBase64Url(utf8(JSON.stringify({ alg: ALG, typ })));
  const signed = `${head}.${toBase64Url(utf8(JSON.stringify(sorted(body))))}`;
  return `${signed}.${toBase64Url(signBytes(seed, utf8(signed)))}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, own]) => [key, sorted(own)]));
}

function readTyp(segment: string): string {
  const { value: header } = attempt(() => readJson(decode(segment, "header"), MAX_HEADER));
  if (!isObject(header ?? undefined)) throw integrityError("jws.damaged", { part: "header" });
  const { alg, typ } = header as JsonObject;
  if (Object.keys(header as JsonObject).length !== 2 || alg !== ALG || typeof typ !== "string") {
    throw integrityError("jws.damaged", { part: "header" });
  }
  return typ;
}

function decode(segment: string, part: string): Uint8Array {
  const data = fromBase64Url(segment);
  if (data === null) throw integrityError("jws.damaged", { part });
  return data;
}
