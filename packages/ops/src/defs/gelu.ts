// Gelu: x times the normal distribution function of x, exact by erf or approximated by tanh.
import { elementCount } from "@waferc/numerics";
import { word } from "../attr-spec.ts";
import { inferSameType } from "../families/elementwise.ts";
import { mapUnary } from "../math/elementwise.ts";
import { geluErf, geluTanh } from "../math/special.ts";
import { defineOp } from "../op-definition.ts";

export const geluOp = defineOp({
  kind: "Gelu",
  versions: [20],
  traits: ["elementwise", "compound"],
  attrs: { approximate: word("none", "tanh") },
  operands: [1, 1],
  infer: inferSameType,
  evaluate: ({ attrs, operand }) => {
    const x = operand(0);
    return [mapUnary(x, x.dtype, { float: attrs.approximate === "tanh" ? geluTanh : geluErf })];
  },
  // A scale, erf or tanh, an addition and two products.
  flops: ({ operands }) => 5 * elementCount(operands[0]?.shape ?? []),
});
