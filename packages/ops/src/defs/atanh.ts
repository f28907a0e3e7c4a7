// Atanh: inverse hyperbolic tangent; NaN outside of -1 .. 1.
import { defineUnary } from "../families/elementwise.ts";

export const atanhOp = defineUnary({
  kind: "Atanh",
  versions: [9, 22],
  fn: { float: Math.atanh },
});
