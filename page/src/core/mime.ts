// Mails (RFC 5322, MIME): their single parts, with file names and content. Bounded and lenient: what is broken
// becomes text, because words are looked for in it.

import { fromBase64Loosely, fromLatin1, fromUtf8, fromUtf8Loosely, startsWith, utf8 } from "./bytes.ts";

export interface Part {
  /** Lower case, `text/plain` if the mail says none. */
  readonly type: string;
  readonly name: string;
  readonly data: Uint8Array;
}

/** A mail is nested too deeply, or of too many parts, to be a release. */
export class NotAMail extends Error {}

const MAX_DEPTH = 50;
const MAX_PARTS = 2000;
const MAX_HEADERS = 256 * 1024;
const MAX_LINE = 1000;
const [LF, CR, HYPHEN] = [10, 13, 45];
/** How many mails deep an attached mail that only its name or coding gives away is looked for. */
const MAX_MAILS = 3;

interface Place {
  readonly depth: number;
  readonly mails: number;
}
type Headers = ReadonlyMap<string, string>;

/** Every single part of a mail and of the mails attached to it, in order. Throws `NotAMail`. */
export function readMail(mail: Uint8Array): Part[] {
  const parts: Part[] = [];
  walk(mail, { depth: 0, mails: 0 }, parts);
  return parts;
}

function walk(entity: Uint8Array, place: Place, parts: Part[]): void {
  if (place.depth > MAX_DEPTH || parts.length >= MAX_PARTS) throw new NotAMail();
  const { headers, body } = split(entity);
  const content = parameters(headers.get("content-type") ?? "text/plain");
  const type = /^[^\s/;]+\/[^\s/;]+$/.test(content.value) ? content.value.toLowerCase() : "text/plain";
  const coding = (headers.get("content-transfer-encoding") ?? "").trim().toLowerCase();
  const below = { ...place, depth: place.depth + 1 };
  const boundary = content.parameters.get("boundary");
  if (type.startsWith("multipart/") && boundary) {
    for (const part of splitParts(body, boundary)) walk(part, below, parts);
    return;
  }
  const disposition = parameters(headers.get("content-disposition") ?? "");
  const name = disposition.parameters.get("filename") ?? content.parameters.get("name") ?? "";
  if (type === "message/rfc822" && coding !== "base64") {
    walk(body, below, parts);
    return;
  }
  const data = decode(body, coding);
  if ((type === "message/rfc822" || name.toLowerCase().endsWith(".eml")) && place.mails < MAX_MAILS) {
    walk(data, { depth: below.depth, mails: place.mails + 1 }, parts);
    return;
  }
  parts.push({ type, name, data });
}

/** Headers by name in lower case, unfolded (the first of each name), and what follows the empty line. */
function split(entity: Uint8Array): { headers: Headers; body: Uint8Array } {
  const text = fromLatin1(entity.subarray(0, MAX_HEADERS));
  const headers = new Map<string, string>();
  let last: string | null = null;
  let at = 0;
  const line = /([^\r\n]*)(\r\n|\r|\n|$)/y;
  while (at < text.length) {
    line.lastIndex = at;
    const [whole, content = ""] = line.exec(text) as RegExpExecArray;
    if (content === "") return { headers, body: entity.subarray(at + whole.length) };
    if (/^[ \t]/.test(content)) {
      if (last !== null) headers.set(last, `${headers.get(last)}${content}`);
    } else {
      const header = /^([\x21-\x39\x3b-\x7e]+)[ \t]*:(.*)$/.exec(content);
      // The first line of a mailbox file. Anything else that is no header begins the body.
      if (!header && !(at === 0 && content.startsWith("From "))) return { headers, body: entity.subarray(at) };
      last = null;
      const name = header?.[1]?.toLowerCase();
      if (name !== undefined && !headers.has(name)) {
        headers.set(name, (header?.[2] ?? "").trim());
        last = name;
      }
    }
    at += whole.length;
  }
  return { headers, body: entity.subarray(Math.min(at, entity.length)) };
}

/** The parts between boundary lines. */
function splitParts(body: Uint8Array, boundary: string): Uint8Array[] {
  const mark = Uint8Array.from(`--${boundary}`, (character) => character.charCodeAt(0));
  const parts: Uint8Array[] = [];
  let start = -1;
  // Byte by byte: what lies between is mostly base64, which holds no hyphen.
  for (let at = body.indexOf(HYPHEN); at >= 0; at = body.indexOf(HYPHEN, at + 1)) {
    if (at > 0 && body[at - 1] !== LF && body[at - 1] !== CR) continue;
    if (!startsWith(body.subarray(at, at + mark.length), mark)) continue;
    const found = /^(--)?[ \t]*(\r\n|\r|\n|$)/.exec(fromLatin1(body.subarray(at + mark.length, at + mark.length + MAX_LINE)));
    if (!found) continue;
    if (start >= 0) parts.push(body.subarray(start, Math.max(start, beforeBreak(body, at))));
    if (parts.length >= MAX_PARTS) throw new NotAMail();
    start = at + mark.length + found[0].length;
    if (found[1]) return parts;
  }
  if (start >= 0) parts.push(body.subarray(start));
  return parts;
}

/** Where the line break before `at` begins: it belongs to the boundary. */
function beforeBreak(body: Uint8Array, at: number): number {
  return body[at - 1] === LF && body[at - 2] === CR ? at - 2 : at - 1;
}

function decode(body: Uint8Array, coding: string): Uint8Array {
  if (coding === "base64") return fromBase64Loosely(body);
  return coding === "quoted-printable" ? fromQuotedPrintable(body) : body;
}

function fromQuotedPrintable(body: Uint8Array): Uint8Array {
  const result = new Uint8Array(body.length);
  let size = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] as number;
    if (byte !== 61) {
      result[size++] = byte;
      continue;
    }
    const [one, other] = [hexValue(body[at + 1]), hexValue(body[at + 2])];
    if (one >= 0 && other >= 0) {
      result[size++] = one * 16 + other;
      at += 2;
      continue;
    }
    // A soft line break: "=", white space, the end of the line.
    let end = at + 1;
    while (body[end] === 32 || body[end] === 9) end += 1;
    if (body[end] === 13 && body[end + 1] === 10) at = end + 1;
    else if (end >= body.length || body[end] === 13 || body[end] === 10) at = end;
    else result[size++] = byte;
  }
  return result.subarray(0, size);
}

function hexValue(byte: number | undefined): number {
  const value = byte === undefined ? -1 : "0123456789abcdef".indexOf(String.fromCharCode(byte).toLowerCase());
  return value;
}

/** A header's value and its parameters, by name in lower case (RFC 2045, RFC 2231, RFC 2047). */
function parameters(header: string): { value: string; parameters: ReadonlyMap<string, string> } {
  const plain = new Map<string, string>();
  const pieces = new Map<string, { number: number; coded: boolean; text: string }[]>();
  const found = /;\s*([^\s=;*]+)(\*(\d{1,3}))?(\*)?\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g;
  for (const [, name, , number, star, quoted, token] of header.matchAll(found)) {
    const text = quoted === undefined ? (token ?? "").trim() : quoted.replace(/\\(.)/g, "$1");
    const key = (name ?? "").toLowerCase();
    if (number === undefined && star === undefined) {
      if (!plain.has(key)) plain.set(key, decodeWords(text));
    } else {
      const piece = { number: Number(number ?? 0), coded: star !== undefined, text };
      pieces.set(key, [...(pieces.get(key) ?? []), piece]);
    }
  }
  for (const [key, own] of pieces) plain.set(key, joined(own));
  return { value: (header.split(";", 1)[0] ?? "").trim(), parameters: plain };
}

/** A parameter in pieces (RFC 2231): `name*0*=utf-8''…; name*1=…`. */
function joined(pieces: { number: number; coded: boolean; text: string }[]): string {
  let charset = "utf-8";
  const ordered = [...pieces].sort((one, other) => one.number - other.number);
  const bytes = ordered.flatMap(({ coded, text }, at) => {
    if (!coded) return [...utf8(text)];
    const head = at === 0 ? /^([^']*)'[^']*'(.*)$/s.exec(text) : null;
    charset = head?.[1] || charset;
    const own = head ? (head[2] ?? "") : text;
    return [...own.matchAll(/%([0-9a-fA-F]{2})|([^])/g)].flatMap(([, hex, other]) =>
      hex === undefined ? [...utf8(other ?? "")] : [Number.parseInt(hex, 16)],
    );
  });
  return decodeText(Uint8Array.from(bytes), charset);
}

/** Encoded words (RFC 2047) in a text; raw UTF-8, which programs send too, is read as such. */
function decodeWords(text: string): string {
  const raw = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const unicode = fromUtf8(raw) ?? text;
  const joinedWords = unicode.replace(/(=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=)\s+(?==\?)/g, "$1");
  return joinedWords.replace(/=\?([^?\s*]+)(?:\*[^?]*)?\?([bqBQ])\?([^?\s]*)\?=/g, (_, charset, kind, coded) => {
    const bytes =
      kind.toLowerCase() === "b" ? fromBase64Loosely(utf8(coded)) : fromQuotedPrintable(utf8(coded.replaceAll("_", " ")));
    return decodeText(bytes, charset);
  });
}

function decodeText(bytes: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return fromUtf8Loosely(bytes);
  }
}
