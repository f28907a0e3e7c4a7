// Tanh: hyperbolic tangent.
import { defineUnary } from "../families/elementwise.ts";

export const tanhOp = defineUnary({
  kind: "Tanh",
  versions: [6, 13],
  fn: { float: Math.tanh },
});
