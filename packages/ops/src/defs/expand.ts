// Expand: broadcast to the operand's shape and the given one together; a 1 in the given shape keeps the length.
import { expandTensor } from "../math/views.ts";
import { defineOp } from "../op-definition.ts";
import { broadcastShapes, unknownShape } from "../shapes.ts";

export const expandOp = defineOp({
  kind: "Expand",
  versions: [8, 13],
  traits: ["movement"],
  operands: [2, 2],
  infer: ({ operand, ints, shape }) => {
    const { dtype, shape: dims } = operand(0);
    const target = ints(1);
    if (target !== undefined && dims !== undefined) return [{ dtype, shape: broadcastShapes([dims, target]) }];
    const rank = shape(1)?.[0];
    if (typeof rank !== "number" || dims === undefined) return [{ dtype }];
    return [{ dtype, shape: unknownShape(Math.max(rank, dims.length)) }];
  },
  evaluate: ({ operand, result }) => [expandTensor(operand(0), result(0).shape)],
});
