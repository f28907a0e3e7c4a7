// Rows by index: `gather` and `scatter` of docs/program.md section 4.1, on words or half words alike.
// Hot loops: operands are plain numbers; ../untimed/arithmetic.ts is the plain version, with which tests compare.
import type { LocalStep } from "../image/code.ts";
import type { Operands } from "../image/operands.ts";
import type { Memory } from "./elementwise.ts";

export type RowsStep = Extract<LocalStep, { op: "gather" | "scatter" }>;

/** `operands` has m rows in the table, k to move, n elements in each. */
export function moveRows(step: RowsStep, operands: Operands, { words, halves }: Memory): void {
  const { dst, a: src, b: index, start: base, m, k } = operands;
  const elements = step.dst.perWord === 2 ? halves : words;
  const isGather = step.op === "gather";
  for (let i = 0, at = index.start; i < k; i++, at += index.strides[0]!) {
    const row = isGather ? base + words[at]! : words[at]! - base;
    const isInside = row >= 0 && row < m;
    const d = dst.start + (isGather ? i : row) * dst.strides[0]!;
    const s = src.start + (isGather ? row : i) * src.strides[0]!;
    if (isInside) copyRow(elements, operands.n, d, dst.strides[1]!, s, src.strides[1]!);
    else if (isGather) for (let j = 0; j < operands.n; j++) elements[d + j * dst.strides[1]!] = 0;
  }
}

function copyRow(
  elements: Int32Array | Uint16Array,
  n: number,
  d: number,
  dStride: number,
  s: number,
  sStride: number,
): void {
  if (dStride === 1 && sStride === 1) elements.copyWithin(d, s, s + n);
  else for (let j = 0; j < n; j++, d += dStride, s += sStride) elements[d] = elements[s]!;
}
