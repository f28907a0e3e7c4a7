/** A flow out of the region: every row is brought to the root core, which streams the matrix out in row-major order. */
import { invariant } from "@waferc/base";
import type { KernelTemplate } from "../../template.ts";
import { sendAllRows } from "../../emit/collect.ts";
import { operandTile, rowOf } from "../../emit/tile.ts";
import { collectChannels } from "../channels.ts";

export const egress: KernelTemplate = {
  name: "io.egress",
  summary: "collects a tensor into a stream to the host or another region",
  channels: (_kernel, region) => collectChannels(region),
  shardResults: () => [],
  emit(kernel, _tensors, b) {
    invariant(kernel.flow !== undefined, "io.egress needs a flow");
    const tile = operandTile(b, kernel, 0);
    if (b.role === "other") return sendAllRows(b, tile);
    const flow = b.openFlowOut(kernel.flow);
    const { rows, cols } = tile.sharding;
    b.repeat(tile.rows, (i) => {
      b.send(flow, rowOf(tile, i));
      b.pass("west_in", flow, cols.extent - Math.min(cols.block, cols.extent));
    });
    b.pass("north_in", flow, (rows.extent - Math.min(rows.block, rows.extent)) * cols.extent);
  },
};
