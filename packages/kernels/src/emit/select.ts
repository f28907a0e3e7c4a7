/**
 * Redistribution: any affine view of one tensor into (part of) another, whatever their shardings; slow but always correct. Row by row the
 * source goes to the root core and from there to all cores; each copies what its tile needs. SRAM: one source row. Cycles: about
 * rows x (2 x cols + per destination row a copy).
 *
 * out[idx] = flat(source)[offset + sum idx[d]*strides[d]] for from <= idx[axis] < to (all idx if there is no window).
 */
import type { Expr } from "@waferc/ir/program";
import type { CodeBuilder } from "./code-builder.ts";
import { sendRow, takeRow } from "./collect.ts";
import {
  atLeast,
  below,
  ceilQuotient,
  clamp,
  greatest,
  least,
  masked,
  minus,
  quotient,
  remainder,
  sum,
  times,
  type Int,
} from "./expr.ts";
import { rowOf, type Tile } from "./tile.ts";
import { at } from "./views.ts";

export interface Selection {
  readonly shape: readonly number[];
  /** Flat source stride of each output dimension. */
  readonly strides: readonly number[];
  readonly offset: number;
  readonly window?: { readonly axis: number; readonly from: number; readonly to: number };
}

export function select(b: CodeBuilder, source: Tile, out: Tile, selection: Selection): void {
  const { rows, cols } = source.sharding;
  const row = b.scratch("row", cols.extent);
  const isAlone = b.width * b.height === 1;
  const wholeRow = at(row.buffer, row.offset, [cols.extent, 1]);
  b.repeat(rows.extent, (r) => {
    if (b.role === "root") {
      takeRow(b, source, r, row);
      if (!isAlone) b.send("broadcast_out", wholeRow);
    } else {
      sendRow(b, source, r);
      b.recv("broadcast_in", wholeRow);
    }
    b.repeat(out.rows, (i) => copyFromRow(b, { out, i, r, row, width: cols.extent, selection }));
  });
}

interface RowCopy {
  readonly out: Tile;
  readonly i: Expr;
  readonly r: Expr;
  readonly row: { readonly buffer: number; readonly offset: Expr };
  readonly width: number;
  readonly selection: Selection;
}

/** Copies into local row i of the output whatever of it lies in source row r. */
function copyFromRow(b: CodeBuilder, { out, i, r, row, width, selection }: RowCopy): void {
  const { shape, strides, window } = selection;
  const last = shape.length - 1;
  const { base: rowBase, valid } = rowStart(sum(times(out.sharding.rows.block, b.v), i), selection);
  const stride = shape.length === 0 ? 0 : (strides[last] ?? 0);
  const firstCol = times(out.sharding.cols.block, b.u);
  const base = sum(rowBase, times(stride, firstCol));
  const start = times(width, r);
  const lowest = window?.axis === last ? clamp(minus(window.from, firstCol), 0, out.cols) : 0;
  const highest = window?.axis === last ? clamp(minus(window.to, firstCol), 0, out.cols) : out.cols;
  if (stride === 0) {
    const inside = least(atLeast(base, start), below(base, sum(start, width)), valid);
    const count = masked(greatest(0, minus(highest, lowest)), out.sharding.cols.block, inside);
    copySpan(b, { out, i, from: lowest, count, row, offset: minus(base, start), stride });
    return;
  }
  const [first, end] = stride > 0 ? [start, sum(start, width)] : [sum(start, width - 1), sum(start, -1)];
  const low = clamp(stepsTo(first, base, stride), lowest, highest);
  const high = clamp(stepsTo(end, base, stride), lowest, highest);
  const count = masked(greatest(0, minus(high, low)), out.sharding.cols.block, valid);
  copySpan(b, { out, i, from: low, count, row, offset: minus(sum(base, times(stride, low)), start), stride });
}

/** The least number of steps from `base` that reaches `target` or passes it. */
function stepsTo(target: Expr, base: Expr, stride: number): Expr {
  return stride > 0 ? ceilQuotient(minus(target, base), stride) : ceilQuotient(minus(base, target), -stride);
}

interface Span {
  readonly out: Tile;
  readonly i: Expr;
  readonly from: Int;
  readonly count: Expr;
  readonly row: RowCopy["row"];
  readonly offset: Expr;
  readonly stride: number;
}

function copySpan(b: CodeBuilder, { out, i, from, count, row, offset, stride }: Span): void {
  const target = rowOf(out, i, count);
  b.copy(
    at(target.buffer, sum(target.offset, from), [count, 1]),
    at(row.buffer, sum(row.offset, offset), [count, stride]),
  );
}

/** Flat source index of an output row's first element, and 1 if the row lies in the window. */
function rowStart(
  row: Expr,
  { shape, strides, offset, window }: Selection,
): { readonly base: Expr; readonly valid: Int } {
  const terms: Int[] = [offset];
  let valid: Int = 1;
  let divisor = 1;
  for (let d = shape.length - 2; d >= 0; d--) {
    const extent = shape[d] ?? 1;
    const index = d === 0 ? quotient(row, divisor) : remainder(quotient(row, divisor), extent);
    terms.push(times(strides[d] ?? 0, index));
    if (window?.axis === d) valid = least(atLeast(index, window.from), below(index, window.to));
    divisor *= extent;
  }
  return { base: sum(...terms), valid };
}
