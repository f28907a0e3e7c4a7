// Flatten: two axes, those before `axis` and those from it on.
import { reshapeTensor } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { defineOp } from "../op-definition.ts";
import { multiplyDims, normalAxis } from "../shapes.ts";

export const flattenOp = defineOp({
  kind: "Flatten",
  versions: [1, 9, 11, 13, 21, 23, 24, 25],
  traits: ["movement"],
  attrs: { axis: int(1) },
  operands: [1, 1],
  infer: ({ attrs, operand }) => {
    const { dtype, shape } = operand(0);
    if (shape === undefined) return [{ dtype, shape: ["?", "?"] }];
    const axis = attrs.axis === shape.length ? attrs.axis : normalAxis(attrs.axis, shape.length);
    return [{ dtype, shape: [multiplyDims(shape.slice(0, axis)), multiplyDims(shape.slice(axis))] }];
  },
  evaluate: ({ operand, result }) => [reshapeTensor(operand(0), result(0).shape)],
});
