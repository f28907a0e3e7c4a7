// Matrix multiply-accumulate with factors of a 16-bit type, whose sums are of that type or of f32 ("mixed"). Factors are widened to
// f32 once, into scratch; every product and sum is rounded to the type of dst, or once where fused (docs/program.md section 4.1).
// Hot loops: rows are plain numbers; ../untimed/arithmetic.ts is the plain version, with which tests compare.
import { canonicalize, type Memory } from "./elementwise.ts";
import { fusedMultiplyAdd, oddMultiplyAdd } from "./elementary.ts";
import type { HalfFormat } from "./half.ts";
import type { MatrixView } from "./matmul.ts";

let rightFactors = new Float32Array(256);
let leftFactors = new Float32Array(64);

/** dst is f32, a and b have the 16-bit type of `format`. */
export function mixedMatmul(
  memory: Memory,
  format: HalfFormat,
  isFused: boolean,
  m: number,
  k: number,
  n: number,
  dst: MatrixView,
  a: MatrixView,
  b: MatrixView,
): void {
  const { floats } = memory;
  widen(format, memory.halves, k, n, b);
  const [left, right] = [leftFactors, rightFactors];
  for (let i = 0; i < m; i++) {
    widenRow(format, memory.halves, k, a.start + i * a.row, a.column);
    const first = dst.start + i * dst.row;
    for (let l = 0; l < k; l++) {
      const factor = left[l]!;
      const row = l * n;
      if (isFused) {
        for (let j = 0, d = first; j < n; j++, d += dst.column) {
          floats[d] = fusedMultiplyAdd(factor, right[row + j]!, floats[d]!);
        }
      } else {
        for (let j = 0, d = first; j < n; j++, d += dst.column) {
          floats[d] = Math.fround(floats[d]! + Math.fround(factor * right[row + j]!));
        }
      }
    }
    // A NaN stays one in later sums, so that looking once at the end is enough.
    canonicalize(memory, n, first, dst.column);
  }
}

/** dst, a and b have the 16-bit type of `format`. */
export function halfMatmul(
  memory: Memory,
  format: HalfFormat,
  isFused: boolean,
  m: number,
  k: number,
  n: number,
  dst: MatrixView,
  a: MatrixView,
  b: MatrixView,
): void {
  const { halves } = memory;
  const { decode, encode } = format;
  widen(format, halves, k, n, b);
  const [left, right] = [leftFactors, rightFactors];
  for (let i = 0; i < m; i++) {
    widenRow(format, halves, k, a.start + i * a.row, a.column);
    for (let j = 0, d = dst.start + i * dst.row; j < n; j++, d += dst.column) {
      let sum = decode(halves[d]!);
      for (let l = 0, r = j; l < k; l++, r += n) {
        if (isFused) sum = decode(encode(oddMultiplyAdd(left[l]!, right[r]!, sum)));
        else sum = decode(encode(sum + decode(encode(left[l]! * right[r]!))));
      }
      halves[d] = encode(sum);
    }
  }
}

/** b as k rows of n numbers. */
function widen({ decode }: HalfFormat, halves: Uint16Array, k: number, n: number, b: MatrixView): void {
  if (rightFactors.length < k * n) rightFactors = new Float32Array(2 * k * n);
  if (leftFactors.length < k) leftFactors = new Float32Array(2 * k);
  for (let l = 0, to = 0; l < k; l++) {
    for (let j = 0, from = b.start + l * b.row; j < n; j++, from += b.column)
      rightFactors[to++] = decode(halves[from]!);
  }
}

function widenRow({ decode }: HalfFormat, halves: Uint16Array, k: number, from: number, stride: number): void {
  for (let l = 0; l < k; l++, from += stride) leftFactors[l] = decode(halves[from]!);
}
