// Reduction of one destination element along a strided run: element = fn(element, next), each step rounded to the type. The
// f32 sum keeps its partial result in the order of docs/program.md section 4.1, so it is never split into lanes.
// Hot loops: runs are plain numbers; ../untimed/arithmetic.ts is the plain version, with which tests compare.
import type { ElementType, ReduceFn } from "@waferc/ir/program";
import { CANONICAL_NAN, type Memory } from "./elementwise.ts";

export function reduceRun(
  fn: ReduceFn,
  type: ElementType,
  { words, floats }: Memory,
  d: number,
  n: number,
  a: number,
  aStride: number,
): void {
  if (type === "i32") {
    words[d] = reduceIntegers(fn, words, words[d]!, n, a, aStride);
    return;
  }
  const value = reduceFloats(fn, floats, floats[d]!, n, a, aStride);
  if (value === value) floats[d] = value;
  else words[d] = CANONICAL_NAN;
}

function reduceFloats(fn: ReduceFn, floats: Float32Array, first: number, n: number, a: number, stride: number): number {
  let value = first;
  if (fn === "add") for (let l = 0; l < n; l++, a += stride) value = Math.fround(value + floats[a]!);
  else if (fn === "max") for (let l = 0; l < n; l++, a += stride) value = Math.max(value, floats[a]!);
  else for (let l = 0; l < n; l++, a += stride) value = Math.min(value, floats[a]!);
  return value;
}

function reduceIntegers(fn: ReduceFn, words: Int32Array, first: number, n: number, a: number, stride: number): number {
  let value = first;
  if (fn === "add") for (let l = 0; l < n; l++, a += stride) value = (value + words[a]!) | 0;
  else if (fn === "max") for (let l = 0; l < n; l++, a += stride) value = Math.max(value, words[a]!);
  else for (let l = 0; l < n; l++, a += stride) value = Math.min(value, words[a]!);
  return value;
}
