// Cast: the same values in another dtype.
import { flag, requiredInt, string } from "../attr-spec.ts";
import { castTensor } from "../math/cast.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";

export const castOp = defineOp({
  kind: "Cast",
  versions: [6, 9, 13, 19, 21, 23, 24, 25],
  missing: [1],
  traits: ["elementwise"],
  attrs: { to: requiredInt, saturate: flag(true), round_mode: string("up") },
  operands: [1, 1],
  infer: ({ attrs, shape }) => [{ dtype: dtypeAttr(attrs.to), shape: shape(0) }],
  evaluate: ({ operand, result }) => [castTensor(operand(0), result(0).dtype)],
  flops: () => 0,
});
