// Elu: x, or alpha (exp(x) - 1) below zero.
import { float } from "../attr-spec.ts";
import { defineUnary } from "../families/elementwise.ts";

export const eluOp = defineUnary({
  kind: "Elu",
  versions: [1, 6, 22],
  attrs: { alpha: float(1) },
  fn: ({ alpha }) => ({ float: (x) => (x < 0 ? alpha * Math.expm1(x) : x) }),
});
