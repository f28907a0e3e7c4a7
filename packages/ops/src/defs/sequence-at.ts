// SequenceAt: the element at a position, which may count from the end.
import { elementType, expectSequence, normalPosition } from "../math/sequences.ts";
import { defineOp } from "../op-definition.ts";

export const sequenceAtOp = defineOp({
  kind: "SequenceAt",
  versions: [11],
  operands: [2, 2],
  infer: ({ type }) => [elementType(type(0), 0)],
  evaluate: ({ data, ints }) => {
    const { elements } = expectSequence(data(0), 0);
    return [elements[normalPosition(ints(1), elements.length)]];
  },
});
