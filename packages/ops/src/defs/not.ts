// Not: the other bool.
import { inferSameType } from "../families/elementwise.ts";
import { boolTensor } from "../math/scalars.ts";
import { defineOp } from "../op-definition.ts";
import { OpError } from "../op-error.ts";

export const notOp = defineOp({
  kind: "Not",
  versions: [1],
  traits: ["elementwise"],
  operands: [1, 1],
  infer: inferSameType,
  evaluate: ({ operand }) => {
    const x = operand(0);
    if (x.dtype !== "bool") throw new OpError(`cannot take ${x.dtype} operands`);
    return [
      boolTensor(
        x.shape,
        x.data.map((bit) => 1 - bit),
      ),
    ];
  },
});
