// Sigmoid: 1 / (1 + exp(-x)).
import { defineUnary } from "../families/elementwise.ts";
import { sigmoid } from "../math/special.ts";

export const sigmoidOp = defineUnary({
  kind: "Sigmoid",
  versions: [1, 6, 13],
  fn: { float: sigmoid },
});
