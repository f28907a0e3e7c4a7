// GatherND: the last axis of the second operand holds indices into the first axes of the first one, behind
// `batch_dims` axes that both share.
import { elementCount, stridesOf } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { newUnits, tensorOfUnits, unitsOf } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxis, printShape } from "../shapes.ts";

export const gatherNDOp = defineOp({
  kind: "GatherND",
  versions: [11, 12, 13],
  traits: ["movement"],
  attrs: { batch_dims: int(0) },
  operands: [2, 2],
  infer: ({ attrs, operand, shape }) => {
    const { dtype, shape: dims } = operand(0);
    const indices = shape(1);
    const depth = indices?.at(-1);
    if (dims === undefined || indices === undefined || typeof depth !== "number") return [{ dtype }];
    const skipped = attrs.batch_dims + depth;
    require(skipped <= dims.length, () =>
      `cannot index ${printShape(dims)} with indices of shape ${printShape(indices)}`);
    return [{ dtype, shape: [...indices.slice(0, -1), ...dims.slice(skipped)] }];
  },
  evaluate: ({ attrs, operand, ints, result }) => {
    const [x, { shape: indexShape }] = [operand(0), operand(1)];
    const { dtype, shape } = result(0);
    const depth = indexShape.at(-1) ?? 0;
    const strides = stridesOf(x.shape);
    const indices = ints(1);
    const run = elementCount(x.shape.slice(attrs.batch_dims + depth));
    const batches = elementCount(x.shape.slice(0, attrs.batch_dims));
    const perBatch = elementCount(indexShape.slice(attrs.batch_dims, -1));
    const batchStride = elementCount(x.shape.slice(attrs.batch_dims));
    const from = unitsOf(x) as Uint32Array; // one width at run time
    const to = newUnits(from, elementCount(shape)) as Uint32Array;
    for (let tuple = 0; tuple < batches * perBatch; tuple++) {
      let start = Math.floor(tuple / perBatch) * batchStride;
      for (let i = 0; i < depth; i++) {
        const axis = attrs.batch_dims + i;
        start += normalAxis(indices[tuple * depth + i]!, x.shape[axis]!, "indices") * strides[axis]!;
      }
      for (let i = 0; i < run; i++) to[tuple * run + i] = from[start + i]!;
    }
    return [tensorOfUnits(dtype, shape, to)];
  },
});
