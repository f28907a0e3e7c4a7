// Rows of elementwise instructions with operands of 16-bit types, and reductions of them: every element is widened, computed in
// binary64 and rounded once; functions are rounded to f32 before (docs/program.md section 8). Scalars come as in elementwise.ts.
// Hot loops: operands are plain numbers; ../untimed/arithmetic.ts is the plain version, with which tests compare.
import { is16Bit, type BinaryFn, type ElementType, type ReduceFn, type UnaryFn } from "@waferc/ir/program";
import type { LocalStep } from "../image/code.ts";
import { CANONICAL_NAN, holds, type Memory } from "./elementwise.ts";
import { cos, erf, exp, log, sin, tanh } from "./elementary.ts";
import { halfFormatOf, type HalfFormat } from "./half.ts";
import type { LoopShape } from "./shape.ts";

export type ElementwiseStep = Exclude<LocalStep, { op: "matmul" | "reduce" | "iota" | "gather" | "scatter" }>;

/** Whether some operand has a 16-bit type. */
export function hasHalves(step: ElementwiseStep): boolean {
  if (step.op === "compare") return is16Bit(step.type);
  return is16Bit(step.dst.type) || (step.op === "cast" && is16Bit(step.src.type));
}

/** Index of the innermost loop, and of its strides of dst, a, b and cond. */
const INNER = 3;
const [DST, A, B, COND] = [3, 7, 11, 15] as const;

/** One row of a step that has 16-bit operands. `scalars` are bits: element 0 of source a, element 1 of source b. */
export function executeHalfRow(
  step: ElementwiseStep,
  memory: Memory,
  { counts, strides }: LoopShape,
  scalars: Uint16Array,
  aIsView: boolean,
  bIsView: boolean,
  d: number,
  a: number,
  b: number,
  cond: number,
): void {
  const { words, halves } = memory;
  const [n, ds, as, bs] = [counts[INNER]!, strides[DST]!, strides[A]!, strides[B]!];
  const [left, right] = [aIsView ? halves : scalars, bIsView ? halves : scalars];
  switch (step.op) {
    case "fill": {
      const value = scalars[0]!;
      for (let i = 0; i < n; i++, d += ds) halves[d] = value;
      return;
    }
    case "copy":
      for (let i = 0; i < n; i++, d += ds, a += as) halves[d] = halves[a]!;
      return;
    case "cast":
      castRow(step.dst.type, step.src.type, memory, n, d, ds, a, as);
      return;
    case "unary":
      unaryRow(step.fn, halfFormatOf(step.dst.type)!, halves, n, d, ds, left, a, as);
      return;
    case "binary":
      binaryRow(step.fn, halfFormatOf(step.dst.type)!, halves, n, d, ds, left, a, as, right, b, bs);
      return;
    case "compare": {
      const { decode } = halfFormatOf(step.type)!;
      for (let i = 0; i < n; i++, d += ds, a += as, b += bs) {
        words[d] = holds(step.fn, decode(left[a]!), decode(right[b]!)) ? 1 : 0;
      }
      return;
    }
    case "select": {
      const cs = strides[COND]!;
      for (let i = 0; i < n; i++, d += ds, a += as, b += bs, cond += cs) {
        halves[d] = words[cond] !== 0 ? left[a]! : right[b]!;
      }
      return;
    }
    default:
      step satisfies never;
  }
}

function castRow(
  to: ElementType,
  from: ElementType,
  memory: Memory,
  n: number,
  d: number,
  ds: number,
  a: number,
  as: number,
): void {
  const [load, store] = [loadOf(from, memory), storeOf(to, memory)];
  for (let i = 0; i < n; i++, d += ds, a += as) store(d, load(a));
}

/** Reads an element as a number. */
function loadOf(type: ElementType, { words, floats, halves }: Memory): (element: number) => number {
  const format = halfFormatOf(type);
  if (format) return (element) => format.decode(halves[element]!);
  return type === "f32" ? (element) => floats[element]! : (element) => words[element]!;
}

/** Writes a number as an element, as `cast` does: i32 truncates and saturates, NaN is canonical or 0. */
function storeOf(type: ElementType, { words, floats, halves }: Memory): (element: number, value: number) => void {
  const format = halfFormatOf(type);
  if (format) return (element, value) => (halves[element] = format.encode(value));
  if (type === "i32") return (element, value) => (words[element] = saturated(value));
  return (element, value) => {
    if (value === value) floats[element] = value;
    else words[element] = CANONICAL_NAN;
  };
}

function saturated(value: number): number {
  if (value >= 2147483647) return 2147483647;
  return value <= -2147483648 ? -2147483648 : value | 0;
}

/** Element j = start + j * step, from number `first` on. */
export function iotaRow(
  { encode }: HalfFormat,
  halves: Uint16Array,
  n: number,
  d: number,
  ds: number,
  first: number,
  step: number,
): void {
  for (let i = 0, value = first; i < n; i++, d += ds, value += step) halves[d] = encode(value);
}

const UNARY: Readonly<Record<UnaryFn, (a: number) => number>> = {
  neg: (a) => -a,
  abs: Math.abs,
  floor: Math.floor,
  sqrt: Math.sqrt,
  recip: (a) => 1 / a,
  rsqrt: (a) => Math.fround(1 / Math.sqrt(a)),
  exp: (a) => Math.fround(exp(a)),
  log: (a) => Math.fround(log(a)),
  erf: (a) => Math.fround(erf(a)),
  tanh: (a) => Math.fround(tanh(a)),
  sin: (a) => Math.fround(sin(a)),
  cos: (a) => Math.fround(cos(a)),
};

const BINARY: Readonly<Record<BinaryFn, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
};

function unaryRow(
  fn: UnaryFn,
  { decode, encode }: HalfFormat,
  halves: Uint16Array,
  n: number,
  d: number,
  ds: number,
  source: Uint16Array,
  a: number,
  as: number,
): void {
  const map = UNARY[fn];
  for (let i = 0; i < n; i++, d += ds, a += as) halves[d] = encode(map(decode(source[a]!)));
}

function binaryRow(
  fn: BinaryFn,
  { decode, encode }: HalfFormat,
  halves: Uint16Array,
  n: number,
  d: number,
  ds: number,
  left: Uint16Array,
  a: number,
  as: number,
  right: Uint16Array,
  b: number,
  bs: number,
): void {
  const map = BINARY[fn];
  for (let i = 0; i < n; i++, d += ds, a += as, b += bs) halves[d] = encode(map(decode(left[a]!), decode(right[b]!)));
}

/** Bits of fn(a, b) of two elements by their bits. */
export function combineHalves(fn: ReduceFn, { decode, encode }: HalfFormat, a: number, b: number): number {
  return encode(BINARY[fn](decode(a), decode(b)));
}

/** `reduce` of 16-bit elements into one of their type. */
export function reduceHalves(
  fn: ReduceFn,
  format: HalfFormat,
  halves: Uint16Array,
  d: number,
  n: number,
  a: number,
  stride: number,
): void {
  let bits = halves[d]!;
  for (let l = 0; l < n; l++, a += stride) bits = combineHalves(fn, format, bits, halves[a]!);
  halves[d] = bits;
}

/** `reduce` of 16-bit elements into an f32. */
export function reduceWidened(
  fn: ReduceFn,
  { decode }: HalfFormat,
  { words, floats, halves }: Memory,
  d: number,
  n: number,
  a: number,
  stride: number,
): void {
  const map = BINARY[fn];
  let value = floats[d]!;
  for (let l = 0; l < n; l++, a += stride) value = Math.fround(map(value, decode(halves[a]!)));
  if (value === value) floats[d] = value;
  else words[d] = CANONICAL_NAN;
}
