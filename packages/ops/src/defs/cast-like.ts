// CastLike: the same values in the dtype of the second operand.
import { flag, string } from "../attr-spec.ts";
import { castTensor } from "../math/cast.ts";
import { defineOp } from "../op-definition.ts";

export const castLikeOp = defineOp({
  kind: "CastLike",
  versions: [15, 19, 21, 23, 24, 25],
  traits: ["elementwise"],
  attrs: { saturate: flag(true), round_mode: string("up") },
  operands: [2, 2],
  infer: ({ operand, shape }) => [{ dtype: operand(1).dtype, shape: shape(0) }],
  evaluate: ({ operand, result }) => [castTensor(operand(0), result(0).dtype)],
  flops: () => 0,
});
