// Identity: the operand itself.
import { inferSameType } from "../families/elementwise.ts";
import { defineOp } from "../op-definition.ts";

export const identityOp = defineOp({
  kind: "Identity",
  versions: [1, 13, 14, 16, 19, 21, 23, 24, 25],
  traits: ["elementwise", "movement"],
  operands: [1, 1],
  infer: inferSameType,
  evaluate: ({ operand }) => [operand(0)],
  flops: () => 0,
});
