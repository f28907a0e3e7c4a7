/**
 * Affine views of a tensor in the default sharding: transpose, slice, expand, reshape, split (`move.view`), and concatenation (`move.concat`). Both
 * redistribute through the root core (`emit/select.ts`), which any pair of shardings allows.
 */
import { listParam, numberParam } from "../../params.ts";
import type { KernelTemplate, RegionShape } from "../../template.ts";
import { select } from "../../emit/select.ts";
import { operandTile, resultTile } from "../../emit/tile.ts";
import { defaultSharding } from "../../sharding.ts";
import { broadcastChannels, collectChannels } from "../channels.ts";

const channels = (_kernel: unknown, region: RegionShape) => [...collectChannels(region), ...broadcastChannels(region)];

export const moveView: KernelTemplate = {
  name: "move.view",
  summary: "any affine view of a tensor, redistributed",
  channels,
  shardResults: (_kernel, _operands, shapes, region) => shapes.map((shape) => defaultSharding(shape, region)),
  emit(kernel, _tensors, b) {
    const selection = {
      shape: listParam(kernel, "shape"),
      strides: listParam(kernel, "strides"),
      offset: numberParam(kernel, "offset"),
    };
    select(b, operandTile(b, kernel, 0), resultTile(b, kernel), selection);
  },
};

export const moveConcat: KernelTemplate = {
  name: "move.concat",
  summary: "concatenation, redistributed operand by operand",
  channels,
  shardResults: (_kernel, _operands, shapes, region) => shapes.map((shape) => defaultSharding(shape, region)),
  emit(kernel, tensors, b) {
    const shape = listParam(kernel, "shape");
    const axis = numberParam(kernel, "axis");
    const out = resultTile(b, kernel);
    let from = 0;
    for (const [index, operand] of kernel.operands.entries()) {
      if (operand.kind !== "tensor") throw new RangeError("move.concat takes tensors");
      const piece = tensors[operand.tensor]?.shape ?? [];
      const strides = rowMajorStrides(piece);
      const to = from + (piece[axis] ?? 0);
      const offset = -from * (strides[axis] ?? 0);
      select(b, operandTile(b, kernel, index), out, { shape, strides, offset, window: { axis, from, to } });
      from = to;
    }
  },
};

function rowMajorStrides(shape: readonly number[]): readonly number[] {
  const strides = shape.map(() => 1);
  for (let d = shape.length - 2; d >= 0; d--) strides[d] = (strides[d + 1] ?? 1) * (shape[d + 1] ?? 1);
  return strides;
}
