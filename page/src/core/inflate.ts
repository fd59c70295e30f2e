// Inflating (RFC 1951) with bounds, as strictly as zlib: over- and undersubscribed codes are refused.
//
// The browser's own stream says neither how many packed bytes it used nor stops at a size, and both are needed to
// refuse an archive that lies.

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12_289, 16_385, 24_577,
];
const DISTANCE_EXTRA = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END = 256;
const MAX_BITS = 15;
const CHUNK = 64 * 1024;

/** `corrupt`: no deflate data. `cut`: more should follow. `overflow`: more comes out than allowed. */
export class InflateError extends Error {
  constructor(readonly kind: "corrupt" | "cut" | "overflow") {
    super(kind);
  }
}

/** A code: entries are (symbol << 4 | length), by the next `bits` bits; 0 where no code is. */
interface Code {
  readonly table: Uint16Array;
  readonly bits: number;
}

function makeCode(lengths: Uint8Array, mayBeIncomplete: boolean): Code {
  const counts = new Uint16Array(MAX_BITS + 2);
  for (const length of lengths) counts[length] = (counts[length] as number) + 1;
  counts[0] = 0;
  let bits = MAX_BITS;
  while (bits > 0 && counts[bits] === 0) bits -= 1;
  const next = new Uint32Array(MAX_BITS + 2);
  let left = 1;
  for (let length = 1; length <= MAX_BITS; length++) {
    left = left * 2 - (counts[length] as number);
    if (left < 0) throw new InflateError("corrupt");
    next[length + 1] = ((next[length] as number) + (counts[length] as number)) << 1;
  }
  // zlib takes an incomplete code only where there is at most one code of one bit.
  if (left > 0 && !(mayBeIncomplete && bits <= 1)) throw new InflateError("corrupt");
  const table = new Uint16Array(1 << bits);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    const code = next[length] as number;
    next[length] = code + 1;
    let reversed = 0;
    for (let bit = 0; bit < length; bit++) reversed |= ((code >> bit) & 1) << (length - 1 - bit);
    for (let at = reversed; at < table.length; at += 1 << length) table[at] = (symbol << 4) | length;
  });
  return { table, bits };
}

let fixedCodes: { literals: Code; distances: Code } | null = null;

function fixed(): { literals: Code; distances: Code } {
  if (fixedCodes === null) {
    const lengths = new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280);
    fixedCodes = { literals: makeCode(lengths, false), distances: makeCode(new Uint8Array(32).fill(5), false) };
  }
  return fixedCodes;
}

/**
 * Inflate all of `source`, to at most `limit` bytes. `rest`: bytes behind the end of the data.
 *
 * That too much comes out is said after the 64 KiB in which it does, as somebody says it who reads in chunks of
 * that size: what is corrupt within them is called so. Throws `InflateError`.
 */
export function inflate(source: Uint8Array, limit: number): { data: Uint8Array; rest: number } {
  const most = (Math.floor(limit / CHUNK) + 1) * CHUNK;
  const target = new Uint8Array(most);
  const end = source.length;
  let out = 0;
  let at = 0;
  let hold = 0;
  let held = 0;

  const cut = (): InflateError => new InflateError(out > limit ? "overflow" : "cut");

  const take = (count: number): number => {
    while (held < count) {
      if (at >= end) throw cut();
      hold |= (source[at++] as number) << held;
      held += 8;
    }
    const value = hold & ((1 << count) - 1);
    hold >>>= count;
    held -= count;
    return value;
  };

  const symbol = ({ table, bits }: Code): number => {
    while (held < bits && at < end) {
      hold |= (source[at++] as number) << held;
      held += 8;
    }
    const found = table[hold & ((1 << bits) - 1)] as number;
    const length = found & 15;
    if (length > held || (length === 0 && held < bits)) throw cut();
    if (length === 0) throw new InflateError("corrupt");
    hold >>>= length;
    held -= length;
    return found >> 4;
  };

  const stored = (): void => {
    // Whole bytes that were read ahead go back.
    at -= held >> 3;
    hold = 0;
    held = 0;
    if (at + 4 > end) throw cut();
    const length = (source[at] as number) | ((source[at + 1] as number) << 8);
    const inverse = (source[at + 2] as number) | ((source[at + 3] as number) << 8);
    if ((length ^ inverse) !== 0xffff) throw new InflateError("corrupt");
    at += 4;
    const present = Math.min(length, end - at);
    if (out + present > most) throw new InflateError("overflow");
    target.set(source.subarray(at, at + present), out);
    out += present;
    at += present;
    if (present < length) throw cut();
  };

  const dynamic = (): { literals: Code; distances: Code } => {
    const literalCount = take(5) + 257;
    const distanceCount = take(5) + 1;
    const codeCount = take(4) + 4;
    if (literalCount > 286 || distanceCount > 30) throw new InflateError("corrupt");
    const codeLengths = new Uint8Array(19);
    for (let place = 0; place < codeCount; place++) codeLengths[CODE_ORDER[place] as number] = take(3);
    const code = makeCode(codeLengths, false);
    const lengths = new Uint8Array(literalCount + distanceCount);
    for (let place = 0; place < lengths.length; ) {
      const value = symbol(code);
      if (value < 16) {
        lengths[place++] = value;
        continue;
      }
      if (value === 16 && place === 0) throw new InflateError("corrupt");
      const repeated = value === 16 ? (lengths[place - 1] as number) : 0;
      const times = value === 16 ? 3 + take(2) : value === 17 ? 3 + take(3) : 11 + take(7);
      if (place + times > lengths.length) throw new InflateError("corrupt");
      lengths.fill(repeated, place, place + times);
      place += times;
    }
    if (lengths[END] === 0) throw new InflateError("corrupt");
    return {
      literals: makeCode(lengths.subarray(0, literalCount), true),
      distances: makeCode(lengths.subarray(literalCount), true),
    };
  };

  const compressed = ({ literals, distances }: { literals: Code; distances: Code }): void => {
    for (;;) {
      const value = symbol(literals);
      if (value < END) {
        if (out >= most) throw new InflateError("overflow");
        target[out++] = value;
        continue;
      }
      if (value === END) return;
      if (value > 285) throw new InflateError("corrupt");
      const length = (LENGTH_BASE[value - 257] as number) + take(LENGTH_EXTRA[value - 257] as number);
      const far = symbol(distances);
      if (far > 29) throw new InflateError("corrupt");
      const distance = (DISTANCE_BASE[far] as number) + take(DISTANCE_EXTRA[far] as number);
      if (distance > out) throw new InflateError("corrupt");
      if (out + length > most) throw new InflateError("overflow");
      if (distance >= length) {
        target.copyWithin(out, out - distance, out - distance + length);
        out += length;
      } else {
        for (const stop = out + length; out < stop; out++) target[out] = target[out - distance] as number;
      }
    }
  };

  for (let last = false; !last; ) {
    last = take(1) === 1;
    const kind = take(2);
    if (kind === 0) stored();
    else if (kind === 1) compressed(fixed());
    else if (kind === 2) compressed(dynamic());
    else throw new InflateError("corrupt");
  }
  if (out > limit) throw new InflateError("overflow");
  return { data: target.subarray(0, out), rest: end - at + (held >> 3) };
}

const CRC = Array.from({ length: 8 }, () => new Int32Array(256));
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  (CRC[0] as Int32Array)[byte] = value;
}
for (let slice = 1; slice < 8; slice++) {
  for (let byte = 0; byte < 256; byte++) {
    const before = (CRC[slice - 1] as Int32Array)[byte] as number;
    (CRC[slice] as Int32Array)[byte] = (before >>> 8) ^ ((CRC[0] as Int32Array)[before & 255] as number);
  }
}

/** CRC-32 as ZIP has it, eight bytes at a step. */
export function crc32(data: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = CRC as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const whole = data.length & ~7;
  let crc = -1;
  let at = 0;
  for (; at < whole; at += 8) {
    const one = view.getInt32(at, true) ^ crc;
    const two = view.getInt32(at + 4, true);
    crc =
      (t7[one & 255] as number) ^
      (t6[(one >>> 8) & 255] as number) ^
      (t5[(one >>> 16) & 255] as number) ^
      (t4[one >>> 24] as number) ^
      (t3[two & 255] as number) ^
      (t2[(two >>> 8) & 255] as number) ^
      (t1[(two >>> 16) & 255] as number) ^
      (t0[two >>> 24] as number);
  }
  for (; at < data.length; at++) crc = (crc >>> 8) ^ (t0[(crc ^ (data[at] as number)) & 255] as number);
  return ~crc >>> 0;
}
