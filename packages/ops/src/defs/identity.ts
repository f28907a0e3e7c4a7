// Identity: the operand itself, be it a tensor, a sequence or an optional.
import { bareType } from "../data.ts";
import { defineOp } from "../op-definition.ts";

export const identityOp = defineOp({
  kind: "Identity",
  versions: [1, 13, 14, 16, 19, 21, 23, 24, 25],
  traits: ["elementwise", "movement"],
  operands: [1, 1],
  infer: ({ type }) => [bareType(type(0))],
  evaluate: ({ data }) => [data(0)],
  flops: () => 0,
});
