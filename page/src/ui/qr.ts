// A QR code (ISO/IEC 18004) of any text, in byte mode at level M: enough for a signature or an otpauth address.
//
// 1. The data: mode, length, bytes, padding to the capacity of the smallest version that holds them.
// 2. Reed-Solomon over GF(256), a block at a time, interleaved.
// 3. The fixed patterns, then the bits in their zigzag under one mask. Readers read each of the eight; trying all of
//    them for the prettiest would take most of the time, as on the printed list.

/** Per version from 1 at level M: check bytes a block, and blocks of how many data bytes. */
const SHAPES: readonly (readonly [number, readonly (readonly [number, number])[]])[] = [
  [10, [[1, 16]]], [16, [[1, 28]]], [26, [[1, 44]]], [18, [[2, 32]]], [24, [[2, 43]]],
  [16, [[4, 27]]], [18, [[4, 31]]], [22, [[2, 38], [2, 39]]], [22, [[3, 36], [2, 37]]], [26, [[4, 43], [1, 44]]],
  [30, [[1, 50], [4, 51]]], [22, [[6, 36], [2, 37]]], [22, [[8, 37], [1, 38]]], [24, [[4, 40], [5, 41]]], [24, [[5, 41], [5, 42]]],
  [28, [[7, 45], [3, 46]]], [28, [[10, 46], [1, 47]]], [26, [[9, 43], [4, 44]]], [26, [[3, 44], [11, 45]]], [26, [[3, 41], [13, 42]]],
  [26, [[17, 42]]], [28, [[17, 46]]], [28, [[4, 47], [14, 48]]], [28, [[6, 45], [14, 46]]], [28, [[8, 47], [13, 48]]],
];

const EXP = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  EXP[power] = EXP[power + 255] = value;
  LOG[value] = power;
  value = (value << 1) ^ (value & 0x80 ? 0x11d : 0);
}
const times = (a: number, b: number): number => (a && b ? EXP[LOG[a]! + LOG[b]!]! : 0);

/** The squares of a QR code, row by row, true for dark; null if the text is too long. */
export function qrSquares(text: string): boolean[][] | null {
  const bytes = new TextEncoder().encode(text);
  const version = 1 + SHAPES.findIndex((_, at) => capacity(at + 1) >= bytes.length + (at < 9 ? 2 : 3));
  if (version === 0) return null;
  const words = interleaved(padded(bytes, version), version);
  const size = 17 + 4 * version;
  return draw(fixed(version, size), words, size);
}

function capacity(version: number): number {
  return SHAPES[version - 1]![1].reduce((sum, [count, size]) => sum + count * size, 0);
}

function padded(bytes: Uint8Array, version: number): Uint8Array {
  const wide = version > 9;
  const head = wide ? [bytes.length >> 8, bytes.length & 255] : [bytes.length];
  const all = [...head, ...bytes];
  const out = new Uint8Array(capacity(version));
  // The mode takes half a byte, so that everything behind it is shifted by one.
  out[0] = 0x40;
  all.forEach((byte, at) => {
    out[at]! |= byte >> 4;
    if (at + 1 < out.length) out[at + 1] = (byte & 15) << 4;
  });
  for (let at = all.length + 1, odd = false; at < out.length; at += 1, odd = !odd) out[at] = odd ? 0x11 : 0xec;
  return out;
}

function checkBytes(data: Uint8Array, count: number): Uint8Array {
  let generator = [1];
  for (let power = 0; power < count; power += 1) {
    const longer = [...generator, 0];
    generator.forEach((factor, at) => {
      longer[at + 1]! ^= times(factor, EXP[power]!);
    });
    generator = longer;
  }
  const rest = new Uint8Array(count);
  for (const byte of data) {
    const factor = byte ^ rest[0]!;
    rest.copyWithin(0, 1);
    rest[count - 1] = 0;
    for (let at = 0; at < count; at += 1) rest[at]! ^= times(generator[at + 1]!, factor);
  }
  return rest;
}

function interleaved(data: Uint8Array, version: number): number[] {
  const [check, shape] = SHAPES[version - 1]!;
  const blocks: Uint8Array[] = [];
  let from = 0;
  for (const [count, size] of shape) {
    for (let at = 0; at < count; at += 1, from += size) blocks.push(data.subarray(from, from + size));
  }
  const checks = blocks.map((block) => checkBytes(block, check));
  const across = (parts: readonly Uint8Array[]): number[] => {
    const longest = Math.max(...parts.map((part) => part.length));
    return Array.from({ length: longest }, (_, at) => parts.flatMap((part) => (at < part.length ? [part[at]!] : []))).flat();
  };
  return [...across(blocks), ...across(checks)];
}

type Grid = (boolean | null)[][];

/** The patterns that every code of the version has; null where data goes. Format bits are taken, not yet set. */
function fixed(version: number, size: number): Grid {
  const grid: Grid = Array.from({ length: size }, () => new Array<boolean | null>(size).fill(null));
  const put = (x: number, y: number, dark: boolean): void => {
    if (x >= 0 && y >= 0 && x < size && y < size) grid[y]![x] = dark;
  };
  for (let at = 0; at < 8; at += 1) {
    for (const [x, y] of [[at, 8], [8, at], [size - 1 - at, 8], [8, size - 1 - at]] as const) put(x, y, false);
  }
  put(8, 8, false);
  for (const [left, top] of [[0, 0], [size - 7, 0], [0, size - 7]] as const) {
    for (let y = -1; y < 8; y += 1) {
      for (let x = -1; x < 8; x += 1) {
        const ring = Math.max(Math.abs(x - 3), Math.abs(y - 3));
        put(left + x, top + y, ring !== 2 && ring < 4);
      }
    }
  }
  const marks = alignment(version, size);
  for (const y of marks) {
    for (const x of marks) {
      if ((x === 6 && y === 6) || (x === 6 && y === size - 7) || (x === size - 7 && y === 6)) continue;
      for (let dy = -2; dy <= 2; dy += 1) {
        for (let dx = -2; dx <= 2; dx += 1) put(x + dx, y + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
      }
    }
  }
  for (let at = 8; at < size - 8; at += 1) {
    put(at, 6, at % 2 === 0);
    put(6, at, at % 2 === 0);
  }
  put(8, size - 8, true);
  if (version > 6) {
    const bits = (version << 12) | remainder(version << 12, 0x1f25, 12);
    for (let at = 0; at < 18; at += 1) {
      const dark = ((bits >> at) & 1) === 1;
      put(size - 11 + (at % 3), Math.floor(at / 3), dark);
      put(Math.floor(at / 3), size - 11 + (at % 3), dark);
    }
  }
  return grid;
}

function alignment(version: number, size: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((4 * version + 4) / (2 * count - 2)) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, at) => size - 7 - step * (count - 2 - at))];
}

function remainder(value: number, divisor: number, bits: number): number {
  let rest = value;
  for (let at = 31 - Math.clz32(rest); at >= bits; at = 31 - Math.clz32(rest)) rest ^= divisor << (at - bits);
  return rest;
}

/** The mask in use, and its rule. */
const MASK = 3;
const masked = (x: number, y: number): boolean => (x + y) % 3 === 0;

function draw(grid: Grid, words: readonly number[], size: number): boolean[][] {
  let bit = 0;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    const upwards = ((right + 1) & 2) === 0;
    for (let step = 0; step < size; step += 1) {
      const y = upwards ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (grid[y]![x] !== null) continue;
        const dark = (((words[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;
        grid[y]![x] = dark !== masked(x, y);
        bit += 1;
      }
    }
  }
  // Level M is 00, so the format is the mask alone.
  const format = ((MASK << 10) | remainder(MASK << 10, 0x537, 10)) ^ 0x5412;
  for (let at = 0; at < 15; at += 1) {
    const dark = ((format >> at) & 1) === 1;
    grid[at < 6 ? at : at < 8 ? at + 1 : size - 15 + at]![8] = dark;
    grid[8]![at < 8 ? size - 1 - at : at < 9 ? 7 : 14 - at] = dark;
  }
  return grid as boolean[][];
}
