// LeakyRelu: x, or alpha x below zero.
import { float } from "../attr-spec.ts";
import { defineUnary } from "../families/elementwise.ts";

export const leakyReluOp = defineUnary({
  kind: "LeakyRelu",
  versions: [1, 6, 16],
  attrs: { alpha: float(0.01) },
  fn: ({ alpha }) => ({ float: (x) => (x < 0 ? alpha * x : x) }),
});
