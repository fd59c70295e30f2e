// ZIP archives as a payload may be one: bounded, plain, and nothing in it that lies. The twin of the reading half
// of escrowd/core/payload.py, with its rules:
//
// 1. The archive is bounded before it is parsed, and its central directory before its members are.
// 2. Members are plain files: no folder, link, device; stored or deflated; not encrypted.
// 3. Each name occurs once and stays inside any folder.
// 4. Members do not overlap, and nothing precedes the first.
// 5. Each member unpacks to exactly the size that the directory states, with the CRC that it states.

import { isPlainFile } from "./bundle.ts";
import { fromLatin1, fromUtf8, sameBytes, utf8 } from "./bytes.ts";
import { type EscrowError, integrityError } from "./errors.ts";
import { crc32, inflate, InflateError } from "./inflate.ts";

export interface Limits {
  /** Bytes of the ZIP. */
  readonly archive: number;
  /** Bytes unpacked, by name; `unpacked` for all others, and for all together. */
  readonly names: Readonly<Record<string, number>>;
  readonly unpacked: number;
  readonly members: number;
}

export interface Member {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly attributes: number;
  readonly offset: number;
  /** The name before it was cut at a NUL. */
  readonly stated: string;
}

const END_SIZE = 22;
const LOCATOR_SIZE = 20;
const ENTRY_SIZE = 46;
const LOCAL_SIZE = 30;
const LONGEST_RECORD = 512;
const ENCRYPTED = 0x0001 | 0x0040 | 0x2000;
const UTF8_NAME = 0x0800;
const NEWEST_VERSION = 63;
const FULL = 0xffffffff;
const [STORED, DEFLATED] = [0, 8];
const [FORMAT, REGULAR] = [0o170000, 0o100000];

const view = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength);
const notZip = (): EscrowError => integrityError("payload.not-zip");

/** `name` as an error may carry it: no control character, nothing beyond ASCII, not long. */
export function shown(name: string): string {
  const escaped = Array.from(name, (character) => {
    const code = character.codePointAt(0) as number;
    if (character === "\\") return "\\\\";
    if (character === "\n") return "\\n";
    if (character === "\r") return "\\r";
    if (character === "\t") return "\\t";
    if (code >= 32 && code < 127) return character;
    if (code < 256) return `\\x${code.toString(16).padStart(2, "0")}`;
    return code < 65_536 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  });
  return escaped.join("").slice(0, 120);
}

/** The members of an archive, in the directory's order; rules 1 to 4. Throws `payload.*`. */
export function readDirectory(archive: Uint8Array, limits: Limits): Member[] {
  const directory = checkFrame(archive, limits);
  const members = parseDirectory(archive, directory);
  checkMembers(members, directory, limits);
  return members;
}

function checkFrame(archive: Uint8Array, limits: Limits): number {
  const end = archive.length - END_SIZE;
  if (end > limits.archive) throw integrityError("payload.over-limit", { what: "archive", limit: limits.archive });
  if (end < 0) throw notZip();
  const data = view(archive);
  const half = (at: number): number => data.getUint16(end + at, true);
  const count = half(10);
  const size = data.getUint32(end + 12, true);
  const offset = data.getUint32(end + 16, true);
  const signature = data.getUint32(end, false);
  if (signature !== 0x504b0506 || half(4) || half(6) || half(20) || half(8) !== count) throw notZip();
  // A ZIP64 locator would make another parser read another directory than the one that is bounded here.
  const tail = Math.max(0, end - LOCATOR_SIZE);
  if (offset + size !== end || data.getUint32(tail, false) === 0x504b0607) throw notZip();
  if (count > limits.members || size > limits.members * LONGEST_RECORD) {
    throw integrityError("payload.over-limit", { what: "members", limit: limits.members });
  }
  return offset;
}

function parseDirectory(archive: Uint8Array, directory: number): Member[] {
  const data = view(archive);
  const end = archive.length - END_SIZE;
  const members: Member[] = [];
  let at = directory;
  while (at < end) {
    if (at + ENTRY_SIZE > end || data.getUint32(at, false) !== 0x504b0102) throw notZip();
    const half = (place: number): number => data.getUint16(at + place, true);
    const long = (place: number): number => data.getUint32(at + place, true);
    const [nameSize, extraSize, commentSize] = [half(28), half(30), half(32)];
    const nameEnd = Math.min(end, at + ENTRY_SIZE + nameSize);
    const flags = half(8);
    if (data.getUint8(at + 6) > NEWEST_VERSION) throw notZip();
    const raw = archive.subarray(at + ENTRY_SIZE, nameEnd);
    const stated = flags & UTF8_NAME ? fromUtf8(raw) : fromLatin1(raw);
    if (stated === null) throw notZip();
    const plain = { packed: long(20), size: long(24), offset: long(42) };
    members.push({
      ...withExtra(plain, archive.subarray(nameEnd, Math.min(end, nameEnd + extraSize))),
      name: stated.split("\0", 1)[0] as string,
      stated,
      flags,
      method: half(10),
      crc: long(16),
      attributes: long(38),
    });
    at += ENTRY_SIZE + nameSize + extraSize + commentSize;
  }
  return members;
}

type Numbers = Pick<Member, "packed" | "size" | "offset">;

/** Numbers that stand in a ZIP64 extra field because they did not fit. */
function withExtra(plain: Numbers, extra: Uint8Array): Numbers {
  const result = { ...plain };
  const data = view(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const [tag, size] = [data.getUint16(at, true), data.getUint16(at + 2, true)];
    if (at + 4 + size > extra.length) throw notZip();
    if (tag === 1) {
      let place = at + 4;
      for (const name of ["size", "packed", "offset"] as const) {
        if (result[name] !== FULL) continue;
        if (place + 8 > at + 4 + size) throw notZip();
        result[name] = Number(data.getBigUint64(place, true));
        place += 8;
      }
    }
    at += 4 + size;
  }
  return result;
}

function checkMembers(members: readonly Member[], directory: number, limits: Limits): void {
  if (members.length > limits.members) {
    throw integrityError("payload.over-limit", { what: "members", limit: limits.members });
  }
  const seen = new Set<string>();
  for (const member of members) {
    checkMember(member);
    if (seen.has(member.name)) throw integrityError("payload.duplicate-name", { name: shown(member.name) });
    seen.add(member.name);
  }
  let unpacked = 0;
  for (const member of members) {
    const limit = Object.hasOwn(limits.names, member.name) ? (limits.names[member.name] as number) : limits.unpacked;
    if (member.size > limit) throw integrityError("payload.over-limit", { what: shown(member.name), limit });
    unpacked += member.size;
  }
  if (unpacked > limits.unpacked) {
    throw integrityError("payload.over-limit", { what: "unpacked", limit: limits.unpacked });
  }
  let free = 0;
  const byPlace = [...members].sort((one, other) => one.offset - other.offset);
  byPlace.forEach((member, number) => {
    if (member.offset < free || (number === 0 && member.offset !== 0)) throw integrityError("payload.overlap");
    free = member.offset + LOCAL_SIZE + utf8(member.name).length + member.packed;
  });
  if (free > directory) throw integrityError("payload.overlap");
}

function checkMember({ name, stated, flags, attributes, method }: Member): void {
  const fields = { name: shown(stated) };
  if (flags & ENCRYPTED) throw integrityError("payload.encrypted", fields);
  const format = (attributes >>> 16) & FORMAT;
  if ((format !== 0 && format !== REGULAR) || stated.endsWith("/")) throw integrityError("payload.not-a-file", fields);
  if (method !== STORED && method !== DEFLATED) throw integrityError("payload.method", fields);
  if (name !== stated || !name.split("/").every(isPlainFile)) throw integrityError("payload.unsafe-name", fields);
}

/** The member's bytes; rule 5. Throws `payload.damaged`, `payload.size-lie` (`name`). */
export function unpack(archive: Uint8Array, member: Member): Uint8Array {
  const fields = { name: shown(member.name) };
  const damaged = integrityError("payload.damaged", fields);
  const lie = integrityError("payload.size-lie", fields);
  if (member.offset + LOCAL_SIZE > archive.length) throw damaged;
  const data = view(archive);
  const half = (place: number): number => data.getUint16(member.offset + place, true);
  if (data.getUint32(member.offset, false) !== 0x504b0304) throw damaged;
  const start = member.offset + LOCAL_SIZE;
  const name = archive.subarray(start, start + half(26));
  if (half(6) & ENCRYPTED || half(8) !== member.method || !sameBytes(name, utf8(member.name))) throw damaged;
  const from = start + half(26) + half(28);
  const packed = archive.subarray(from, from + member.packed);
  const content = member.method === STORED ? packed : inflated(packed, member, damaged, lie);
  if (content.length > member.size) throw lie;
  if (packed.length !== member.packed) throw damaged;
  if (content.length !== member.size) throw lie;
  if (crc32(content) !== member.crc) throw damaged;
  return content;
}

function inflated(packed: Uint8Array, member: Member, damaged: EscrowError, lie: EscrowError): Uint8Array {
  try {
    const { data, rest } = inflate(packed, member.size);
    if (rest) throw lie;
    return data;
  } catch (error) {
    if (error instanceof InflateError) throw error.kind === "overflow" ? lie : damaged;
    throw error;
  }
}
