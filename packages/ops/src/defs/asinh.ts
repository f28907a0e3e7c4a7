// Asinh: inverse hyperbolic sine.
import { defineUnary } from "../families/elementwise.ts";

export const asinhOp = defineUnary({
  kind: "Asinh",
  versions: [9, 22],
  fn: { float: Math.asinh },
});
