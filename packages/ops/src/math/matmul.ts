// Matrix products, accumulated in double precision (floats) or modulo 2^64 (integers). The plain three loops, with the
// inner one along rows of B, so that both B and the sums are read in order; four rows of B at a time.
import type { Floats } from "./floats.ts";
import type { Bigints, Numbers } from "./scalars.ts";

export interface MatMulSize {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** Offsets of the matrices in their arrays, row-major [m,k], [k,n] and [m,n]. */
export interface MatMulOffsets {
  readonly a: number;
  readonly b: number;
  readonly to: number;
}

/** to = a b. `sums` is room for n doubles. */
export function multiplyFloats(
  a: Floats,
  b: Floats,
  to: Floats,
  { m, k, n }: MatMulSize,
  at: MatMulOffsets,
  sums: Float64Array,
): void {
  const whole = k - (k % 4);
  for (let row = 0; row < m; row++) {
    sums.fill(0);
    const aRow = at.a + row * k;
    for (let i = 0; i < whole; i += 4) addFourRows(a, aRow + i, b, at.b + i * n, n, sums);
    for (let i = whole; i < k; i++) {
      const factor = a[aRow + i]!;
      const bRow = at.b + i * n;
      for (let column = 0; column < n; column++) sums[column]! += factor * b[bRow + column]!;
    }
    const toRow = at.to + row * n;
    for (let column = 0; column < n; column++) to[toRow + column] = sums[column]!;
  }
}

/** sums += a[aAt .. aAt + 3] times the four rows of b that start at bAt. */
function addFourRows(a: Floats, aAt: number, b: Floats, bAt: number, n: number, sums: Float64Array): void {
  const [f0, f1, f2, f3] = [a[aAt]!, a[aAt + 1]!, a[aAt + 2]!, a[aAt + 3]!];
  const [b1, b2, b3] = [bAt + n, bAt + 2 * n, bAt + 3 * n];
  for (let column = 0; column < n; column++) {
    sums[column]! += f0 * b[bAt + column]! + f1 * b[b1 + column]! + (f2 * b[b2 + column]! + f3 * b[b3 + column]!);
  }
}

/** Integers to 32 bits, modulo 2^32. */
export function multiplyIntegers(
  a: Numbers,
  b: Numbers,
  to: Numbers,
  { m, k, n }: MatMulSize,
  at: MatMulOffsets,
): void {
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < n; column++) {
      let sum = 0;
      for (let i = 0; i < k; i++) sum = (sum + Math.imul(a[at.a + row * k + i]!, b[at.b + i * n + column]!)) | 0;
      to[at.to + row * n + column] = sum;
    }
  }
}

/** 64-bit integers, modulo 2^64. */
export function multiplyBigints(a: Bigints, b: Bigints, to: Bigints, { m, k, n }: MatMulSize, at: MatMulOffsets): void {
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < n; column++) {
      let sum = 0n;
      for (let i = 0; i < k; i++) sum += a[at.a + row * k + i]! * b[at.b + i * n + column]!;
      to[at.to + row * n + column] = sum;
    }
  }
}
