/**
 * A flow into the region: the root core passes the row-major stream on to the broadcast tree, and every core takes the pieces of its own tile
 * and drops the rest. One wavelet a cycle: rows x cols cycles.
 */
import { invariant } from "@waferc/base";
import type { KernelTemplate } from "../../template.ts";
import type { CodeBuilder } from "../../emit/code-builder.ts";
import { greatest, least, minus, sum, times, type Int } from "../../emit/expr.ts";
import { resultTile, rowOf, type Tile } from "../../emit/tile.ts";
import { defaultSharding } from "../../sharding.ts";
import { broadcastChannels } from "../channels.ts";

export const ingress: KernelTemplate = {
  name: "io.ingress",
  summary: "distributes a stream from the host or another region",
  channels: (_kernel, region) => broadcastChannels(region),
  shardResults: (_kernel, _operands, shapes, region) => shapes.map((shape) => defaultSharding(shape, region)),
  emit(kernel, _tensors, b) {
    invariant(kernel.flow !== undefined, "io.ingress needs a flow");
    const out = resultTile(b, kernel);
    if (b.role === "root") takeAtRoot(b, out, `flow${kernel.flow}_in`);
    else takeFromBroadcast(b, out);
  },
};

function takeAtRoot(b: CodeBuilder, out: Tile, flow: string): void {
  const { rows, cols } = out.sharding;
  const rest = cols.extent - Math.min(cols.block, cols.extent);
  const isAlone = b.width * b.height === 1;
  const take = (i: Int) => {
    if (isAlone) return b.recv(flow, rowOf(out, i));
    b.forward("store", flow, "broadcast_out", rowOf(out, i));
    b.pass(flow, "broadcast_out", rest);
  };
  b.repeat(out.rows, take);
  b.pass(flow, "broadcast_out", (rows.extent - Math.min(rows.block, rows.extent)) * cols.extent);
}

function takeFromBroadcast(b: CodeBuilder, out: Tile): void {
  const { rows, cols } = out.sharding;
  const before = least(rows.extent, times(rows.block, b.v));
  const left = least(cols.extent, times(cols.block, b.u));
  b.drop("broadcast_in", times(cols.extent, before));
  b.repeat(out.rows, (i) => {
    b.drop("broadcast_in", left);
    b.recv("broadcast_in", rowOf(out, i));
    b.drop("broadcast_in", minus(cols.extent, sum(left, out.cols)));
  });
  const after = greatest(0, minus(rows.extent, sum(before, out.rows)));
  b.drop("broadcast_in", times(cols.extent, after));
}
