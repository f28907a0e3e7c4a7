// Asin: inverse sine, in radians; NaN outside of -1 .. 1.
import { defineUnary } from "../families/elementwise.ts";

export const asinOp = defineUnary({
  kind: "Asin",
  versions: [7, 22],
  fn: { float: Math.asin },
});
