// SwiGLU: x * sigmoid(alpha * x) of the gate, rounded to its type, times the second operand. In primitives: Swish, Mul.
import { float } from "../attr-spec.ts";
import { commonDType } from "../families/elementwise.ts";
import { mapBinary, mapUnary } from "../math/elementwise.ts";
import { defineOp } from "../op-definition.ts";
import { broadcastTypes } from "../shapes.ts";

export const swiGluOp = defineOp({
  kind: "SwiGLU",
  versions: [28],
  traits: ["elementwise", "compound"],
  attrs: { alpha: float(1) },
  operands: [2, 2],
  infer: ({ operand }) => {
    const types = [operand(0), operand(1)];
    return [{ dtype: commonDType(types), shape: broadcastTypes(types) }];
  },
  evaluate: ({ attrs: { alpha }, operand, result }) => {
    const [a, b] = [operand(0), operand(1)];
    const gate = mapUnary(a, a.dtype, { float: (x) => x / (1 + Math.exp(-alpha * x)) });
    return [mapBinary(gate, b, result(0), { float: (x, y) => x * y })];
  },
});
