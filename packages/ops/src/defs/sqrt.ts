// Sqrt: square root; NaN below 0.
import { defineUnary } from "../families/elementwise.ts";

export const sqrtOp = defineUnary({
  kind: "Sqrt",
  versions: [1, 6, 13],
  fn: { float: Math.sqrt },
});
