// Moving wavelets between memory and sources, many at a time, for elements of 32 bits. A place in memory is a first element and,
// unless the elements follow each other, a table of places relative to it. f32 sums and extremes are rounded and canonical as in docs/program.md section 8.
import type { ElementType, ReduceFn } from "@waferc/ir/program";
import { CANONICAL_NAN, type Memory } from "../kernels/elementwise.ts";
import type { Sink, Source } from "./streams.ts";

/** Elements of a view in view order. */
export interface Place {
  readonly start: number;
  readonly places: Int32Array | undefined;
}

/** An operation under way: element `moved` of its place is next, with the next wavelet of its sink. */
export interface Transfer extends Place {
  readonly moved: number;
  readonly sink: Sink | undefined;
  /** Where wavelets go on; there is room for them. */
  readonly source: Source | undefined;
}

/** What becomes of a wavelet and an element. */
export interface Combination {
  readonly fn: ReduceFn;
  readonly type: ElementType;
}

/** From this length on a block copy beats a loop. */
const BLOCK = 48;

/** The elements of a place enter `into`. */
export function emit({ words }: Memory, { start, places: table }: Place, count: number, into: Source): void {
  const { words: ring, mask, produced } = into;
  if (table === undefined) {
    const slot = produced & mask;
    if (count >= BLOCK && slot + count <= ring.length) ring.set(words.subarray(start, start + count), slot);
    else for (let i = 0; i < count; i++) ring[(produced + i) & mask] = words[start + i]!;
  } else {
    for (let i = 0; i < count; i++) ring[(produced + i) & mask] = words[start + table[i]!]!;
  }
}

/** The next `count` wavelets become elements. */
export function absorb(words: Int32Array, { start, places: table, moved, sink }: Transfer, count: number): void {
  const { at } = sink!;
  const { words: ring, mask } = sink!.source!;
  if (table === undefined) {
    const to = start + moved;
    const slot = at & mask;
    if (count >= BLOCK && slot + count <= ring.length) words.set(ring.subarray(slot, slot + count), to);
    else for (let i = 0; i < count; i++) words[to + i] = ring[(at + i) & mask]!;
  } else {
    for (let i = 0; i < count; i++) words[start + table[moved + i]!] = ring[(at + i) & mask]!;
  }
}

/** The next `count` wavelets go on as they are. */
export function relay({ sink, source }: Transfer, count: number): void {
  const { at } = sink!;
  const { words: ring, mask } = sink!.source!;
  const { words: out, mask: outMask, produced } = source!;
  const slot = at & mask;
  const outSlot = produced & outMask;
  if (count >= BLOCK && slot + count <= ring.length && outSlot + count <= out.length) {
    out.set(ring.subarray(slot, slot + count), outSlot);
  } else {
    for (let i = 0; i < count; i++) out[(produced + i) & outMask] = ring[(at + i) & mask]!;
  }
}

/** The next `count` elements become fn(element, wavelet). */
export function reduceInto(
  { words, floats }: Memory,
  transfer: Transfer,
  { fn, type }: Combination,
  count: number,
): void {
  const { start, places: table, moved, sink } = transfer;
  const { at } = sink!;
  const { words: ring, floats: ringFloats, mask } = sink!.source!;
  for (let i = 0; i < count; i++) {
    const word = start + (table === undefined ? moved + i : table[moved + i]!);
    const slot = (at + i) & mask;
    if (type === "i32") {
      words[word] = combineIntegers(fn, words[word]!, ring[slot]!);
    } else {
      const value = combineFloats(fn, floats[word]!, ringFloats[slot]!);
      if (value === value) floats[word] = value;
      else words[word] = CANONICAL_NAN;
    }
  }
}

/** For the next `count` wavelets fn(wavelet, element) goes on; memory stays as it is. */
export function combineThrough(
  { words, floats }: Memory,
  transfer: Transfer,
  { fn, type }: Combination,
  count: number,
): void {
  const { start, places: table, moved, sink, source } = transfer;
  const { at } = sink!;
  const { words: ring, floats: ringFloats, mask } = sink!.source!;
  const { words: out, floats: outFloats, mask: outMask, produced } = source!;
  for (let i = 0; i < count; i++) {
    const word = start + (table === undefined ? moved + i : table[moved + i]!);
    const slot = (at + i) & mask;
    const outSlot = (produced + i) & outMask;
    if (type === "i32") {
      out[outSlot] = combineIntegers(fn, ring[slot]!, words[word]!);
    } else {
      const value = combineFloats(fn, ringFloats[slot]!, floats[word]!);
      if (value === value) outFloats[outSlot] = value;
      else out[outSlot] = CANONICAL_NAN;
    }
  }
}

function combineFloats(fn: ReduceFn, a: number, b: number): number {
  if (fn === "add") return Math.fround(a + b);
  return fn === "max" ? Math.max(a, b) : Math.min(a, b);
}

function combineIntegers(fn: ReduceFn, a: number, b: number): number {
  if (fn === "add") return (a + b) | 0;
  return fn === "max" ? Math.max(a, b) : Math.min(a, b);
}
