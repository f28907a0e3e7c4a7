// IsInf: is an element infinite, of a sign that counts?
import { flag } from "../attr-spec.ts";
import { floatsOf } from "../math/floats.ts";
import { boolTensor } from "../math/scalars.ts";
import { defineOp } from "../op-definition.ts";

export const isInfOp = defineOp({
  kind: "IsInf",
  versions: [10, 20],
  traits: ["elementwise"],
  attrs: { detect_negative: flag(true), detect_positive: flag(true) },
  operands: [1, 1],
  infer: ({ shape }) => [{ dtype: "bool", shape: shape(0) }],
  evaluate: ({ attrs, operand, result }) => {
    const isFound = (x: number): boolean =>
      (x === Infinity && attrs.detect_positive) || (x === -Infinity && attrs.detect_negative);
    return [
      boolTensor(
        result(0).shape,
        Uint8Array.from(floatsOf(operand(0)), (x) => (isFound(x) ? 1 : 0)),
      ),
    ];
  },
});
