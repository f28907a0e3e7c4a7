/**
 * Affine views of a tensor in the default sharding: transpose, slice, expand, reshape, split (`move.view`), and concatenation (`move.concat`). Both
 * redistribute through the root core (`emit/select.ts`), which any pair of shardings allows.
 */
import { listParam, numberParam } from "../../params.ts";
import type { KernelTemplate, RegionShape } from "../../template.ts";
import { select } from "../../emit/select.ts";
import { operandTile, resultTile, whole } from "../../emit/tile.ts";
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

/**
 * Operand i is a view of its tensor or weight, at `starts[2i]` up to and without `starts[2i + 1]` along the axis: element idx of it is
 * `flat[offsets[i] + sum idx[d] * strides[i * rank + d]]`. What no operand covers is `fill`.
 */
export const moveConcat: KernelTemplate = {
  name: "move.concat",
  summary: "concatenation of views, redistributed operand by operand",
  channels,
  shardResults: (_kernel, _operands, shapes, region) => shapes.map((shape) => defaultSharding(shape, region)),
  emit(kernel, _tensors, b) {
    const shape = listParam(kernel, "shape");
    const axis = numberParam(kernel, "axis");
    const [starts, strides, offsets] = [
      listParam(kernel, "starts"),
      listParam(kernel, "strides"),
      listParam(kernel, "offsets"),
    ];
    const out = resultTile(b, kernel);
    if (kernel.params.has("fill")) b.fill(whole(out), numberParam(kernel, "fill"));
    for (const index of kernel.operands.keys()) {
      const own = strides.slice(index * shape.length, (index + 1) * shape.length);
      const [from = 0, to = 0] = starts.slice(2 * index, 2 * index + 2);
      const offset = (offsets[index] ?? 0) - from * (own[axis] ?? 0);
      select(b, operandTile(b, kernel, index), out, { shape, strides: own, offset, window: { axis, from, to } });
    }
  },
};
