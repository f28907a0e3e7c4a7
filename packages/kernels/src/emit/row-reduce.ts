/**
 * Reduction of a tile's rows over the whole row of cores: a local reduction, an all-gather of the partial results along x, and a local
 * reduction of those in column order. Every core of a row ends with the same totals; the order of additions is fixed by the code.
 */
import type { ReduceFn } from "@waferc/ir/program";
import type { BlockedDim } from "@waferc/ir/dataflow";
import type { CodeBuilder, Place } from "./code-builder.ts";
import { lineGather, usedBlocks } from "./line-gather.ts";
import type { Int } from "./expr.ts";
import { at } from "./views.ts";

const IDENTITY: { readonly [F in ReduceFn]: number } = { add: 0, max: -Infinity, min: Infinity };

/** Reduces `tile` (rows x cols real elements, row stride `stride`) to one value a row: the place of `rows` totals. */
export function reduceRows(
  b: CodeBuilder,
  fn: ReduceFn,
  tile: Place,
  shape: { readonly rows: Int; readonly cols: Int; readonly stride: number; readonly maxRows: number },
  cols: BlockedDim,
): Place {
  const { rows, maxRows, stride } = shape;
  const partial = b.scratch(`${fn}_partial`, maxRows);
  b.fill(at(partial.buffer, partial.offset, [rows, 1]), IDENTITY[fn]);
  b.reduce(
    fn,
    at(partial.buffer, partial.offset, [rows, 1]),
    at(tile.buffer, tile.offset, [rows, stride], [shape.cols, 1]),
  );
  const used = cols.axis === "x" ? usedBlocks(cols) : 1;
  if (used === 1 && b.width === 1) return partial;

  const gathered = b.scratch(`${fn}_partials`, used * maxRows);
  const dims = [{ count: maxRows, tileStride: 1, gatheredStride: 1 }];
  lineGather(b, { axis: "x", tile: partial, dims, used, gathered, tileDistance: maxRows });
  const total = b.scratch(`${fn}_total`, maxRows);
  b.fill(at(total.buffer, total.offset, [rows, 1]), IDENTITY[fn]);
  b.reduce(
    fn,
    at(total.buffer, total.offset, [rows, 1]),
    at(gathered.buffer, gathered.offset, [rows, 1], [used, maxRows]),
  );
  return total;
}
