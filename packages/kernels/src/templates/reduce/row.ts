/** Sum, mean, max or min over the last dimension, which becomes 1: the totals stay in the region's first column. */
import { stringParam } from "../../params.ts";
import type { KernelTemplate } from "../../template.ts";
import { reduceRows } from "../../emit/row-reduce.ts";
import { operandTile, resultTile, whole } from "../../emit/tile.ts";
import { at, from, literal } from "../../emit/views.ts";
import { defaultSharding } from "../../sharding.ts";
import { lineChannels } from "../channels.ts";

const FUNCTIONS = { sum: "add", mean: "add", max: "max", min: "min" } as const;

export const rowReduce: KernelTemplate = {
  name: "reduce.row",
  summary: "sum, mean, max or min over the last dimension",
  channels: (_kernel, region) => lineChannels(region, "x"),
  shardResults: (_kernel, _operands, [shape = []], region) => [defaultSharding(shape, region)],
  emit(kernel, _tensors, b) {
    const name = stringParam(kernel, "fn");
    if (!(name in FUNCTIONS)) throw new RangeError(`reduce.row has no function "${name}"`);
    const fn = FUNCTIONS[name as keyof typeof FUNCTIONS];
    const x = operandTile(b, kernel, 0);
    const out = resultTile(b, kernel);
    const shape = { rows: x.rows, cols: x.cols, stride: x.stride, maxRows: x.sharding.rows.block };
    const total = reduceRows(b, fn, x.place, shape, x.sharding.cols);
    const totals = at(total.buffer, total.offset, [out.rows, 1], [out.cols, 1]);
    if (name === "mean") b.binary("div", whole(out), from(totals), literal(x.sharding.cols.extent));
    else b.copy(whole(out), totals);
  },
};
