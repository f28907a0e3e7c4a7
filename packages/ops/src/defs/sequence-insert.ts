// SequenceInsert: a sequence with one more tensor, before the position given or at the end. A position may count from the end:
// -1 is before the last element.
import { commonType, sequenceOf } from "../data.ts";
import { commonDType } from "../families/elementwise.ts";
import { elementType, expectSequence, normalPosition, sequenceType } from "../math/sequences.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

export const sequenceInsertOp = defineOp({
  kind: "SequenceInsert",
  versions: [11],
  operands: [2, 3],
  infer: ({ type, operand }) => {
    const types = [elementType(type(0), 0), operand(1)];
    return [sequenceType({ dtype: commonDType(types), shape: commonType(types).shape })];
  },
  evaluate: ({ data, operand, has, ints }) => {
    const { elements, dtype } = expectSequence(data(0), 0);
    const end = elements.length;
    const given = has(2) ? ints(2) : [end];
    const position = given.length === 1 && given[0] === end ? end : normalPosition(given, end);
    const tensor = operand(1);
    require(dtype === undefined || dtype === tensor.dtype, () =>
      `cannot put ${tensor.dtype} into a sequence of ${dtype}`);
    return [sequenceOf(elements.toSpliced(position, 0, tensor))];
  },
});
