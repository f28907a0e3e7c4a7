// Tanh: hyperbolic tangent.
import { defineUnary } from "../families/elementwise.ts";

export const tanhOp = defineUnary({
  kind: "Tanh",
  versions: [1, 6, 13],
  fn: { float: Math.tanh },
});
