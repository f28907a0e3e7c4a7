/**
 * RMS norm and layer norm over the last dimension (ONNX RMSNormalization-23, LayerNormalization-17): mean over the row by a reduction along x
 * (local sums, then the partial sums of the columns in order), then scaled where the data lies. Variance is the mean of squared
 * differences (two passes), as the ONNX function body has it.
 */
import type { Kernel } from "@waferc/ir/dataflow";
import { numberParam } from "../../params.ts";
import type { KernelTemplate } from "../../template.ts";
import type { CodeBuilder, Place } from "../../emit/code-builder.ts";
import { reduceRows } from "../../emit/row-reduce.ts";
import {
  alongColumns,
  elementwiseSource,
  operandTile,
  resultTile,
  scratchLike,
  whole,
  type Tile,
} from "../../emit/tile.ts";
import { at, from, literal } from "../../emit/views.ts";
import { firstSharding } from "../first-sharding.ts";
import { lineChannels } from "../channels.ts";

/** Mean of each row of the tile, over all columns of the tensor. */
function rowMeans(b: CodeBuilder, tile: Tile): Place {
  const { rows, cols } = tile.sharding;
  const shape = { rows: tile.rows, cols: tile.cols, stride: tile.stride, maxRows: rows.block };
  const total = reduceRows(b, "add", tile.place, shape, cols);
  const view = at(total.buffer, total.offset, [tile.rows, 1]);
  b.binary("div", view, from(view), literal(cols.extent));
  return total;
}

/** out = x / sqrt(mean(x^2) + eps), x being `tile`; `out` may not be `tile`. */
function scaleToUnit(b: CodeBuilder, kernel: Kernel, tile: Tile, out: Tile): void {
  const squares = scratchLike(b, "squares", tile);
  b.binary("mul", whole(squares), from(whole(tile)), from(whole(tile)));
  const means = rowMeans(b, squares);
  const view = at(means.buffer, means.offset, [tile.rows, 1]);
  b.binary("add", view, from(view), literal(numberParam(kernel, "eps")));
  b.unary("rsqrt", view, from(view));
  b.binary("mul", whole(out), from(whole(tile)), from(alongColumns(means, tile)));
}

export const rmsNorm: KernelTemplate = {
  name: "norm.rms",
  summary: "RMS norm over the last dimension",
  channels: (_kernel, region) => lineChannels(region, "x"),
  shardResults: firstSharding,
  emit(kernel, _tensors, b) {
    const out = resultTile(b, kernel);
    scaleToUnit(b, kernel, operandTile(b, kernel, 0), out);
    b.binary("mul", whole(out), from(whole(out)), elementwiseSource(b, kernel, 1, out));
  },
};

export const layerNorm: KernelTemplate = {
  name: "norm.layer",
  summary: "layer norm over the last dimension",
  channels: (_kernel, region) => lineChannels(region, "x"),
  shardResults: firstSharding,
  emit(kernel, _tensors, b) {
    const x = operandTile(b, kernel, 0);
    const out = resultTile(b, kernel);
    const centered = scratchLike(b, "centered", x);
    const means = rowMeans(b, x);
    b.binary("sub", whole(centered), from(whole(x)), from(alongColumns(means, x)));
    scaleToUnit(b, kernel, centered, out);
    b.binary("mul", whole(out), from(whole(out)), elementwiseSource(b, kernel, 1, out));
    if (kernel.operands.length > 2) b.binary("add", whole(out), from(whole(out)), elementwiseSource(b, kernel, 2, out));
  },
};
