// Entropy-coded data of sequential JPEG (ITU-T T.81, annex F): bits behind Huffman codes, with bytes stuffed behind 255.
import { failImage } from "./image.ts";

/** Place of the k-th coefficient of a block, in the order of the file. */
const ZIGZAG = zigzagOrder();

function zigzagOrder(): Uint8Array {
  const order = new Uint8Array(64);
  let at = 0;
  for (let diagonal = 0; diagonal < 15; diagonal++) {
    for (let step = 0; step <= diagonal; step++) {
      const row = diagonal % 2 === 0 ? diagonal - step : step;
      if (row < 8 && diagonal - row < 8) order[at++] = row * 8 + diagonal - row;
    }
  }
  return order;
}

/** Symbols of a canonical Huffman code, in order, and how many there are of each length from 1 to 16. */
export interface HuffmanTable {
  readonly counts: Uint8Array;
  readonly symbols: Uint8Array;
}

export class JpegBits {
  readonly #bytes: Uint8Array;
  /** Where the next byte is read. */
  at: number;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  #bit(): number {
    if (this.#count === 0) {
      const byte = this.#bytes[this.at++] ?? failImage("JPEG", "its data ends too early");
      if (byte === 0xff && this.#bytes[this.at++] !== 0) failImage("JPEG", "its data is interrupted by a marker");
      this.#held = byte;
      this.#count = 8;
    }
    return (this.#held >> --this.#count) & 1;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = (value << 1) | this.#bit();
    return value;
  }

  /** A number of `size` bits whose leading bit is its sign, inverted. */
  signed(size: number): number {
    if (size === 0) return 0;
    const value = this.bits(size);
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }

  symbol({ counts, symbols }: HuffmanTable): number {
    let [code, first, index] = [0, 0, 0];
    for (let length = 0; length < 16; length++) {
      code |= this.#bit();
      const count = counts[length]!;
      if (code - first < count) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return failImage("JPEG", "it has a code that its table does not");
  }

  /** Goes on behind a restart marker. */
  restart(): void {
    this.#count = 0;
    const [mark, kind] = [this.#bytes[this.at], this.#bytes[this.at + 1]];
    if (mark !== 0xff || kind === undefined || kind < 0xd0 || kind > 0xd7)
      failImage("JPEG", "it lacks a restart marker");
    this.at += 2;
  }
}

/** Reads the coefficients of a block, times their quantization steps, into `block`. Gives the new predictor of the first one. */
export function readBlock(
  bits: JpegBits,
  dc: HuffmanTable,
  ac: HuffmanTable,
  steps: Uint16Array,
  predictor: number,
  block: Int32Array,
): number {
  block.fill(0);
  const first = predictor + bits.signed(bits.symbol(dc));
  block[0] = first * steps[0]!;
  for (let k = 1; k < 64; k++) {
    const symbol = bits.symbol(ac);
    const size = symbol & 15;
    if (size === 0 && symbol !== 0xf0) break;
    k += symbol >> 4;
    if (size === 0) continue; // sixteen zeros
    if (k > 63) failImage("JPEG", "it has a block of more than 64 coefficients");
    block[ZIGZAG[k]!] = bits.signed(size) * steps[k]!;
  }
  return first;
}
