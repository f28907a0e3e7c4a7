// SequenceLength: the number of elements, a 0-D i64.
import { scalarTensor } from "@waferc/numerics";
import { elementType, expectSequence } from "../math/sequences.ts";
import { defineOp } from "../op-definition.ts";

export const sequenceLengthOp = defineOp({
  kind: "SequenceLength",
  versions: [11],
  operands: [1, 1],
  infer: ({ type }) => {
    elementType(type(0), 0);
    return [{ dtype: "i64", shape: [] }];
  },
  evaluate: ({ data }) => [scalarTensor("i64", BigInt(expectSequence(data(0), 0).elements.length))],
});
