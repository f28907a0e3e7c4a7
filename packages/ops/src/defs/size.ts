// Size: number of elements, as an i64 scalar.
import { elementCount } from "@waferc/ir/graph";
import { scalarTensor } from "@waferc/numerics";
import { defineOp } from "../op-definition.ts";

export const sizeOp = defineOp({
  kind: "Size",
  versions: [1, 13, 19, 21, 23, 24, 25],
  traits: ["metadata"],
  operands: [1, 1],
  infer: () => [{ dtype: "i64", shape: [] }],
  fold: ({ shape }) => {
    const dims = shape(0);
    const count = dims === undefined ? undefined : elementCount(dims);
    return count === undefined ? undefined : [scalarTensor("i64", count)];
  },
  evaluate: ({ operand }) => [scalarTensor("i64", elementCount(operand(0).shape) ?? 0)],
});
