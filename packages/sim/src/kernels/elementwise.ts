// Loops over one row of an elementwise instruction: n elements, each operand with its start and stride. Scalars come as
// one-element arrays with stride 0, so that every loop has one form. f32 results that are NaN are stored in canonical form.
// Assumes n > 0 and indices in range.
// Hot loops: operands are plain numbers; ../untimed/arithmetic.ts is the plain version, with which tests compare.
import type { BinaryFn, CompareFn, UnaryFn } from "@waferc/ir/program";
import { cos, erf, exp, log, sin, tanh } from "./elementary.ts";

export const CANONICAL_NAN = 0x7fc00000;

/** The pool: the same words as integers, as f32 and as half words. */
export interface Memory {
  readonly words: Int32Array;
  readonly floats: Float32Array;
  readonly halves: Uint16Array;
}

type Row = (
  memory: Memory,
  n: number,
  d: number,
  dStride: number,
  left: Float32Array,
  a: number,
  aStride: number,
  right: Float32Array,
  b: number,
  bStride: number,
) => void;

type IntegerRow = (
  words: Int32Array,
  n: number,
  d: number,
  dStride: number,
  left: Int32Array,
  a: number,
  aStride: number,
  right: Int32Array,
  b: number,
  bStride: number,
) => void;

/** Gives the NaN of a row their canonical bits. A branch in the row itself would cost more than the arithmetic. */
export function canonicalize({ words, floats }: Memory, n: number, d: number, stride: number): void {
  for (let i = 0; i < n; i++, d += stride) {
    const value = floats[d]!;
    if (value !== value) words[d] = CANONICAL_NAN;
  }
}

export const FLOAT_BINARY: Readonly<Record<BinaryFn, Row>> = {
  add(memory, n, d, ds, left, a, as, right, b, bs) {
    const { floats } = memory;
    const first = d;
    let hasNaN = false;
    for (let i = 0; i < n; i++, d += ds, a += as, b += bs) {
      const value = Math.fround(left[a]! + right[b]!);
      floats[d] = value;
      if (value !== value) hasNaN = true;
    }
    if (hasNaN) canonicalize(memory, n, first, ds);
  },
  sub(memory, n, d, ds, left, a, as, right, b, bs) {
    const { floats } = memory;
    const first = d;
    let hasNaN = false;
    for (let i = 0; i < n; i++, d += ds, a += as, b += bs) {
      const value = Math.fround(left[a]! - right[b]!);
      floats[d] = value;
      if (value !== value) hasNaN = true;
    }
    if (hasNaN) canonicalize(memory, n, first, ds);
  },
  mul(memory, n, d, ds, left, a, as, right, b, bs) {
    const { floats } = memory;
    const first = d;
    let hasNaN = false;
    for (let i = 0; i < n; i++, d += ds, a += as, b += bs) {
      const value = Math.fround(left[a]! * right[b]!);
      floats[d] = value;
      if (value !== value) hasNaN = true;
    }
    if (hasNaN) canonicalize(memory, n, first, ds);
  },
  div(memory, n, d, ds, left, a, as, right, b, bs) {
    const { floats } = memory;
    const first = d;
    let hasNaN = false;
    for (let i = 0; i < n; i++, d += ds, a += as, b += bs) {
      const value = Math.fround(left[a]! / right[b]!);
      floats[d] = value;
      if (value !== value) hasNaN = true;
    }
    if (hasNaN) canonicalize(memory, n, first, ds);
  },
  min(memory, n, d, ds, left, a, as, right, b, bs) {
    const { floats } = memory;
    const first = d;
    let hasNaN = false;
    for (let i = 0; i < n; i++, d += ds, a += as, b += bs) {
      const value = Math.min(left[a]!, right[b]!);
      floats[d] = value;
      if (value !== value) hasNaN = true;
    }
    if (hasNaN) canonicalize(memory, n, first, ds);
  },
  max(memory, n, d, ds, left, a, as, right, b, bs) {
    const { floats } = memory;
    const first = d;
    let hasNaN = false;
    for (let i = 0; i < n; i++, d += ds, a += as, b += bs) {
      const value = Math.max(left[a]!, right[b]!);
      floats[d] = value;
      if (value !== value) hasNaN = true;
    }
    if (hasNaN) canonicalize(memory, n, first, ds);
  },
};

export const INTEGER_BINARY: Readonly<Record<BinaryFn, IntegerRow>> = {
  add(words, n, d, ds, left, a, as, right, b, bs) {
    for (let i = 0; i < n; i++, d += ds, a += as, b += bs) words[d] = (left[a]! + right[b]!) | 0;
  },
  sub(words, n, d, ds, left, a, as, right, b, bs) {
    for (let i = 0; i < n; i++, d += ds, a += as, b += bs) words[d] = (left[a]! - right[b]!) | 0;
  },
  mul(words, n, d, ds, left, a, as, right, b, bs) {
    for (let i = 0; i < n; i++, d += ds, a += as, b += bs) words[d] = Math.imul(left[a]!, right[b]!);
  },
  div(words, n, d, ds, left, a, as, right, b, bs) {
    for (let i = 0; i < n; i++, d += ds, a += as, b += bs) {
      const by = right[b]!;
      words[d] = by === 0 ? 0 : (left[a]! / by) | 0;
    }
  },
  min(words, n, d, ds, left, a, as, right, b, bs) {
    for (let i = 0; i < n; i++, d += ds, a += as, b += bs) words[d] = Math.min(left[a]!, right[b]!);
  },
  max(words, n, d, ds, left, a, as, right, b, bs) {
    for (let i = 0; i < n; i++, d += ds, a += as, b += bs) words[d] = Math.max(left[a]!, right[b]!);
  },
};

const FLOAT_UNARY: Readonly<Record<UnaryFn, (a: number) => number>> = {
  neg: (a) => -a,
  abs: Math.abs,
  exp,
  log,
  erf,
  tanh,
  sin,
  cos,
  sqrt: Math.sqrt,
  rsqrt: (a) => 1 / Math.sqrt(a),
  recip: (a) => 1 / a,
  floor: Math.floor,
};

export function floatUnary(
  fn: UnaryFn,
  memory: Memory,
  n: number,
  d: number,
  dStride: number,
  source: Float32Array,
  a: number,
  aStride: number,
): void {
  const map = FLOAT_UNARY[fn];
  const { floats } = memory;
  const first = d;
  let hasNaN = false;
  for (let i = 0; i < n; i++, d += dStride, a += aStride) {
    const value = map(source[a]!);
    floats[d] = value;
    if (value !== value) hasNaN = true;
  }
  if (hasNaN) canonicalize(memory, n, first, dStride);
}

/** Only `neg` and `abs` exist for i32. */
export function integerUnary(
  fn: UnaryFn,
  words: Int32Array,
  n: number,
  d: number,
  dStride: number,
  source: Int32Array,
  a: number,
  aStride: number,
): void {
  const isNeg = fn === "neg";
  for (let i = 0; i < n; i++, d += dStride, a += aStride) {
    const value = source[a]!;
    words[d] = isNeg || value < 0 ? (0 - value) | 0 : value;
  }
}

/** f32 or i32 operands by the type of the arrays; the words get 1 or 0. */
export function compareRow<T extends Float32Array | Int32Array>(
  fn: CompareFn,
  words: Int32Array,
  n: number,
  d: number,
  dStride: number,
  left: T,
  a: number,
  aStride: number,
  right: T,
  b: number,
  bStride: number,
): void {
  for (let i = 0; i < n; i++, d += dStride, a += aStride, b += bStride) {
    const x = left[a]!;
    const y = right[b]!;
    words[d] = holds(fn, x, y) ? 1 : 0;
  }
}

export function holds(fn: CompareFn, x: number, y: number): boolean {
  if (fn === "lt") return x < y;
  if (fn === "le") return x <= y;
  if (fn === "gt") return x > y;
  if (fn === "ge") return x >= y;
  return fn === "eq" ? x === y : x !== y;
}

export function selectRow(
  words: Int32Array,
  n: number,
  d: number,
  dStride: number,
  cond: number,
  condStride: number,
  left: Int32Array,
  a: number,
  aStride: number,
  right: Int32Array,
  b: number,
  bStride: number,
): void {
  for (let i = 0; i < n; i++, d += dStride, a += aStride, b += bStride, cond += condStride) {
    words[d] = words[cond] !== 0 ? left[a]! : right[b]!;
  }
}

export function copyRow(words: Int32Array, n: number, d: number, dStride: number, a: number, aStride: number): void {
  if (dStride === 1 && aStride === 1 && n > 16) words.copyWithin(d, a, a + n);
  else for (let i = 0; i < n; i++, d += dStride, a += aStride) words[d] = words[a]!;
}

export function castRow(
  toInteger: boolean,
  { words, floats }: Memory,
  n: number,
  d: number,
  dStride: number,
  a: number,
  aStride: number,
): void {
  for (let i = 0; i < n; i++, d += dStride, a += aStride) {
    if (toInteger) {
      const value = floats[a]!;
      words[d] = value >= 2147483647 ? 2147483647 : value <= -2147483648 ? -2147483648 : value | 0;
    } else {
      floats[d] = words[a]!;
    }
  }
}
