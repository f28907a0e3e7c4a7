// HardSigmoid: max(0, min(1, alpha x + beta)).
import { float } from "../attr-spec.ts";
import { defineUnary } from "../families/elementwise.ts";

export const hardSigmoidOp = defineUnary({
  kind: "HardSigmoid",
  versions: [1, 6, 22],
  attrs: { alpha: float(0.2), beta: float(0.5) },
  fn: ({ alpha, beta }) => ({ float: (x) => Math.max(0, Math.min(1, alpha * x + beta)) }),
});
