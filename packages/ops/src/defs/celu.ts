// Celu: max(0, x) + min(0, alpha (exp(x / alpha) - 1)).
import { float } from "../attr-spec.ts";
import { defineUnary } from "../families/elementwise.ts";

export const celuOp = defineUnary({
  kind: "Celu",
  versions: [12, 28],
  attrs: { alpha: float(1) },
  fn: ({ alpha }) => ({ float: (x) => Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha)) }),
});
