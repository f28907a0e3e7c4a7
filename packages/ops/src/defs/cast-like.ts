// CastLike: the same values in the dtype of the second operand; what does not fit is handled as in Cast.
import { flag, word } from "../attr-spec.ts";
import { castTensor } from "../math/cast.ts";
import { defineOp } from "../op-definition.ts";

export const castLikeOp = defineOp({
  kind: "CastLike",
  versions: [15, 19, 21, 23, 24, 25],
  traits: ["elementwise"],
  attrs: { saturate: flag(true), round_mode: word("up", "down", "nearest") },
  operands: [2, 2],
  infer: ({ operand, shape }) => [{ dtype: operand(1).dtype, shape: shape(0) }],
  evaluate: ({ attrs, operand, version }) => {
    const { saturate, round_mode: powers } = attrs;
    return [castTensor(operand(0), operand(1).dtype, { saturate, powers, clipPacked: version < 24 })];
  },
  flops: () => 0,
});
