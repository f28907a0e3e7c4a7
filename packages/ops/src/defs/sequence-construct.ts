// SequenceConstruct: a sequence of its operands, which share a dtype.
import { commonType, sequenceOf } from "../data.ts";
import { commonDType } from "../families/elementwise.ts";
import { sequenceType } from "../math/sequences.ts";
import { defineOp } from "../op-definition.ts";

export const sequenceConstructOp = defineOp({
  kind: "SequenceConstruct",
  versions: [11],
  operands: [1, Infinity],
  infer: ({ operands, operand }) => {
    const types = operands.map((_, i) => operand(i));
    return [sequenceType({ dtype: commonDType(types), shape: commonType(types).shape })];
  },
  evaluate: ({ operands, operand }) => [sequenceOf(operands.map((_, i) => operand(i)))],
});
