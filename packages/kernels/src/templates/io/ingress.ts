/**
 * A flow into the region: the root core passes the row-major stream on, each core of column 0 takes its rows from the south chain and passes the
 * rest, and sends its rows along the east chain, where each core takes its columns. One wavelet a cycle: rows x cols cycles.
 */
import { invariant } from "@waferc/base";
import type { KernelTemplate, RegionShape } from "../../template.ts";
import type { CodeBuilder } from "../../emit/code-builder.ts";
import { atLeast, below, greatest, masked, minus, sum, times, type Int } from "../../emit/expr.ts";
import { resultTile, rowOf, type Tile } from "../../emit/tile.ts";
import { defaultSharding } from "../../sharding.ts";

export const ingress: KernelTemplate = {
  name: "io.ingress",
  summary: "distributes a stream from the host or another region",
  channels: (_kernel, region: RegionShape) => [
    ...(region.width > 1 ? (["east"] as const) : []),
    ...(region.height > 1 ? (["south"] as const) : []),
  ],
  shardResults: (_kernel, _operands, shapes, region) => shapes.map((shape) => defaultSharding(shape, region)),
  emit(kernel, _tensors, b) {
    invariant(kernel.flow !== undefined, "io.ingress needs a flow");
    const out = resultTile(b, kernel);
    if (b.role === "root") takeRows(b, out, `flow${kernel.flow}_in`, 1);
    else {
      if (b.height > 1) takeRows(b, out, "south_in", below(b.u, 1));
      if (b.width > 1) takeColumns(b, out);
    }
  },
};

/** Column 0 (`isFirst` is 1): own rows from `source`, their other columns on to the east, later rows on to the south. */
function takeRows(b: CodeBuilder, out: Tile, source: string, isFirst: Int): void {
  const { rows, cols } = out.sharding;
  const own = Math.min(cols.block, cols.extent);
  b.repeat(masked(out.rows, rows.block, isFirst), (i) => {
    b.recv(source, rowOf(out, i, own));
    if (b.width > 1) b.pass(source, "east_out", cols.extent - own);
  });
  if (b.height === 1) return;
  const later = greatest(0, minus(rows.extent, times(rows.block, sum(b.v, 1))));
  b.pass(source, "south_out", masked(times(cols.extent, later), rows.extent * cols.extent, isFirst));
}

/** The other columns: own columns of each row, the rest on to the east. */
function takeColumns(b: CodeBuilder, out: Tile): void {
  const { rows, cols } = out.sharding;
  const rest = greatest(0, minus(cols.extent, times(cols.block, sum(b.u, 1))));
  b.repeat(masked(out.rows, rows.block, atLeast(b.u, 1)), (i) => {
    b.recv("east_in", rowOf(out, i));
    b.pass("east_in", "east_out", rest);
  });
}
