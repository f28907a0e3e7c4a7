/**
 * Softmax over the last dimension (ONNX Softmax-13): exp(x - max) / sum, max and sum by reductions along x; the division is a product with
 * the reciprocal of the sum. A row of -inf gives NaN, as ONNX has it.
 */
import type { KernelTemplate } from "../../template.ts";
import { reduceRows } from "../../emit/row-reduce.ts";
import { alongColumns, operandTile, resultTile, whole } from "../../emit/tile.ts";
import { at, from } from "../../emit/views.ts";
import { firstSharding } from "../first-sharding.ts";
import { lineChannels } from "../channels.ts";

export const rowSoftmax: KernelTemplate = {
  name: "softmax.row",
  summary: "softmax over the last dimension",
  channels: (_kernel, region) => lineChannels(region, "x"),
  shardResults: firstSharding,
  emit(kernel, _tensors, b) {
    const x = operandTile(b, kernel, 0);
    const out = resultTile(b, kernel);
    const { rows, cols } = x.sharding;
    const shape = { rows: x.rows, cols: x.cols, stride: x.stride, maxRows: rows.block };
    const max = reduceRows(b, "max", x.place, shape, cols);
    b.binary("sub", whole(out), from(whole(x)), from(alongColumns(max, x)));
    b.unary("exp", whole(out), from(whole(out)));
    const sum = reduceRows(b, "add", out.place, shape, cols);
    const view = at(sum.buffer, sum.offset, [x.rows, 1]);
    b.unary("recip", view, from(view));
    b.binary("mul", whole(out), from(whole(out)), from(alongColumns(sum, x)));
  },
};
