// Unpacking of deflate data in a zlib wrapper (RFC 1950, RFC 1951), without a platform interface. The check sum at the end is held against the data.
import { failImage } from "./image.ts";

const LENGTH_BASES = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const MAX_BITS = 15;

/** Codes of a canonical Huffman code: how many there are of each length, and their symbols in order. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

function codeOf(lengths: readonly number[]): Code {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (const length of lengths) counts[length]!++;
  counts[0] = 0;
  const starts = new Uint16Array(MAX_BITS + 2);
  for (let bits = 1; bits <= MAX_BITS; bits++) starts[bits + 1] = starts[bits]! + counts[bits]!;
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length > 0) symbols[starts[length]!++] = symbol;
  });
  return { counts, symbols };
}

const FIXED_LITERALS = codeOf(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)));
const FIXED_DISTANCES = codeOf(new Array<number>(30).fill(5));

class Bits {
  readonly #bytes: Uint8Array;
  #at: number;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  take(count: number): number {
    while (this.#count < count) {
      const byte = this.#bytes[this.#at++] ?? failImage("deflate data", "it ends too early");
      this.#held |= byte << this.#count;
      this.#count += 8;
    }
    const value = this.#held & ((1 << count) - 1);
    this.#held >>>= count;
    this.#count -= count;
    return value;
  }

  symbol({ counts, symbols }: Code): number {
    let [code, first, index] = [0, 0, 0];
    for (let bits = 1; bits <= MAX_BITS; bits++) {
      code |= this.take(1);
      const count = counts[bits]!;
      if (code - first < count) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return failImage("deflate data", "it has a code that its table does not");
  }

  /** Whole bytes, after the rest of a byte that was begun. */
  bytes(count: number): Uint8Array {
    this.#held = 0;
    this.#count = 0;
    if (this.#at + count > this.#bytes.length) failImage("deflate data", "it ends too early");
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}

/**
 * Unpacks zlib data to exactly `length` bytes.
 * @throws OpError if the data is broken, or of another length
 */
export function inflateZlib(packed: Uint8Array, length: number): Uint8Array {
  if ((packed[0]! & 15) !== 8 || (packed[1]! & 32) !== 0) failImage("zlib data", "its method is not deflate");
  const bits = new Bits(packed, 2);
  const out = { bytes: new Uint8Array(length), at: 0 };
  for (let isLast = false; !isLast;) {
    isLast = bits.take(1) === 1;
    const kind = bits.take(2);
    if (kind === 0) copyStored(bits, out);
    else if (kind === 1) inflateBlock(bits, out, FIXED_LITERALS, FIXED_DISTANCES);
    else if (kind === 2) inflateBlock(bits, out, ...readCodes(bits));
    else failImage("deflate data", "it has a block of a kind that is not defined");
  }
  if (out.at !== length) failImage("deflate data", `it has ${out.at} B, not ${length} B`);
  const [a, b, c, d] = bits.bytes(4) as unknown as [number, number, number, number];
  if (a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d !== adler32(out.bytes))
    failImage("zlib data", "its check sum is wrong");
  return out.bytes;
}

interface Output {
  readonly bytes: Uint8Array;
  at: number;
}

function append(out: Output, byte: number): void {
  if (out.at >= out.bytes.length) failImage("deflate data", `it has more than ${out.bytes.length} B`);
  out.bytes[out.at++] = byte;
}

function copyStored(bits: Bits, out: Output): void {
  const [a, b, c, d] = bits.bytes(4) as unknown as [number, number, number, number];
  const length = a | (b << 8);
  if (length !== (~(c | (d << 8)) & 0xffff)) failImage("deflate data", "it has a stored block of two lengths");
  for (const byte of bits.bytes(length)) append(out, byte);
}

function readCodes(bits: Bits): [Code, Code] {
  const [literals, distances, given] = [bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4];
  const lengthLengths = new Array<number>(19).fill(0);
  for (let i = 0; i < given; i++) lengthLengths[CODE_LENGTH_ORDER[i]!] = bits.take(3);
  const lengthCode = codeOf(lengthLengths);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = bits.symbol(lengthCode);
    if (symbol < 16) lengths.push(symbol);
    else {
      const [value, times] =
        symbol === 16
          ? [lengths.at(-1) ?? 0, 3 + bits.take(2)]
          : [0, symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7)];
      for (let i = 0; i < times; i++) lengths.push(value);
    }
  }
  return [codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals, literals + distances))];
}

function inflateBlock(bits: Bits, out: Output, literals: Code, distances: Code): void {
  for (;;) {
    const symbol = bits.symbol(literals);
    if (symbol === 256) return;
    if (symbol < 256) {
      append(out, symbol);
      continue;
    }
    const base = LENGTH_BASES[symbol - 257] ?? failImage("deflate data", "it has a length that is not defined");
    const length = base + bits.take(LENGTH_BITS[symbol - 257]!);
    const distance = readDistance(bits, distances);
    if (distance > out.at) failImage("deflate data", "it copies from before its begin");
    for (let i = 0; i < length; i++) append(out, out.bytes[out.at - distance]!);
  }
}

function readDistance(bits: Bits, distances: Code): number {
  const symbol = bits.symbol(distances);
  if (symbol > 29) failImage("deflate data", "it has a distance that is not defined");
  if (symbol < 4) return symbol + 1;
  const extra = (symbol >> 1) - 1;
  return ((2 + (symbol & 1)) << extra) + 1 + bits.take(extra);
}

function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}
