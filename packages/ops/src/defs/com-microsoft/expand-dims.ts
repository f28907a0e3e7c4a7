// com.microsoft ExpandDims: a length of 1 put in before an axis of x, or, if negative, at that axis of the result.
import type { Shape } from "@waferc/ir/graph";
import { reshapeTensor } from "@waferc/numerics";
import { defineOp } from "../../op-definition.ts";
import { require } from "../../op-error.ts";
import { normalAxis } from "../../shapes.ts";

function expanded(shape: Shape, [axis, ...rest]: readonly number[]): Shape {
  require(axis !== undefined && rest.length === 0, "needs one axis");
  const at = normalAxis(axis, shape.length + 1);
  return [...shape.slice(0, at), 1, ...shape.slice(at)];
}

export const expandDimsOp = defineOp({
  domain: "com.microsoft",
  kind: "ExpandDims",
  versions: [1],
  traits: ["movement"],
  operands: [2, 2],
  infer: ({ operand, ints }) => {
    const { dtype, shape } = operand(0);
    const axes = ints(1);
    return [shape === undefined || axes === undefined ? { dtype } : { dtype, shape: expanded(shape, axes) }];
  },
  evaluate: ({ operand, result }) => [reshapeTensor(operand(0), result(0).shape)],
});
