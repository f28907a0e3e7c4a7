// SequenceEmpty: a sequence without elements, of the dtype that its attribute names, f32 unless given.
import { int } from "../attr-spec.ts";
import { sequenceOf } from "../data.ts";
import { sequenceType } from "../math/sequences.ts";
import { dtypeAttr, onnxOfDType } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";

export const sequenceEmptyOp = defineOp({
  kind: "SequenceEmpty",
  versions: [11],
  attrs: { dtype: int(onnxOfDType("f32")) },
  operands: [0, 0],
  infer: ({ attrs }) => [sequenceType({ dtype: dtypeAttr(attrs.dtype) })],
  evaluate: ({ attrs }) => [sequenceOf([], dtypeAttr(attrs.dtype))],
});
