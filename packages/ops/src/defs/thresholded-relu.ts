// ThresholdedRelu: x above alpha, else 0. Version 1 was experimental and means the same.
import { float } from "../attr-spec.ts";
import { defineUnary } from "../families/elementwise.ts";

export const thresholdedReluOp = defineUnary({
  kind: "ThresholdedRelu",
  versions: [1, 10, 22],
  attrs: { alpha: float(1) },
  fn: ({ alpha }) => ({ float: (x) => (x <= alpha ? 0 : x) }),
});
