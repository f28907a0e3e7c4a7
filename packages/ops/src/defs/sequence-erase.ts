// SequenceErase: a sequence without the element at a position, the last one unless given.
import { sequenceOf } from "../data.ts";
import { elementType, expectSequence, normalPosition, sequenceType } from "../math/sequences.ts";
import { defineOp } from "../op-definition.ts";

export const sequenceEraseOp = defineOp({
  kind: "SequenceErase",
  versions: [11],
  operands: [1, 2],
  infer: ({ type }) => [sequenceType(elementType(type(0), 0))],
  evaluate: ({ data, has, ints }) => {
    const { elements, dtype } = expectSequence(data(0), 0);
    const position = normalPosition(has(1) ? ints(1) : [-1], elements.length);
    return [sequenceOf(elements.toSpliced(position, 1), dtype)];
  },
});
