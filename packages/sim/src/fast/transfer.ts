// Moving wavelets between memory and sources, many at a time. A place in memory is a first word and, unless the elements follow
// each other, a table of words relative to it. f32 sums and extremes are rounded and canonical as in docs/program.md section 8.
import type { ElementType, ReduceFn } from "@waferc/ir/program";
import { CANONICAL_NAN, type Memory } from "../kernels/elementwise.ts";
import type { Source } from "./streams.ts";

/** Elements of a view in view order. */
export interface Place {
  start: number;
  words: Int32Array | undefined;
}

/** From this length on a block copy beats a loop. */
const BLOCK = 48;

/** Elements first .. first + count - 1 of `place` enter `into`; there is room. */
export function emit(
  { words }: Memory,
  { start, words: table }: Place,
  first: number,
  count: number,
  into: Source,
): void {
  const { words: ring, mask, produced } = into;
  if (table === undefined) {
    const from = start + first;
    const slot = produced & mask;
    if (count >= BLOCK && slot + count <= ring.length) ring.set(words.subarray(from, from + count), slot);
    else for (let i = 0; i < count; i++) ring[(produced + i) & mask] = words[from + i]!;
  } else {
    for (let i = 0; i < count; i++) ring[(produced + i) & mask] = words[start + table[first + i]!]!;
  }
}

/** Wavelets `at` .. `at` + count - 1 of `from` become elements first .. of `place`. */
export function absorb(
  words: Int32Array,
  { start, words: table }: Place,
  first: number,
  count: number,
  from: Source,
  at: number,
): void {
  const { words: ring, mask } = from;
  if (table === undefined) {
    const to = start + first;
    const slot = at & mask;
    if (count >= BLOCK && slot + count <= ring.length) words.set(ring.subarray(slot, slot + count), to);
    else for (let i = 0; i < count; i++) words[to + i] = ring[(at + i) & mask]!;
  } else {
    for (let i = 0; i < count; i++) words[start + table[first + i]!] = ring[(at + i) & mask]!;
  }
}

/** The wavelets go on as they are. */
export function relay(count: number, from: Source, at: number, into: Source): void {
  const { words: ring, mask } = from;
  const { words: out, mask: outMask, produced } = into;
  const slot = at & mask;
  const outSlot = produced & outMask;
  if (count >= BLOCK && slot + count <= ring.length && outSlot + count <= out.length) {
    out.set(ring.subarray(slot, slot + count), outSlot);
  } else {
    for (let i = 0; i < count; i++) out[(produced + i) & outMask] = ring[(at + i) & mask]!;
  }
}

/** Each element becomes fn(element, wavelet). */
export function reduceInto(
  fn: ReduceFn,
  type: ElementType,
  memory: Memory,
  place: Place,
  first: number,
  count: number,
  from: Source,
  at: number,
): void {
  const { words, floats } = memory;
  const { start, words: table } = place;
  const { words: ring, floats: ringFloats, mask } = from;
  for (let i = 0; i < count; i++) {
    const word = start + (table === undefined ? first + i : table[first + i]!);
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

/** fn(wavelet, element) goes on; memory stays as it is. */
export function combineThrough(
  fn: ReduceFn,
  type: ElementType,
  memory: Memory,
  place: Place,
  first: number,
  count: number,
  from: Source,
  at: number,
  into: Source,
): void {
  const { words, floats } = memory;
  const { start, words: table } = place;
  const { words: ring, floats: ringFloats, mask } = from;
  const { words: out, floats: outFloats, mask: outMask, produced } = into;
  for (let i = 0; i < count; i++) {
    const word = start + (table === undefined ? first + i : table[first + i]!);
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
