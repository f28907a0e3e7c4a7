// Tile matrix multiply-accumulate dst[m,n] += a[m,k] * b[k,n] in f32. Every element takes its products in ascending l, each
// product and each sum rounded (or one rounding, fused), which is the order of docs/program.md section 4.1. Loop order i, l, j
// with the accumulators in dst, four l at a time, so that the inner loop runs along contiguous rows of b and dst.
// Hot loops: rows are plain numbers; ../untimed/arithmetic.ts is the plain version, with which tests compare.
import { canonicalize, type Memory } from "./elementwise.ts";
import { fusedMultiplyAdd } from "./elementary.ts";

const multiplyAdd = fusedMultiplyAdd;

/** A matrix in the pool: first word, stride from row to row, stride within a row. */
export interface MatrixView {
  readonly start: number;
  readonly row: number;
  readonly column: number;
}

export function matmul(
  memory: Memory,
  isFused: boolean,
  m: number,
  k: number,
  n: number,
  dst: MatrixView,
  a: MatrixView,
  b: MatrixView,
): void {
  for (let i = 0; i < m; i++) {
    const d = dst.start + i * dst.row;
    const left = a.start + i * a.row;
    if (isFused) fusedRow(memory.floats, k, n, d, dst.column, left, a.column, b);
    else if (dst.column === 1 && b.column === 1) contiguousRow(memory.floats, k, n, d, left, a.column, b.start, b.row);
    else stridedRow(memory.floats, k, n, d, dst.column, left, a.column, b);
    // A NaN stays one in later sums, so that looking once at the end is enough.
    canonicalize(memory, n, d, dst.column);
  }
}

function contiguousRow(
  floats: Float32Array,
  k: number,
  n: number,
  d: number,
  left: number,
  leftStride: number,
  b: number,
  bRow: number,
): void {
  let l = 0;
  for (; l + 4 <= k; l += 4) {
    const x0 = floats[left + l * leftStride]!;
    const x1 = floats[left + (l + 1) * leftStride]!;
    const x2 = floats[left + (l + 2) * leftStride]!;
    const x3 = floats[left + (l + 3) * leftStride]!;
    const b0 = b + l * bRow;
    const b1 = b0 + bRow;
    const b2 = b1 + bRow;
    const b3 = b2 + bRow;
    for (let j = 0; j < n; j++) {
      let sum = Math.fround(floats[d + j]! + Math.fround(x0 * floats[b0 + j]!));
      sum = Math.fround(sum + Math.fround(x1 * floats[b1 + j]!));
      sum = Math.fround(sum + Math.fround(x2 * floats[b2 + j]!));
      floats[d + j] = Math.fround(sum + Math.fround(x3 * floats[b3 + j]!));
    }
  }
  for (; l < k; l++) {
    const x = floats[left + l * leftStride]!;
    const row = b + l * bRow;
    for (let j = 0; j < n; j++) {
      floats[d + j] = Math.fround(floats[d + j]! + Math.fround(x * floats[row + j]!));
    }
  }
}

function stridedRow(
  floats: Float32Array,
  k: number,
  n: number,
  d: number,
  dStride: number,
  left: number,
  leftStride: number,
  b: MatrixView,
): void {
  for (let j = 0; j < n; j++) {
    const word = d + j * dStride;
    let sum = floats[word]!;
    let x = left;
    let y = b.start + j * b.column;
    for (let l = 0; l < k; l++, x += leftStride, y += b.row) {
      sum = Math.fround(sum + Math.fround(floats[x]! * floats[y]!));
    }
    floats[word] = sum;
  }
}

function fusedRow(
  floats: Float32Array,
  k: number,
  n: number,
  d: number,
  dStride: number,
  left: number,
  leftStride: number,
  b: MatrixView,
): void {
  for (let j = 0; j < n; j++) {
    const word = d + j * dStride;
    let sum = floats[word]!;
    let x = left;
    let y = b.start + j * b.column;
    for (let l = 0; l < k; l++, x += leftStride, y += b.row) sum = multiplyAdd(floats[x]!, floats[y]!, sum);
    floats[word] = sum;
  }
}
