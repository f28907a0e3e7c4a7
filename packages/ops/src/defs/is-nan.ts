// IsNaN: is an element not a number?
import { boolTensor } from "../math/scalars.ts";
import { floatsOf } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";

export const isNaNOp = defineOp({
  kind: "IsNaN",
  versions: [9, 13, 20],
  traits: ["elementwise"],
  operands: [1, 1],
  infer: ({ shape }) => [{ dtype: "bool", shape: shape(0) }],
  evaluate: ({ operand, result }) => [
    boolTensor(
      result(0).shape,
      Uint8Array.from(floatsOf(operand(0)), (x) => (Number.isNaN(x) ? 1 : 0)),
    ),
  ],
});
