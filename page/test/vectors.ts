// Reading the vectors: header lines `name: value`, an empty line, the document.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { EscrowError } from "../src/core/errors.ts";

declare const ROOT: string;
export const VECTORS = join(ROOT, "tests/vectors");

export interface Vector {
  readonly name: string;
  readonly header: Readonly<Record<string, string>>;
  readonly body: string;
}

export function vectors(folder: string): Vector[] {
  const names = readdirSync(join(VECTORS, folder)).filter((name) => name.endsWith(".txt"));
  return names.sort().map((name) => {
    const text = readFileSync(join(VECTORS, folder, name), "utf8");
    const at = text.indexOf("\n\n");
    const head = (at < 0 ? text.trimEnd() : text.slice(0, at)).split("\n");
    const header = Object.fromEntries(head.map((line) => line.split(/: (.*)/s, 2) as [string, string]));
    return { name: name.slice(0, -4), header, body: at < 0 ? "" : text.slice(at + 2) };
  });
}

export const base64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
export const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));

/** The files of a folder, or the one file. */
export function files(path: string): { name: string; data: Uint8Array }[] {
  if (!statSync(path).isDirectory()) return [{ name: path.split("/").at(-1) as string, data: readFileSync(path) }];
  return readdirSync(path).flatMap((name) => files(join(path, name)));
}

/** What the act gives, or the error that it ends in. */
export async function outcome<T>(act: () => T | Promise<T>): Promise<{ value?: T; error?: EscrowError }> {
  try {
    return { value: await act() };
  } catch (error) {
    if (error instanceof EscrowError) return { error };
    throw error;
  }
}
