// JSON as escrowd accepts it: one reading only. The twin of `loads` in escrowd/core/encoding.py.
//
// Refused: duplicate keys, floats, NaN and Infinity, integers that a double cannot hold, lone surrogates, more
// than 64 levels, anything but UTF-8.

import { fromUtf8 } from "./bytes.ts";
import { inputError } from "./errors.ts";

export type Json = null | boolean | number | string | Json[] | JsonObject;
/** Without a prototype: `__proto__` is a key like any other. */
export type JsonObject = { [key: string]: Json };

export const MAX_DEPTH = 64;
const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
// biome-ignore lint: control characters are what must not be in a string
const PLAIN = /[^"\\\x00-\x1f]*/y;
const STRUCTURE = /"[^"\\]*(?:\\[^][^"\\]*)*"?|[[{]|[\]}]/g;
const ESCAPES: Record<string, string> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const CONSTANTS: readonly (readonly [string, Json])[] = [
  ["null", null],
  ["true", true],
  ["false", false],
];

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Throws the input errors `json.too-large`, `json.not-utf8`, `json.too-deep`, `json.malformed`,
 * `json.duplicate-key`, `json.float`, `json.not-finite`, `json.int-too-large`.
 */
export function readJson(data: Uint8Array, maxBytes: number): Json {
  if (data.length > maxBytes) throw inputError("json.too-large", { size: data.length, limit: maxBytes });
  const text = fromUtf8(data);
  if (text === null) throw inputError("json.not-utf8");
  checkDepth(text);
  const reader = new Reader(text);
  const value = reader.value();
  reader.end();
  // Last, as in Python: a text that is malformed as well is called malformed.
  if (reader.loneSurrogate) throw inputError("json.not-utf8");
  return value;
}

function checkDepth(text: string): void {
  let depth = 0;
  for (const [token] of text.matchAll(STRUCTURE)) {
    const first = token.charAt(0);
    if (first === "[" || first === "{") {
      depth += 1;
      if (depth > MAX_DEPTH) throw inputError("json.too-deep", { limit: MAX_DEPTH });
    } else if (first !== '"') {
      depth -= 1;
    }
  }
}

class Reader {
  private at = 0;
  loneSurrogate = false;

  constructor(private readonly text: string) {}

  value(): Json {
    this.match(SPACE);
    const first = this.text.charAt(this.at);
    if (first === '"') return this.string();
    if (first === "{") return this.object();
    if (first === "[") return this.array();
    for (const [name, value] of CONSTANTS) {
      if (this.text.startsWith(name, this.at)) {
        this.at += name.length;
        return value;
      }
    }
    for (const name of ["NaN", "Infinity", "-Infinity"]) {
      if (this.text.startsWith(name, this.at)) throw inputError("json.not-finite");
    }
    return this.number();
  }

  end(): void {
    this.match(SPACE);
    if (this.at !== this.text.length) throw this.malformed();
  }

  private number(): number {
    const start = this.at;
    const found = this.match(NUMBER);
    if (!found?.[0]) throw this.malformed(start);
    if (found[1] !== undefined || found[2] !== undefined) throw inputError("json.float");
    const value = Number(found[0]);
    if (!Number.isSafeInteger(value)) throw inputError("json.int-too-large", { limit: Number.MAX_SAFE_INTEGER });
    return value === 0 ? 0 : value;
  }

  private string(): string {
    this.at += 1;
    let result = "";
    for (;;) {
      result += this.match(PLAIN)?.[0] ?? "";
      const next = this.text.charAt(this.at);
      this.at += 1;
      if (next === '"') break;
      if (next !== "\\") throw this.malformed(this.at - 1);
      const escape = this.text.charAt(this.at);
      this.at += 1;
      if (escape === "u") {
        const digits = this.text.slice(this.at, this.at + 4);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.malformed();
        result += String.fromCharCode(Number.parseInt(digits, 16));
        this.at += 4;
      } else {
        const plain = ESCAPES[escape];
        if (plain === undefined) throw this.malformed(this.at - 1);
        result += plain;
      }
    }
    if (/\p{Cs}/u.test(result)) this.loneSurrogate = true;
    return result;
  }

  private array(): Json[] {
    this.at += 1;
    const items: Json[] = [];
    this.match(SPACE);
    if (this.take("]")) return items;
    for (;;) {
      items.push(this.value());
      this.match(SPACE);
      if (this.take("]")) return items;
      if (!this.take(",")) throw this.malformed();
    }
  }

  private object(): JsonObject {
    this.at += 1;
    const result = Object.create(null) as JsonObject;
    let duplicate = false;
    this.match(SPACE);
    if (this.take("}")) return result;
    for (;;) {
      this.match(SPACE);
      if (this.text.charAt(this.at) !== '"') throw this.malformed();
      const key = this.string();
      this.match(SPACE);
      if (!this.take(":")) throw this.malformed();
      duplicate ||= key in result;
      result[key] = this.value();
      this.match(SPACE);
      if (this.take("}")) break;
      if (!this.take(",")) throw this.malformed();
    }
    // The key is not named: it comes from a document that may hold secrets anywhere.
    if (duplicate) throw inputError("json.duplicate-key");
    return result;
  }

  private take(character: string): boolean {
    if (this.text.charAt(this.at) !== character) return false;
    this.at += 1;
    return true;
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  private malformed(at = this.at): Error {
    return inputError("json.malformed", { offset: at });
  }
}
